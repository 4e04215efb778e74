// SPDX-License-Identifier: Apache-2.0
#include <ui/models/flows_model.h>

#include <algorithm>
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
    if (row.ours() || (row.seen && row.seen->ours))
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
    if (ours() || !seen || seen->ours)
        return shown(base::flowStateText(report.state));
    return shown(flows::standingText(standing));
}

FlowsModel::FlowsModel(Store &store, Theme &theme, QObject *parent)
    : QAbstractTableModel(parent), m_store(store), m_theme(theme)
{
    refresh();
}

void FlowsModel::refresh()
{
    const base::Instant now = base::now();
    std::vector<FlowRow> rows;
    for (const auto &[handle, info] : m_store.accounts())
        for (const auto &[regId, report] : info.flows)
            rows.push_back({engine::AccountHandle{handle}, report, seenOf(m_store, report), now});
    m_leftOut = 0;
    const std::vector<FlowPtr> &known = m_store.flows();
    const flows::Standings standings(known, lastSeen(known));
    for (const FlowPtr &flow : m_store.flows()) {
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
