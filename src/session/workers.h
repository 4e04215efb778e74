// SPDX-License-Identifier: Apache-2.0
// Threads that help one other thread with a loop of independent steps, for the cores there are.
// Started when first needed. Owned by Judge; used by the analysis thread alone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace session {

class Workers
{
public:
    using Step = std::function<void(std::size_t)>;

    Workers() = default;
    ~Workers();
    Workers(const Workers &) = delete;
    Workers &operator=(const Workers &) = delete;

    /// Runs step(0) ... step(count - 1), each once, in any order and on any of the threads, and
    /// returns when all are done. What they write is visible to the caller then.
    void run(std::size_t count, const Step &step);

private:
    void start();
    void help();
    void work();

    std::mutex m_mutex;
    std::condition_variable m_begin, m_done;
    const Step *m_step = nullptr;
    std::size_t m_count = 0;
    std::atomic<std::size_t> m_next{0};
    std::size_t m_busy = 0; // helpers that have not finished this loop
    std::uint64_t m_loop = 0;
    bool m_started = false, m_stop = false;
    std::vector<std::thread> m_threads;
};

} // namespace session
