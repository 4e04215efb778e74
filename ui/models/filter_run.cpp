// SPDX-License-Identifier: Apache-2.0
#include <ui/models/filter_run.h>

#include <algorithm>

namespace ui {

FilterRun::FilterRun(const trace::Trace &trace, QObject *parent) : QObject(parent), m_trace(trace)
{
    // From the thread to the one of the window.
    connect(this, &FilterRun::judged, this, &FilterRun::pass, Qt::QueuedConnection);
}

FilterRun::~FilterRun()
{
    ++m_newest;
    m_inbox.close();
    if (m_thread.joinable())
        m_thread.join();
}

void FilterRun::request(std::vector<CallPtr> calls, const session::Filter &filter)
{
    if (!m_thread.joinable())
        m_thread = std::thread([this] { work(); });
    m_inbox.push({std::move(calls), filter, ++m_newest});
}

void FilterRun::work()
{
    while (!m_inbox.closed()) {
        for (const Job &job : m_inbox.take(std::chrono::hours(1))) {
            const Verdicts verdicts = judge(job);
            if (verdicts)
                Q_EMIT judged(job.filter, verdicts, job.number);
        }
    }
}

void FilterRun::pass(const session::Filter &filter, const Verdicts &verdicts, std::uint64_t number)
{
    if (number == m_newest)
        Q_EMIT done(filter, verdicts);
}

Verdicts FilterRun::judge(const Job &job) const
{
    std::uint32_t highest = 0;
    for (const CallPtr &view : job.calls)
        highest = std::max(highest, view->call.id().value);
    auto verdicts = std::make_shared<std::vector<std::uint8_t>>(std::size_t{highest} + 1);
    for (const CallPtr &view : job.calls) {
        if (job.number != m_newest)
            return nullptr;
        (*verdicts)[view->call.id().value] = job.filter.matches(*view, m_trace) ? 2 : 1;
    }
    return verdicts;
}

} // namespace ui
