// SPDX-License-Identifier: Apache-2.0
#include <ui/models/calls_model.h>

#include <algorithm>

namespace ui {
namespace {

constexpr std::size_t kInline = 2000; // calls that a filter is asked about without a thread

} // namespace

CallsModel::CallsModel(Store &store, QObject *parent)
    : QAbstractTableModel(parent), m_store(store), m_run(store.trace())
{
    connect(&m_run, &FilterRun::done, this, &CallsModel::takeVerdicts);
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
    return cell<CallRowView>(callColumns()[static_cast<std::size_t>(index.column())],
                             {*item.view, m_store.trace(), factsOf(item)}, role);
}

QVariant CallsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    return columnTitle(callColumns(), section, orientation, role);
}

const CallFacts &CallsModel::factsOf(const Item &item) const
{
    if (!item.facts)
        item.facts = ui::factsOf(*item.view, m_store);
    return *item.facts;
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

int CallsModel::rowOf(calls::CallId id) const
{
    const auto at = m_rows.find(id.value);
    return at == m_rows.end() ? -1 : at->second;
}

void CallsModel::setFilter(const session::Filter &filter)
{
    m_run.cancel();
    m_busy = !filter.empty() && m_store.calls().size() > kInline;
    if (m_busy) {
        m_run.request(m_store.calls(), filter);
        Q_EMIT countsChanged();
        return;
    }
    takeVerdicts(filter, nullptr);
}

void CallsModel::takeVerdicts(const session::Filter &filter, const Verdicts &verdicts)
{
    m_busy = false;
    m_filter = filter;
    m_verdicts = verdicts;
    rebuild();
    m_verdicts.reset(); // calls change, and are asked about anew as they do
}

void CallsModel::setShowOthers(bool show)
{
    if (show == m_showOthers)
        return;
    m_showOthers = show;
    if (m_filter.empty())
        rebuild();
    else
        setFilter(m_filter);
}

bool CallsModel::folds(const session::CallView &view) const
{
    return view.brief.kind != calls::Kind::Call && !m_showOthers && m_anyCall;
}

bool CallsModel::accepts(const session::CallView &view) const
{
    if (folds(view))
        return false;
    const auto id = view.call.id().value;
    if (m_verdicts && id < m_verdicts->size() && (*m_verdicts)[id] != 0)
        return (*m_verdicts)[id] == 2;
    return m_filter.empty() || m_filter.matches(view, m_store.trace());
}

void CallsModel::count(const session::CallView &view)
{
    if (!m_seen.insert(view.call.id().value).second)
        return;
    const bool folded = folds(view);
    m_hiddenOthers += folded ? 1 : 0;
    m_total += folded ? 0 : 1;
    m_totalCalls += view.brief.kind == calls::Kind::Call ? 1 : 0;
}

void CallsModel::rebuild()
{
    beginResetModel();
    m_items.clear();
    m_rows.clear();
    m_seen.clear();
    m_hiddenOthers = m_total = m_totalCalls = 0;
    const auto &all = m_store.calls();
    m_anyCall = std::any_of(all.begin(), all.end(), [](const CallPtr &view) {
        return view->brief.kind == calls::Kind::Call;
    });
    for (const CallPtr &view : all) {
        count(*view);
        if (!accepts(*view))
            continue;
        m_rows[view->call.id().value] = static_cast<int>(m_items.size());
        m_items.push_back({view, std::nullopt});
    }
    endResetModel();
    Q_EMIT countsChanged();
}

void CallsModel::touch(const std::vector<CallPtr> &touched)
{
    std::vector<CallPtr> fresh;
    int lowest = -1, highest = -1;
    for (const CallPtr &view : touched) {
        if (!m_anyCall && view->brief.kind == calls::Kind::Call) {
            rebuild(); // the first call: from now on the rest folds into a counter
            return;
        }
        count(*view);
        if (const auto at = m_rows.find(view->call.id().value); at != m_rows.end()) {
            m_items[static_cast<std::size_t>(at->second)] = {view, std::nullopt};
            lowest = lowest < 0 ? at->second : std::min(lowest, at->second);
            highest = std::max(highest, at->second);
        } else if (accepts(*view)) {
            fresh.push_back(view);
        }
    }
    if (lowest >= 0)
        Q_EMIT dataChanged(index(lowest, 0), index(highest, columnCount() - 1));
    if (!fresh.empty()) {
        const int first = rowCount();
        beginInsertRows({}, first, first + static_cast<int>(fresh.size()) - 1);
        for (const CallPtr &view : fresh) {
            m_rows[view->call.id().value] = static_cast<int>(m_items.size());
            m_items.push_back({view, std::nullopt});
        }
        endInsertRows();
    }
    Q_EMIT countsChanged();
}

} // namespace ui
