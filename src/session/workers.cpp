// SPDX-License-Identifier: Apache-2.0
#include <session/workers.h>

#include <algorithm>
#include <system_error>

namespace session {
namespace {

constexpr std::size_t kWorthHelp = 32; // steps; fewer are done before a thread has woken
constexpr std::size_t kGrain = 8;      // steps taken at once
constexpr unsigned kMostThreads = 8;

} // namespace

Workers::~Workers()
{
    {
        const std::lock_guard guard(m_mutex);
        m_stop = true;
    }
    m_begin.notify_all();
    for (std::thread &thread : m_threads)
        thread.join();
}

void Workers::start()
{
    m_started = true;
    const unsigned cores = std::min(std::thread::hardware_concurrency(), kMostThreads);
    try {
        while (m_threads.size() + 1 < cores)
            m_threads.emplace_back([this] { help(); });
    } catch (const std::system_error &) { // no further thread to be had: slower, nothing worse
    }
}

void Workers::run(std::size_t count, const Step &step)
{
    if (count < kWorthHelp) {
        for (std::size_t i = 0; i < count; ++i)
            step(i);
        return;
    }
    if (!m_started)
        start();
    {
        const std::lock_guard guard(m_mutex);
        m_step = &step;
        m_count = count;
        m_next = 0;
        m_busy = m_threads.size();
        ++m_loop;
    }
    m_begin.notify_all();
    work();
    std::unique_lock lock(m_mutex);
    m_done.wait(lock, [this] { return m_busy == 0; });
}

void Workers::work()
{
    for (;;) {
        const std::size_t begin = m_next.fetch_add(kGrain);
        if (begin >= m_count)
            return;
        for (std::size_t i = begin; i < std::min(begin + kGrain, m_count); ++i)
            (*m_step)(i);
    }
}

void Workers::help()
{
    std::uint64_t seen = 0;
    for (;;) {
        {
            std::unique_lock lock(m_mutex);
            m_begin.wait(lock, [&] { return m_stop || m_loop != seen; });
            if (m_stop)
                return;
            seen = m_loop;
        }
        work();
        const std::lock_guard guard(m_mutex);
        if (--m_busy == 0)
            m_done.notify_one();
    }
}

} // namespace session
