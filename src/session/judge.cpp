// SPDX-License-Identifier: Apache-2.0
#include <session/judge.h>

#include <algorithm>
#include <utility>

namespace session {
namespace {

constexpr std::size_t kJobs = 512; // calls judged between two looks at the clock
// Live calls are kept folded up to so many rows of all: what rests is folded again when it goes on,
// or when somebody looks.
constexpr std::size_t kMostFoldedRows = 8192;

void noteCode(Brief &brief, std::uint16_t status)
{
    for (std::uint16_t &code : brief.codes) {
        if (code == status)
            return;
        if (code == 0) {
            code = status;
            return;
        }
    }
    brief.moreCodes = true;
}

static_assert(static_cast<unsigned>(sip::Method::Publish) < 16); // Brief::methods

Brief briefOf(const calls::Call &call, const trace::Trace &trace)
{
    Brief brief;
    brief.kind = call.kind;
    brief.state = call.state;
    brief.rows = static_cast<std::uint32_t>(call.rows.size());
    brief.earlyDialogs = static_cast<std::uint32_t>(call.earlyDialogs.size());
    for (const calls::CallRow &entry : call.rows) {
        const trace::Row &row = trace.row(entry.row);
        if (row.status != 0)
            noteCode(brief, row.status);
        else if (row.kind == trace::RowKind::Message)
            brief.methods |= static_cast<std::uint16_t>(1U << static_cast<unsigned>(row.method));
    }
    return brief;
}

} // namespace

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
        const auto asked = m_recheck.find(due.call);
        if (asked == m_recheck.end() || asked->second != due.when)
            continue; // it was judged since and asked for another moment, or none
        m_recheck.erase(asked);
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

/// What only this thread may do before the call is folded.
Judge::Job Judge::begin(calls::CallId id)
{
    Meta &known = meta(id);
    known.touched = false;
    Job job;
    job.id = id;
    job.chain = m_folds.book().chain(id);
    if (job.chain.count == 0)
        return job;
    job.view = std::make_shared<CallView>();
    job.view->live = m_live && !known.imported;
    // Half of a call would be judged here: what is missing may stand further on in the file.
    job.judged = !known.imported || !m_importing;
    if (!job.judged && !known.unjudged)
        m_unjudged.push_back(id);
    known.unjudged = !job.judged;
    if (known.imported) { // one of many: folded again when somebody looks at it
        job.view->call = calls::CallRef(m_folds.book(), job.chain);
    } else {
        job.call = m_folds.book().snapshot(id);
        job.view->call = job.call;
    }
    return job;
}

/// Any thread.
void Judge::fold(Job &job) const
{
    if (!job.view)
        return;
    if (!job.call)
        job.call = std::make_shared<const calls::Call>(m_folds.book().fold(job.chain));
    const calls::Call &call = *job.call;
    job.view->brief = briefOf(call, m_folds.trace());
    job.view->now = nowFor(m_meta[job.id.value], call);
}

/// Any thread.
void Judge::judge(Job &job, const FlowIndex &flows) const
{
    if (!job.view)
        return;
    if (job.judged)
        examine(job, flows);
    if (!job.view->call.folded())
        job.call.reset(); // by the thread that made it, most likely
}

void Judge::examine(Job &job, const FlowIndex &flows) const
{
    CallView &view = *job.view;
    view.legs = m_folds.legs().of(job.id);
    const auto streams = diagnosis::bind(*job.call, m_folds.trace(), job.streams);
    const FlowIndex::Flows picked =
        flows.few() ? FlowIndex::Flows{} : flows.of(*job.call, m_folds.trace());
    const FlowIndex::Flows &near = flows.few() ? flows.all() : picked;
    const diagnosis::Evidence evidence{*job.call,
                                       m_folds.trace(),
                                       streams,
                                       near,
                                       view.now,
                                       view.live,
                                       m_folds.counts().rtpPackets != 0};
    diagnosis::Findings findings = diagnosis::diagnose(evidence);
    view.streams = streams;
    // Packed where nearly nobody will look at them.
    view.findings = view.call.folded() ? diagnosis::FindingList(std::move(findings.list))
                                       : diagnosis::FindingList(findings.list, m_texts);
    job.recheck = findings.recheck;
}

void Judge::finish(Job &job)
{
    if (!job.judged || !job.view)
        return;
    if (!job.recheck.known()) {
        m_recheck.erase(job.id);
        return;
    }
    base::Instant &asked = m_recheck[job.id];
    // The same moment as before still stands in the queue.
    if (std::exchange(asked, job.recheck) != job.recheck)
        (job.view->live ? m_byClock : m_byPackets).push({job.recheck, job.id});
}

void Judge::next(std::vector<std::shared_ptr<const CallView>> &out)
{
    const std::size_t count = std::min(m_touched.size() - m_next, kJobs);
    std::vector<Job> jobs;
    jobs.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        jobs.push_back(begin(m_touched[m_next++]));
    if (m_next == m_touched.size()) {
        m_touched.clear();
        m_next = 0;
    }
    const FlowIndex &index = flows();
    const bool media = m_folds.counts().rtpStreams != 0;
    m_workers.run(count, [&](std::size_t i) {
        fold(jobs[i]);
        if (!media)
            judge(jobs[i], index);
    });
    if (media) {
        for (Job &job : jobs) { // the media index turns its generations when it is asked
            if (job.judged && job.view)
                job.streams = m_folds.streamsOf(*job.call);
        }
        m_workers.run(count, [&](std::size_t i) { judge(jobs[i], index); });
    }
    for (Job &job : jobs) {
        finish(job);
        keep(job);
        if (job.view)
            out.push_back(std::move(job.view));
    }
    letGo(out);
}

void Judge::keep(const Job &job)
{
    if (!job.view)
        return;
    if (const auto before = m_foldedAt.find(job.id); before != m_foldedAt.end()) {
        m_foldedRows -= before->second->chain.count;
        m_folded.erase(before->second);
        m_foldedAt.erase(before);
    }
    if (!job.view->live || !job.view->call.folded())
        return;
    m_foldedRows += job.chain.count;
    m_foldedAt.emplace(job.id, m_folded.insert(m_folded.end(), {job.chain, job.view}));
}

/// Of calls that rest nothing stays but their rows: the same view is published once more, without
/// the folded call.
void Judge::letGo(std::vector<std::shared_ptr<const CallView>> &out)
{
    while (m_foldedRows > kMostFoldedRows && m_folded.size() > 1) {
        const Folded oldest = std::move(m_folded.front());
        m_folded.pop_front();
        m_foldedRows -= oldest.chain.count;
        m_foldedAt.erase(oldest.chain.id);
        auto view = std::make_shared<CallView>(*oldest.view);
        view->call = calls::CallRef(m_folds.book(), oldest.chain);
        view->findings = diagnosis::FindingList(view->findings.once(), m_texts);
        out.push_back(std::move(view));
    }
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
