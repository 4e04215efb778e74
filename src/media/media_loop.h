// SPDX-License-Identifier: Apache-2.0
// The media thread itself: epoll over sockets, posted closures, and one deadline that its owner
// keeps asking for.
#pragma once

#include <base/inbox.h>
#include <base/loop.h>
#include <base/result.h>
#include <base/time.h>
#include <functional>
#include <map>
#include <memory>
#include <thread>

namespace media {

/// CLOCK_MONOTONIC, which pacing and playing follow.
base::Duration monotonic();

class MediaLoop final : public base::Loop
{
public:
    static base::Result<std::unique_ptr<MediaLoop>> make();
    ~MediaLoop() override;
    /// Ends the thread after what was posted before.
    void stop();

    bool post(std::function<void()> work) override;
    /// Lets the loop look at its owner's queues soon. Any thread, never blocks.
    void wake();
    /// Calls on the loop's own thread from here on.
    void watch(int descriptor, std::function<void()> readable);
    void unwatch(int descriptor);
    /// Called after every wake-up; returns the monotonic time at which it wants to be called again.
    void everyTurn(std::function<base::Duration(base::Duration now)> turn)
    {
        m_turn = std::move(turn);
    }

    /// Begins; `first` runs before anything else on the new thread.
    void start(std::function<void()> first);

private:
    MediaLoop() : m_posted(4096) {}
    void run();
    void dispatch();

    int m_epoll = -1, m_event = -1, m_timer = -1;
    base::Inbox<std::function<void()>> m_posted;
    std::map<int, std::shared_ptr<std::function<void()>>> m_watched;
    std::function<base::Duration(base::Duration)> m_turn;
    bool m_running = true;
    std::thread m_thread;
};

} // namespace media
