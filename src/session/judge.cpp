// SPDX-License-Identifier: Apache-2.0
#include <session/judge.h>

#include <algorithm>
#include <utility>

namespace session {

Judge::Meta &Judge::meta(calls::CallId call)
{
    if (call.value >= m_meta.size())
        m_meta.resize(std::size_t{call.value} + 1);
    return m_meta[call.value];
}

void Judge::touch(calls::CallId call)
{
    Meta &known = meta(call);
    if (known.touched)
        return;
    known.touched = true;
    m_touched.push_back(call);
}

void Judge::takeChanges(bool imported)
{
    m_importing = m_importing || imported;
    Changes &changes = m_folds.changes();
    for (const calls::CallId call : changes.calls) {
        Meta &known = meta(call);
        known.imported = imported && (known.imported || !known.known);
        known.known = true;
        touch(call);
    }
    for (const calls::CallId call : changes.media) {
        Meta &known = meta(call);
        if (!known.mediaWaits)
            m_media.push_back(call);
        known.mediaWaits = true;
    }
    std::sort(changes.flows.begin(), changes.flows.end());
    changes.flows.erase(std::unique(changes.flows.begin(), changes.flows.end()),
                        changes.flows.end());
    for (const flows::FlowId id : changes.flows) {
        m_flowsChanged = m_flowsStale = true;
        // The rules about flows report on the call of the flow's last REGISTER.
        const auto flow = m_folds.flows().snapshot(id);
        if (!flow || !flow->lastRegister.valid())
            continue;
        const calls::CallId call = m_folds.trace().row(flow->lastRegister).call;
        if (call.valid())
            touch(call);
    }
    m_looseRows.insert(m_looseRows.end(), changes.looseRows.begin(), changes.looseRows.end());
    changes.calls.clear();
    changes.media.clear();
    changes.flows.clear();
    changes.looseRows.clear();
}

void Judge::takeMedia()
{
    for (const calls::CallId call : m_media) {
        meta(call).mediaWaits = false;
        touch(call);
    }
    m_media.clear();
}

void Judge::takeDue(Queue &queue, base::Instant now)
{
    while (!queue.empty() && queue.top().when <= now) {
        const Due due = queue.top();
        queue.pop();
        if (meta(due.call).recheck != due.when)
            continue; // it was judged since and asked for another moment, or none
        meta(due.call).recheck = {};
        touch(due.call);
    }
}

void Judge::takeDue()
{
    takeDue(m_byClock, base::now());
    takeDue(m_byPackets, packetClock());
}

base::Instant Judge::nextRecheck() const
{
    return m_byClock.empty() ? base::Instant{} : m_byClock.top().when;
}

void Judge::endImport()
{
    m_importing = false;
    for (const calls::CallId call : m_unjudged)
        touch(call);
    m_unjudged.clear();
}

/// What moves time on for calls that are not judged by the clock.
base::Instant Judge::packetClock() const
{
    return m_live ? m_folds.lastCaptured() : std::max(m_folds.lastCaptured(), m_folds.lastLive());
}

base::Instant Judge::nowFor(const Meta &meta, const calls::Call &call) const
{
    if (m_live && !meta.imported)
        return std::max(base::now(), m_folds.lastLive());
    return std::max(packetClock(), call.last); // a call may be of an earlier file
}

std::shared_ptr<const CallView> Judge::next()
{
    const calls::CallId id = m_touched[m_next++];
    if (m_next == m_touched.size()) {
        m_touched.clear();
        m_next = 0;
    }
    Meta &known = meta(id);
    known.touched = false;
    auto view = std::make_shared<CallView>();
    view->call = m_folds.book().snapshot(id);
    if (!view->call)
        return nullptr;
    view->live = m_live && !known.imported;
    view->now = nowFor(known, *view->call);
    if (known.imported && m_importing) {
        // Half of a call would be judged here: what is missing may stand further on in the file.
        if (!known.unjudged)
            m_unjudged.push_back(id);
        known.unjudged = true;
        return view;
    }
    known.unjudged = false;
    view->legs = m_folds.legs().of(id);
    const auto streams = m_folds.streamsOf(*view->call);
    view->streams = diagnosis::bind(*view->call, m_folds.trace(), streams);
    const FlowIndex::Flows near = flows().of(*view->call, m_folds.trace());
    const diagnosis::Evidence evidence{*view->call,
                                       m_folds.trace(),
                                       view->streams,
                                       near,
                                       view->now,
                                       view->live,
                                       m_folds.counts().rtpPackets != 0};
    diagnosis::Findings findings = diagnosis::diagnose(evidence);
    view->findings = std::move(findings.list);
    // The same moment as before still stands in the queue.
    const bool fresh = findings.recheck.known() && findings.recheck != known.recheck;
    known.recheck = findings.recheck;
    if (fresh)
        (view->live ? m_byClock : m_byPackets).push({known.recheck, id});
    return view;
}

const FlowIndex &Judge::flows()
{
    if (m_flowsStale) {
        m_flows.rebuild(m_folds.trace(), m_folds.flows().all());
        m_flowsStale = false;
    }
    return m_flows;
}

void Judge::fill(Update &update)
{
    update.looseRows = std::exchange(m_looseRows, {});
    update.flowsChanged = std::exchange(m_flowsChanged, false);
    if (update.flowsChanged)
        update.flows = flows().all();
}

} // namespace session
