// SPDX-License-Identifier: Apache-2.0
#include <ui/models/flows_model.h>

#include <algorithm>
#include <map>
#include <ui/panels/flow_strip.h>

namespace ui {
namespace {

constexpr std::size_t kMostRows = 2000; // of a capture with more, the first ones

bool sameFlow(const FlowRow &a, const FlowRow &b)
{
    if (a.ours() || b.ours())
        return a.account == b.account && a.report.regId == b.report.regId;
    return a.seen && b.seen && a.seen->id == b.seen->id;
}

FlowPtr seenOf(const Store &store, const base::FlowReport &report)
{
    for (const FlowPtr &flow : store.flows())
        if (flow && flow->ours && flow->report.aor == report.aor &&
            flow->report.regId == report.regId)
            return flow;
    return nullptr;
}

/// When something was last told of them: a capture tells nothing of what comes after it.
base::Instant lastSeen(const std::vector<FlowPtr> &flows)
{
    base::Instant last;
    for (const FlowPtr &flow : flows) {
        if (!flow)
            continue;
        last = std::max(last, flow->lastSeen);
        if (!flow->events.empty()) // a 430 is told of it by somebody else
            last = std::max(last, flow->events.back().time);
    }
    return last;
}

ladder::Role roleOf(const FlowRow &row)
{
    if (row.past())
        return ladder::Role::Muted;
    if (row.ours())
        return lookOf(row.report.state).role;
    switch (row.standing) {
    case flows::Standing::Registered:
        return ladder::Role::Success;
    case flows::Standing::Failed:
    case flows::Standing::Closed:
        return ladder::Role::ServerError;
    default:
        return ladder::Role::Muted;
    }
}

/// 10.9.1.2 before 10.9.1.10, in every locale.
bool naturallyLess(const QString &a, const QString &b)
{
    qsizetype i = 0, j = 0;
    while (i < a.size() && j < b.size()) {
        if (!a[i].isDigit() || !b[j].isDigit()) {
            const QChar x = a[i++].toCaseFolded(), y = b[j++].toCaseFolded();
            if (x != y)
                return x < y;
            continue;
        }
        const qsizetype from = i, other = j;
        while (i < a.size() && a[i].isDigit())
            ++i;
        while (j < b.size() && b[j].isDigit())
            ++j;
        const auto x = a.mid(from, i - from).toULongLong(),
                   y = b.mid(other, j - other).toULongLong();
        if (x != y)
            return x < y;
    }
    return a.size() - i < b.size() - j;
}

FlowRow captured(const FlowPtr &flow, const flows::Standings &standings, base::Instant now)
{
    FlowRow row;
    row.report = flow->report;
    row.report.local = flow->userAgent;
    row.report.remote = flow->edge;
    row.report.transport = base::transportText(flow->transport);
    row.report.lastReceived = flow->lastSeen;
    row.report.lastPing = flow->lastPing;
    row.report.lastPong = flow->lastPong;
    row.seen = flow;
    row.now = now;
    if (!flow->ours) {
        const auto standing = standings.of(*flow);
        row.standing = standing.what;
        row.report.reason = standing.reason;
        row.report.since = standing.since;
    }
    return row;
}

} // namespace

QString FlowRow::word() const
{
    if (ours() || !seen)
        return shown(base::flowStateText(report.state));
    const QString state = shown(base::flowStateText(report.state));
    if (past()) // one that was switched off is off
        return report.state == base::FlowState::Off ? state : QObject::tr("was %1").arg(state);
    return shown(flows::standingText(standing));
}

FlowsModel::FlowsModel(Store &store, Theme &theme, QObject *parent)
    : QAbstractTableModel(parent), m_store(store), m_theme(theme),
      m_told(new ToldFlows(store, this))
{
    connect(m_told, &ToldFlows::changed, this, &FlowsModel::refresh);
    refresh();
}

void FlowsModel::gather(std::vector<FlowRow> &rows)
{
    const base::Instant now = base::now();
    for (const auto &[handle, info] : m_store.accounts())
        for (const auto &[regId, report] : info.flows)
            rows.push_back({engine::AccountHandle{handle}, report, seenOf(m_store, report), now});
    m_leftOut = 0;
    const std::vector<FlowPtr> &known = m_store.flows();
    const flows::Standings standings(known, lastSeen(known));
    for (const FlowPtr &flow : known) {
        const bool listed = std::any_of(rows.begin(), rows.end(), [&](const FlowRow &row) {
            return row.ours() && row.seen == flow;
        });
        if (listed || !flow)
            continue;
        if (rows.size() < kMostRows)
            rows.push_back(captured(flow, standings, now));
        else
            ++m_leftOut;
    }
    for (const FlowPtr &flow : m_told->list()) {
        rows.push_back(captured(flow, standings, now));
        const flows::FlowEvent &last = flow->events.back(); // all that is known of it
        if (last.what != flows::Happening::Disowned)
            continue;
        rows.back().standing = flows::Standing::Failed;
        rows.back().report.reason = last.text;
        rows.back().report.since = last.time;
    }
}

void FlowsModel::refresh()
{
    std::vector<FlowRow> all;
    gather(all);
    std::vector<FlowRow> rows = all;
    sift(rows);
    m_all = std::move(all);
    const bool same = rows.size() == m_rows.size() &&
                      std::equal(rows.begin(), rows.end(), m_rows.begin(), sameFlow);
    if (!same)
        beginResetModel();
    m_rows = std::move(rows);
    if (!same)
        endResetModel();
    else if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(static_cast<int>(m_rows.size()) - 1,
                                              static_cast<int>(flowColumns().size()) - 1));
}

void FlowsModel::setFilter(const QString &words)
{
    m_words = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    refresh();
}

void FlowsModel::sort(int column, Qt::SortOrder order)
{
    m_sorted = column < columnCount() ? column : -1;
    m_order = order;
    refresh();
}

void FlowsModel::sift(std::vector<FlowRow> &rows) const
{
    const auto columns = flowColumns();
    if (!m_words.isEmpty())
        std::erase_if(rows, [&](const FlowRow &row) {
            QString text;
            for (const auto &column : columns)
                text += column.text(row) + QLatin1Char('\n');
            text += shown(row.report.reason);
            return !std::all_of(m_words.begin(), m_words.end(), [&](const QString &word) {
                return text.contains(word, Qt::CaseInsensitive);
            });
        });
    if (m_sorted < 0)
        return;
    const auto &column = columns[static_cast<std::size_t>(m_sorted)];
    const auto less = [&](const FlowRow &a, const FlowRow &b) {
        return column.key != nullptr ? column.key(a) < column.key(b)
                                     : naturallyLess(column.text(a), column.text(b));
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const FlowRow &a, const FlowRow &b) {
        return m_order == Qt::AscendingOrder ? less(a, b) : less(b, a);
    });
}

int FlowsModel::rowOf(const FlowRow &flow) const
{
    const auto at = std::find_if(m_rows.begin(), m_rows.end(),
                                 [&](const FlowRow &row) { return sameFlow(row, flow); });
    return at == m_rows.end() ? -1 : static_cast<int>(at - m_rows.begin());
}

bool FlowsModel::tells(int column) const
{
    const auto &text = flowColumns()[static_cast<std::size_t>(column)].text;
    return std::any_of(m_all.begin(), m_all.end(), [&](const FlowRow &row) {
        const QString said = text(row);
        return !said.isEmpty() && said != QStringLiteral("–") &&
               (column != kFlowAccountColumn || !row.ours() || said != text(m_all.front()));
    });
}

QString FlowsModel::tally() const
{
    if (m_all.size() < 2)
        return {};
    if (!m_words.isEmpty())
        return tr("%1 of %2")
            .arg(m_rows.size())
            .arg(counted(m_all.size(), tr("flow"), tr("flows")));
    std::map<std::pair<double, QString>, int> states; // in order of how bad they are
    for (const FlowRow &row : m_all)
        ++states[{flowColumns()[kFlowStateColumn].key(row), row.word()}];
    QStringList words;
    for (const auto &[state, count] : states)
        words << QString::number(count) + QLatin1Char(' ') + state.second;
    return tr("%1: %2.").arg(counted(m_all.size(), tr("flow"), tr("flows")),
                             words.join(QStringLiteral(", ")));
}

int FlowsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int FlowsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(flowColumns().size());
}

QVariant FlowsModel::data(const QModelIndex &index, int role) const
{
    const FlowRow *row = index.isValid() ? flowAt(index.row()) : nullptr;
    if (row == nullptr || index.column() >= columnCount())
        return {};
    if (role == Qt::ForegroundRole && index.column() == kFlowStateColumn)
        return m_theme.tokens().colour(roleOf(*row));
    if (role == Qt::FontRole && index.column() == kFlowStateColumn)
        return m_theme.font(FontKind::Strong);
    return cell<FlowRow>(flowColumns()[static_cast<std::size_t>(index.column())], *row, role);
}

QVariant FlowsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    return columnTitle(flowColumns(), section, orientation, role);
}

const FlowRow *FlowsModel::flowAt(int row) const
{
    return row < 0 || row >= rowCount() ? nullptr : &m_rows[static_cast<std::size_t>(row)];
}

} // namespace ui
