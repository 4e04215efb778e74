// SPDX-License-Identifier: Apache-2.0
// The desk's own thread: runs posted closures in order, and timed ones when they are due.
// Everything that may take milliseconds (binding ports, starting GStreamer) happens here, so that
// the window never waits.
#pragma once

#include <base/loop.h>
#include <base/time.h>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace desk {

class Worker : public base::Loop
{
public:
    Worker();
    ~Worker() override; // stop()

    bool post(std::function<void()> work) override;
    /// Runs `work` once, `delay` from now on the steady clock.
    bool postIn(base::Duration delay, std::function<void()> work);
    /// Ends the thread after the closure that runs now; the rest is thrown away. Safe to call
    /// twice.
    void stop();

private:
    void run();

    using Time = std::chrono::steady_clock::time_point;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<std::function<void()>> m_ready;
    std::multimap<Time, std::function<void()>> m_timed;
    bool m_stopped = false;
    std::thread m_thread; // last: starts when everything above stands
};

} // namespace desk
