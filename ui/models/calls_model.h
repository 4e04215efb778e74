// SPDX-License-Identifier: Apache-2.0
// The call list: one row per call, in order of appearance, filtered. Rows are appended and changed,
// never re-sorted under the user. UI thread; reads the store.
#pragma once

#include <optional>
#include <QAbstractTableModel>
#include <session/filter.h>
#include <ui/models/call_facts.h>
#include <ui/models/column.h>
#include <ui/store.h>
#include <unordered_map>

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
    void setFilter(const session::Filter &filter);
    /// Registrations, OPTIONS and the like fold into a counter while there are calls.
    void setShowOthers(bool show);
    bool showsOthers() const { return m_showOthers; }
    int hiddenOthers() const { return m_hiddenOthers; }

Q_SIGNALS:
    void countsChanged();

private:
    struct Item {
        CallPtr view;
        mutable std::optional<CallFacts> facts; // once somebody asked
    };
    void touch(const std::vector<CallPtr> &touched);
    void rebuild();
    bool accepts(const session::CallView &view) const;
    const CallFacts &factsOf(const Item &item) const;

    Store &m_store;
    session::Filter m_filter;
    bool m_showOthers = false, m_anyCall = false;
    int m_hiddenOthers = 0;
    std::vector<Item> m_items;
    std::unordered_map<std::uint32_t, int> m_rows;  // call id -> row
    std::unordered_map<std::uint32_t, bool> m_seen; // call id -> counted as hidden
};

} // namespace ui
