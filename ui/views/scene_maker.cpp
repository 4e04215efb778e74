// SPDX-License-Identifier: Apache-2.0
#include <ui/views/scene_maker.h>

#include <ladder/together.h>

namespace ui {
namespace {

constexpr std::size_t kInline = 400; // rows laid out at once, well under a frame's time

} // namespace

SceneMaker::SceneMaker(const trace::Trace &trace, QObject *parent) : QObject(parent), m_trace(trace)
{
    // From the thread to the one of the window.
    connect(this, &SceneMaker::laidOut, this, &SceneMaker::finished, Qt::QueuedConnection);
}

SceneMaker::~SceneMaker()
{
    m_inbox.close();
    if (m_thread.joinable())
        m_thread.join();
}

ScenePtr SceneMaker::layout(const trace::Trace &trace, const Job &job)
{
    const auto laidOut = [&](const calls::Call &call,
                             std::span<const diagnosis::BoundStream> streams,
                             std::span<const diagnosis::Finding> findings) {
        const diagnosis::Evidence evidence{call,      trace,         streams,
                                           job.flows, job.view->now, job.view->live};
        return std::make_shared<const ladder::Scene>(
            ladder::layout(evidence, findings, job.options));
    };
    if (job.legs.empty())
        return laidOut(*job.view->call, job.view->streams, job.view->findings);
    std::vector<ladder::Leg> legs{{&*job.view->call, job.view->streams, job.view->findings}};
    for (const CallPtr &leg : job.legs)
        legs.push_back({&*leg->call, leg->streams, leg->findings});
    const ladder::Together all = ladder::together(trace, legs);
    return laidOut(all.call, all.streams, all.findings);
}

std::size_t SceneMaker::Job::rows() const
{
    std::size_t out = view->call->rows.size();
    for (const CallPtr &leg : legs)
        out += leg->call->rows.size();
    return out;
}

void SceneMaker::request(CallPtr view, std::vector<FlowPtr> flows, ladder::Options options,
                         std::vector<CallPtr> legs)
{
    request({std::move(view), std::move(flows), std::move(options), std::move(legs)});
}

void SceneMaker::request(Job job)
{
    if (m_busy) {
        m_next = std::move(job);
        return;
    }
    if (job.rows() <= kInline) {
        Q_EMIT made(job.view, layout(m_trace, job));
        return;
    }
    if (!m_thread.joinable())
        m_thread = std::thread([this] { work(); });
    m_busy = true;
    m_inbox.push(std::move(job));
}

void SceneMaker::work()
{
    while (!m_inbox.closed()) {
        for (const Job &job : m_inbox.take(std::chrono::hours(1)))
            Q_EMIT laidOut(job.view, layout(m_trace, job));
    }
}

void SceneMaker::finished(const CallPtr &view, const ScenePtr &scene)
{
    m_busy = false;
    auto next = std::move(m_next);
    m_next.reset();
    if (!next || next->view->call.id() == view->call.id())
        Q_EMIT made(view, scene);
    if (next)
        request(std::move(*next));
}

} // namespace ui
