// SPDX-License-Identifier: Apache-2.0
// The call list: one row per call, in order of appearance, filtered. Rows are appended and changed,
// never re-sorted under the user. What a row says is worked out when it is looked at. UI thread;
// reads the store.
#pragma once

#include <optional>
#include <QAbstractTableModel>
#include <session/filter.h>
#include <ui/models/call_facts.h>
#include <ui/models/column.h>
#include <ui/models/filter_run.h>
#include <ui/store.h>
#include <unordered_map>
#include <unordered_set>

namespace ui {

/// Defined in columns/call_columns.cpp.
struct CallRowView {
    const session::CallView &view;
    const trace::Trace &trace;
    const CallFacts &facts;
};
std::span<const Column<CallRowView>> callColumns();

class CallsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    explicit CallsModel(Store &store, QObject *parent = nullptr);

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    CallPtr callAt(int row) const;
    const CallFacts *factsAt(int row) const;
    int rowOf(calls::CallId id) const; // -1: not shown
    /// At once for a list of ordinary length; a very long one is busy() meanwhile.
    void setFilter(const session::Filter &filter);
    bool busy() const { return m_busy; }
    bool filtered() const { return !m_filter.empty(); }
    int total() const { return m_total; }           // rows there were without a filter
    int totalCalls() const { return m_totalCalls; } // of them calls, not registrations and such
    /// Registrations, OPTIONS and the like fold into a counter while there are calls.
    void setShowOthers(bool show);
    bool showsOthers() const { return m_showOthers; }
    int hiddenOthers() const { return m_hiddenOthers; }

Q_SIGNALS:
    void countsChanged();

private:
    struct Item {
        CallPtr view;
        mutable std::optional<CallFacts> facts;
    };
    const CallFacts &factsOf(const Item &item) const;
    bool folds(const session::CallView &view) const; // into the counter of other traffic
    void count(const session::CallView &view);
    void takeVerdicts(const session::Filter &filter, const Verdicts &verdicts);
    void touch(const std::vector<CallPtr> &touched);
    void rebuild();
    bool accepts(const session::CallView &view) const;

    Store &m_store;
    session::Filter m_filter;
    bool m_showOthers = false, m_anyCall = false;
    bool m_busy = false;
    int m_hiddenOthers = 0, m_total = 0, m_totalCalls = 0;
    FilterRun m_run;
    Verdicts m_verdicts;
    std::vector<Item> m_items;
    std::unordered_map<std::uint32_t, int> m_rows; // call id -> row
    std::unordered_set<std::uint32_t> m_seen;      // counted
};

} // namespace ui
