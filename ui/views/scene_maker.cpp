// SPDX-License-Identifier: Apache-2.0
#include <ui/views/scene_maker.h>

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
    const diagnosis::Evidence evidence{*job.view->call, trace,         job.view->streams,
                                       job.flows,       job.view->now, job.view->live};
    return std::make_shared<const ladder::Scene>(
        ladder::layout(evidence, job.view->findings, job.options));
}

void SceneMaker::request(CallPtr view, std::vector<FlowPtr> flows, ladder::Options options)
{
    Job job{std::move(view), std::move(flows), std::move(options)};
    if (m_busy) {
        m_next = std::move(job);
        return;
    }
    if (job.view->call->rows.size() <= kInline) {
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
        request(std::move(next->view), std::move(next->flows), std::move(next->options));
}

} // namespace ui
