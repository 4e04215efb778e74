// SPDX-License-Identifier: Apache-2.0
// Bounded queue, many producers, one consumer: the only lock in our code. When it is full the
// newest item is dropped and counted, never silently.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace base {

template <class T> class Inbox
{
public:
    explicit Inbox(std::size_t capacity) : m_capacity(capacity) {}

    /// Any thread. False: full or closed, and the item was counted as dropped.
    bool push(T item)
    {
        std::function<void()> wake;
        {
            std::lock_guard guard(m_mutex);
            if (m_closed || m_items.size() >= m_capacity) {
                ++m_dropped;
                return false;
            }
            m_items.push_back(std::move(item));
            if (m_items.size() == 1)
                wake = m_wake;
        }
        m_condition.notify_one();
        if (wake)
            wake();
        return true;
    }
    /// Any thread; waits for room instead of dropping (importers). False: closed.
    bool pushWaiting(T item)
    {
        std::function<void()> wake;
        {
            std::unique_lock lock(m_mutex);
            m_room.wait(lock, [&] { return m_closed || m_items.size() < m_capacity; });
            if (m_closed)
                return false;
            m_items.push_back(std::move(item));
            if (m_items.size() == 1)
                wake = m_wake;
        }
        m_condition.notify_one();
        if (wake)
            wake();
        return true;
    }
    /// The consumer: everything that waits, after at most `timeout`. Empty: nothing came, or
    /// closed.
    template <class Rep, class Period>
    std::vector<T> take(std::chrono::duration<Rep, Period> timeout, std::size_t most = 4096)
    {
        std::unique_lock lock(m_mutex);
        m_condition.wait_for(lock, timeout, [&] { return m_closed || !m_items.empty(); });
        std::vector<T> out;
        out.reserve(std::min(most, m_items.size()));
        while (!m_items.empty() && out.size() < most) {
            out.push_back(std::move(m_items.front()));
            m_items.pop_front();
        }
        lock.unlock();
        m_room.notify_all();
        return out;
    }
    /// Called (on the producer's thread) when the first item arrives in an empty inbox.
    void onWake(std::function<void()> wake)
    {
        std::lock_guard guard(m_mutex);
        m_wake = std::move(wake);
    }
    void close()
    {
        {
            std::lock_guard guard(m_mutex);
            m_closed = true;
        }
        m_condition.notify_all();
        m_room.notify_all();
    }
    bool closed() const
    {
        std::lock_guard guard(m_mutex);
        return m_closed;
    }
    std::uint64_t dropped() const
    {
        std::lock_guard guard(m_mutex);
        return m_dropped;
    }
    std::size_t size() const
    {
        std::lock_guard guard(m_mutex);
        return m_items.size();
    }

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_condition;
    std::condition_variable m_room;
    std::deque<T> m_items;
    std::function<void()> m_wake;
    std::size_t m_capacity;
    std::uint64_t m_dropped = 0;
    bool m_closed = false;
};

} // namespace base
