// SPDX-License-Identifier: Apache-2.0
// Every flow known: our own as the engine reports them, others as far as a capture shows them; our
// own first, then in order of appearance, unless the user sorts them. UI thread.
#pragma once

#include <flows/standing.h>
#include <QAbstractTableModel>
#include <ui/models/column.h>
#include <ui/models/told_flows.h>
#include <ui/store.h>
#include <ui/theme/theme.h>

namespace ui {

struct FlowRow {
    engine::AccountHandle account; // invalid: not ours
    base::FlowReport report;       // ours, or what the wire told
    FlowPtr seen;                  // nullptr: nothing of it on the wire yet
    base::Instant now;
    flows::Standing standing = flows::Standing::Seen; // of one that is not ours

    bool ours() const { return account.valid(); }
    /// One of ours that stands no more here: of a session that was reopened, or of an account that
    /// was taken away.
    bool past() const { return !ours() && seen && seen->ours; }
    /// UP, SUSPECT, ...; of a flow that was only captured: no more than can be known.
    QString word() const;
};
std::span<const Column<FlowRow>> flowColumns(); // columns/flow_columns.cpp
constexpr int kFlowStateColumn = 0, kFlowAccountColumn = 4, kFlowPongColumn = 5;

class FlowsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    FlowsModel(Store &store, Theme &theme, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    /// Reads the store anew.
    void refresh();
    /// Only flows that have all these words in some column.
    void setFilter(const QString &words);
    const FlowRow *flowAt(int row) const;
    int rowOf(const FlowRow &flow) const; // -1: not listed
    /// A flow has something to tell there; of the account: not all the same.
    bool tells(int column) const;
    std::size_t total() const { return m_all.size(); } // before the filter
    /// "120 flows: 7 failed, 13 closed, 100 registered", or how many of them the filter leaves.
    QString tally() const;
    /// How many more there are than are listed.
    std::size_t leftOut() const { return m_leftOut; }

private:
    void gather(std::vector<FlowRow> &rows);
    void sift(std::vector<FlowRow> &rows) const; // filter and order

    Store &m_store;
    Theme &m_theme;
    ToldFlows *m_told;
    std::vector<FlowRow> m_rows, m_all;
    QStringList m_words;
    int m_sorted = -1; // column, -1: as they appeared
    Qt::SortOrder m_order = Qt::AscendingOrder;
    std::size_t m_leftOut = 0;
};

} // namespace ui
