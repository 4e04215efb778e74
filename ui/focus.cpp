// SPDX-License-Identifier: Apache-2.0
#include <ui/focus.h>

#include <algorithm>

namespace ui {
namespace {

constexpr int kFlowFailed = 430, kSessionProgress = 183;

trace::RowId lastWithStatus(const calls::Call &call, const trace::Trace &trace, int status)
{
    for (auto row = call.rows.rbegin(); row != call.rows.rend(); ++row) {
        if (trace.row(row->row).status == status && !row->original.valid())
            return row->row;
    }
    return {};
}

/// Of what a finding shows: the refusal, which explains itself, before what it refused.
trace::RowId tellingEvidence(const diagnosis::Finding &finding, const trace::Trace &trace)
{
    trace::RowId first;
    for (const auto &evidence : finding.evidence) {
        if (!evidence.row.valid())
            continue;
        if (trace.row(evidence.row).status >= 300)
            return evidence.row;
        first = first.valid() ? first : evidence.row;
    }
    return first;
}

trace::RowId worstEvidence(const session::CallView &view, const trace::Trace &trace)
{
    const diagnosis::Finding *worst = nullptr;
    trace::RowId row;
    for (const auto &finding : view.findings) {
        if (finding.severity == diagnosis::Severity::Info ||
            (worst != nullptr && finding.severity <= worst->severity))
            continue;
        if (const auto telling = tellingEvidence(finding, trace); telling.valid()) {
            worst = &finding;
            row = telling;
        }
    }
    return row;
}

} // namespace

trace::RowId tellingRow(const session::CallView &view, const trace::Trace &trace)
{
    const calls::Call &call = *view.call;
    for (const trace::RowId row :
         {lastWithStatus(call, trace, kFlowFailed), worstEvidence(view, trace),
          lastWithStatus(call, trace, kSessionProgress), call.finalResponse, call.firstProvisional,
          call.invite}) {
        if (row.valid())
            return row;
    }
    return call.rows.empty() ? trace::RowId{} : call.rows.back().row;
}

Focus::Focus(Store &store, QObject *parent) : QObject(parent), m_store(store)
{
    connect(&store, &Store::callsTouched, this, &Focus::touch);
    connect(&store, &Store::callsReplaced, this, &Focus::reload);
    m_clock.setInterval(1000);
    connect(&m_clock, &QTimer::timeout, this, &Focus::tick);
}

void Focus::showCall(calls::CallId id)
{
    const CallPtr view = m_store.call(id);
    if (!view || (m_call && m_call->call.id() == id))
        return;
    m_callByUser = true;
    m_next = Next::Ours;
    take(view, true);
}

void Focus::followNext()
{
    m_callByUser = false;
    m_next = Next::Any;
}

bool Focus::wants(const session::CallView &view) const
{
    if (!m_call)
        return true;
    const trace::RowId first = view.call.firstRow();
    const bool ours = m_store.story().running ||
                      (first.valid() && m_store.trace().row(first).origin != base::Origin::Capture);
    const bool isCall = view.brief.kind == calls::Kind::Call;
    if (m_next == Next::Any || (m_next == Next::Call && isCall))
        return true;
    // A registration is worth the window only while no call is.
    return ours && !m_callByUser && (isCall || m_call->brief.kind != calls::Kind::Call);
}

void Focus::touch(const std::vector<CallPtr> &touched)
{
    for (const CallPtr &view : touched) {
        const bool isNew = view->call.id().value >= m_newest;
        m_newest = std::max(m_newest, view->call.id().value + 1);
        if (m_call && m_call->call.id() == view->call.id())
            take(view, false);
        else if (isNew && wants(*view)) {
            m_next = m_next != Next::Ours && view->brief.kind != calls::Kind::Call ? Next::Call
                                                                                   : Next::Ours;
            take(view, true);
        }
    }
}

void Focus::reload()
{
    const CallPtr view = m_call ? m_store.call(m_call->call.id()) : nullptr;
    if (view)
        take(view, false);
}

namespace {

/// Whose figures move between its messages. What they cost grows with the call and is paid on this
/// thread each second, and a registration that is accepted goes on for days.
bool ticks(const session::CallView &view)
{
    constexpr std::size_t kMostRows = 10'000; // of 5000 both took less than 20 ms
    return view.call->kind == calls::Kind::Call && view.call->rows.size() <= kMostRows &&
           goesOn(view);
}

} // namespace

/// Between messages nobody else says that time goes by.
void Focus::tick()
{
    if (m_call && ticks(*m_call))
        Q_EMIT passed();
    else
        m_clock.stop();
}

void Focus::take(const CallPtr &view, bool fresh)
{
    m_call = view;
    if (ticks(*view) && !m_clock.isActive())
        m_clock.start();
    if (fresh) {
        m_rowByUser = false;
        m_row = {};
        m_finding = -1;
    }
    const trace::RowId row = m_rowByUser ? m_row : tellingRow(*view, m_store.trace());
    const bool moved = row != m_row;
    m_row = row;
    Q_EMIT callChanged(view, fresh);
    if (moved) {
        Q_EMIT targetChanged({ladder::TargetKind::Row, row.value});
        Q_EMIT rowChanged(row);
    }
}

void Focus::showRow(trace::RowId row)
{
    if (!row.valid())
        return;
    m_rowByUser = true;
    if (row == m_row)
        return;
    m_row = row;
    Q_EMIT targetChanged({ladder::TargetKind::Row, row.value});
    Q_EMIT rowChanged(row);
}

void Focus::showTarget(ladder::Target target)
{
    using ladder::TargetKind;
    if (target.kind == TargetKind::Row || target.kind == TargetKind::Repeats) {
        const trace::RowId row{target.id};
        const calls::CallId call =
            row.value < m_store.trace().size() ? m_store.trace().row(row).call : calls::CallId{};
        if (m_call && call.valid() && call != m_call->call.id())
            showCall(call); // a row of another leg, in the ladder of all of them
        showRow(row);
        return;
    }
    if (target.kind != TargetKind::Stream || !m_call)
        return;
    // A stream speaks for its early dialog: the response that announced it explains it.
    for (const auto &bound : m_call->streams) {
        if (!bound.stream || bound.stream->id.value != target.id)
            continue;
        const auto &dialogs = m_call->call->earlyDialogs;
        if (bound.earlyDialog < dialogs.size() && dialogs[bound.earlyDialog].firstSdp.valid()) {
            m_rowByUser = true;
            m_row = dialogs[bound.earlyDialog].firstSdp;
            Q_EMIT rowChanged(m_row);
        }
    }
}

void Focus::jump(const diagnosis::EvidenceRef &evidence)
{
    using ladder::TargetKind;
    if (evidence.row.valid()) {
        const auto call = m_store.trace().row(evidence.row).call;
        if (m_call && call.valid() && call != m_call->call.id())
            showCall(call); // a flow's story may lie in its registration
        m_rowByUser = true;
        Q_EMIT jumped({TargetKind::Row, evidence.row.value});
    } else if (evidence.stream.valid()) {
        Q_EMIT jumped({TargetKind::Stream, evidence.stream.value});
    } else if (evidence.flow.valid()) {
        for (const FlowPtr &flow : m_store.flows()) {
            if (flow->id == evidence.flow && flow->lastRegister.valid())
                jump({flow->lastRegister, {}, {}, 0, 0, {}});
        }
    }
}

void Focus::stepFinding(int direction)
{
    if (!m_call || m_call->findings.empty())
        return;
    const int count = static_cast<int>(m_call->findings.size());
    m_finding = (std::max(m_finding, direction > 0 ? -1 : 0) + direction + count) % count;
    const auto &finding = m_call->findings[static_cast<std::size_t>(m_finding)];
    if (finding.evidence.empty())
        return;
    jump(finding.evidence.front());
    showRow(finding.evidence.front().row);
}

const legs::Join *Focus::stepLeg()
{
    if (!m_call)
        return nullptr;
    const legs::Join *next = nullptr, *lowest = nullptr;
    for (const legs::Join &join : m_call->legs) {
        if (!m_store.call(join.call))
            continue;
        if (lowest == nullptr || join.call < lowest->call)
            lowest = &join;
        if (m_call->call->id < join.call && (next == nullptr || join.call < next->call))
            next = &join;
    }
    next = next != nullptr ? next : lowest;
    if (next == nullptr)
        return nullptr;
    m_left = m_call; // its join outlives the step
    showCall(next->call);
    return next;
}

void Focus::stepTransaction(int direction)
{
    if (!m_call)
        return;
    const auto &rows = m_call->call->rows;
    const auto here =
        std::find_if(rows.begin(), rows.end(), [&](const auto &r) { return r.row == m_row; });
    if (here == rows.end())
        return;
    for (auto i = (here - rows.begin()) + direction; i >= 0 && i < static_cast<long>(rows.size());
         i += direction) {
        const auto &row = rows[static_cast<std::size_t>(i)];
        if (row.transaction == here->transaction) {
            showRow(row.row);
            return;
        }
    }
}

} // namespace ui
