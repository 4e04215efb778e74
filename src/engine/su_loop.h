// SPDX-License-Identifier: Apache-2.0
// The thread that owns su_root and with it every sofia object. Closures come in through a queue and
// an eventfd (su_msg cannot refuse posts after the end). Owned by the engine; ends when its last
// closure says so.
#pragma once

#include <base/loop.h>
#include <base/result.h>
#include <base/time.h>
#include <deque>
#include <engine/sofia.h>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace engine {

/// A clock that nobody sets and that counts the time the computer slept.
base::Duration sinceBoot();

class SuLoop final : public base::Loop
{
public:
    static base::Result<std::unique_ptr<SuLoop>> start();
    ~SuLoop() override; // ends the loop if nobody did, then joins
    SuLoop(const SuLoop &) = delete;
    SuLoop &operator=(const SuLoop &) = delete;

    bool post(std::function<void()> work) override;
    /// On the loop's thread: takes no more posts and returns from the loop after the running
    /// closure.
    void end();
    void join(); // any other thread: waits until the loop has ended
    /// On the loop's thread: calls `ready` whenever that descriptor can be read. False: it cannot
    /// be watched.
    bool watch(int descriptor, std::function<void()> ready);
    void unwatch(int descriptor);              // before it is closed
    su_root_t *root() const { return m_root; } // the loop's thread only

private:
    explicit SuLoop(int wake) : m_wake(wake) {}
    static int readable(SuLoop *root, su_wait_t *wait, SuLoop *loop) noexcept;
    static int woken(SuLoop *root, su_wait_t *wait, SuLoop *loop) noexcept;
    bool open();
    void run();
    void drain();

    int m_wake = -1;
    std::mutex m_mutex;
    std::deque<std::function<void()>> m_work;
    bool m_accepting = true;
    su_root_t *m_root = nullptr;
    struct Watched {
        int index = 0;
        std::function<void()> ready;
    };
    std::map<int, Watched> m_watched; // by descriptor
    std::thread m_thread;
};

} // namespace engine
