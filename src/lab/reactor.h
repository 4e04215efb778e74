// SPDX-License-Identifier: Apache-2.0
// Private to lab: the peers' thread, poll over sockets plus timers. Everything but post() and
// stop() belongs to that thread (or to the starter before the thread runs).
#pragma once

#include <atomic>
#include <base/inbox.h>
#include <base/time.h>
#include <functional>
#include <map>
#include <unordered_map>

namespace lab {

class Reactor
{
public:
    using TimerId = std::uint64_t; // 0: none

    Reactor();
    ~Reactor();
    Reactor(const Reactor &) = delete;
    Reactor &operator=(const Reactor &) = delete;

    bool good() const { return m_wake >= 0; }
    /// Until stop().
    void run();
    void stop();
    bool post(std::function<void()> work);

    /// A steady clock for pacing; unrelated to base::now().
    static base::Duration clock();
    TimerId after(base::Duration delay, std::function<void()> work)
    {
        return at(clock() + delay, std::move(work));
    }
    TimerId at(base::Duration when, std::function<void()> work);
    void cancel(TimerId timer);

    void watch(int descriptor, std::function<void()> readable);
    void unwatch(int descriptor);
    /// Calls the watcher also when the descriptor can be written.
    void wantWrite(int descriptor, bool want);

private:
    struct Watched {
        std::function<void()> work;
        bool write = false;
    };
    void runTimers();
    void wait();

    int m_wake = -1; // eventfd
    std::atomic<bool> m_stopping{false};
    base::Inbox<std::function<void()>> m_posted{256};
    std::map<std::pair<base::Duration, TimerId>, std::function<void()>> m_timers;
    std::unordered_map<TimerId, base::Duration> m_timerTimes;
    std::map<int, Watched> m_watched;
    TimerId m_lastTimer = 0;
};

} // namespace lab
