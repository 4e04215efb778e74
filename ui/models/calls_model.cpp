// SPDX-License-Identifier: Apache-2.0
#include <ui/models/calls_model.h>

#include <ui/text.h>

namespace ui {

CallsModel::CallsModel(Store &store, QObject *parent) : QAbstractTableModel(parent), m_store(store)
{
    connect(&store, &Store::callsTouched, this, &CallsModel::touch);
    connect(&store, &Store::callsReplaced, this, &CallsModel::rebuild);
    rebuild();
}

int CallsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_items.size());
}

int CallsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(callColumns().size());
}

QVariant CallsModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const Item &item = m_items[static_cast<std::size_t>(index.row())];
    const auto &column = callColumns()[static_cast<std::size_t>(index.column())];
    const CallRowView row{*item.view, m_store.trace(), factsOf(item)};
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole)
        return column.text(row);
    if (role == Qt::ToolTipRole && column.tip != nullptr)
        return plainTip(column.tip(row));
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(column.alignment);
    return {};
}

QVariant CallsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section >= columnCount())
        return QAbstractTableModel::headerData(section, orientation, role);
    return tr(callColumns()[static_cast<std::size_t>(section)].title);
}

CallPtr CallsModel::callAt(int row) const
{
    return row < 0 || row >= rowCount() ? nullptr : m_items[static_cast<std::size_t>(row)].view;
}

const CallFacts *CallsModel::factsAt(int row) const
{
    return row < 0 || row >= rowCount() ? nullptr
                                        : &factsOf(m_items[static_cast<std::size_t>(row)]);
}

/// Worked out when a row is first painted: a capture has more calls than anybody scrolls through.
const CallFacts &CallsModel::factsOf(const Item &item) const
{
    if (!item.facts)
        item.facts = ui::factsOf(*item.view, m_store.trace());
    return *item.facts;
}

int CallsModel::rowOf(calls::CallId id) const
{
    const auto at = m_rows.find(id.value);
    return at == m_rows.end() ? -1 : at->second;
}

void CallsModel::setFilter(const session::Filter &filter)
{
    m_filter = filter;
    rebuild();
}

void CallsModel::setShowOthers(bool show)
{
    if (show == m_showOthers)
        return;
    m_showOthers = show;
    rebuild();
}

bool CallsModel::accepts(const session::CallView &view) const
{
    const bool other = view.brief.kind != calls::Kind::Call;
    if (other && !m_showOthers && m_anyCall)
        return false;
    return m_filter.empty() || m_filter.matches(view, m_store.trace());
}

void CallsModel::rebuild()
{
    beginResetModel();
    m_items.clear();
    m_rows.clear();
    m_seen.clear();
    m_hiddenOthers = 0;
    m_anyCall = false;
    for (const CallPtr &view : m_store.calls())
        m_anyCall = m_anyCall || view->brief.kind == calls::Kind::Call;
    for (const CallPtr &view : m_store.calls()) {
        const bool other = view->brief.kind != calls::Kind::Call && m_anyCall && !m_showOthers;
        m_seen[view->call.id().value] = other;
        m_hiddenOthers += other ? 1 : 0;
        if (!accepts(*view))
            continue;
        m_rows[view->call.id().value] = static_cast<int>(m_items.size());
        m_items.push_back({view, {}});
    }
    endResetModel();
    Q_EMIT countsChanged();
}

void CallsModel::touch(const std::vector<CallPtr> &touched)
{
    std::vector<Item> fresh;
    int lowest = -1, highest = -1;
    for (const CallPtr &view : touched) {
        if (!m_anyCall && view->brief.kind == calls::Kind::Call) {
            rebuild(); // the first call: from now on the rest folds into a counter
            return;
        }
        const auto id = view->call.id().value;
        if (const auto at = m_rows.find(id); at != m_rows.end()) {
            m_items[static_cast<std::size_t>(at->second)] = {view, {}};
            lowest = lowest < 0 ? at->second : std::min(lowest, at->second);
            highest = std::max(highest, at->second);
            continue;
        }
        const bool other = view->brief.kind != calls::Kind::Call && m_anyCall && !m_showOthers;
        if (const auto [at, isNew] = m_seen.try_emplace(id, other); isNew && other)
            ++m_hiddenOthers;
        if (accepts(*view))
            fresh.push_back({view, {}});
    }
    if (lowest >= 0)
        Q_EMIT dataChanged(index(lowest, 0), index(highest, columnCount() - 1));
    if (!fresh.empty()) {
        const int first = rowCount();
        beginInsertRows({}, first, first + static_cast<int>(fresh.size()) - 1);
        for (Item &item : fresh) {
            m_rows[item.view->call.id().value] = static_cast<int>(m_items.size());
            m_items.push_back(std::move(item));
        }
        endInsertRows();
    }
    Q_EMIT countsChanged();
}

} // namespace ui
