// SPDX-License-Identifier: Apache-2.0
#include <desk/worker.h>

namespace desk {

Worker::Worker() : m_thread([this] { run(); }) {}

Worker::~Worker()
{
    stop();
}

bool Worker::post(std::function<void()> work)
{
    {
        std::lock_guard guard(m_mutex);
        if (m_stopped)
            return false;
        m_ready.push_back(std::move(work));
    }
    m_wake.notify_one();
    return true;
}

bool Worker::postIn(base::Duration delay, std::function<void()> work)
{
    {
        std::lock_guard guard(m_mutex);
        if (m_stopped)
            return false;
        m_timed.emplace(std::chrono::steady_clock::now() + delay, std::move(work));
    }
    m_wake.notify_one();
    return true;
}

void Worker::stop()
{
    {
        std::lock_guard guard(m_mutex);
        m_stopped = true;
    }
    m_wake.notify_one();
    if (m_thread.joinable())
        m_thread.join();
}

void Worker::run()
{
    std::unique_lock lock(m_mutex);
    while (!m_stopped) {
        while (!m_timed.empty() && m_timed.begin()->first <= std::chrono::steady_clock::now()) {
            m_ready.push_back(std::move(m_timed.begin()->second));
            m_timed.erase(m_timed.begin());
        }
        if (!m_ready.empty()) {
            auto work = std::move(m_ready.front());
            m_ready.pop_front();
            lock.unlock();
            work();
            work = nullptr; // what it held goes while the lock is free
            lock.lock();
        } else if (m_timed.empty()) {
            m_wake.wait(lock);
        } else {
            m_wake.wait_until(lock, m_timed.begin()->first);
        }
    }
}

} // namespace desk
