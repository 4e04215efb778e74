// SPDX-License-Identifier: Apache-2.0
// Every flow known: our own as the engine reports them, others as far as a capture shows them; our
// own first, then in order of appearance. UI thread.
#pragma once

#include <flows/standing.h>
#include <QAbstractTableModel>
#include <ui/models/column.h>
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
    /// UP, SUSPECT, ...; of a flow that was only captured: no more than can be known.
    QString word() const;
};
std::span<const Column<FlowRow>> flowColumns(); // columns/flow_columns.cpp
constexpr int kFlowStateColumn = 0, kFlowPongColumn = 4;

class FlowsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    FlowsModel(Store &store, Theme &theme, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Reads the store anew; selection stays where the same flows are there.
    void refresh();
    const FlowRow *flowAt(int row) const;
    /// How many more there are than are listed.
    std::size_t leftOut() const { return m_leftOut; }

private:
    Store &m_store;
    Theme &m_theme;
    std::vector<FlowRow> m_rows;
    std::size_t m_leftOut = 0;
};

} // namespace ui
