// SPDX-License-Identifier: Apache-2.0
// One-shot timer on the engine's thread. Destroying it, also inside its own call, is safe.
#pragma once

#include <base/time.h>
#include <engine/su_loop.h>
#include <functional>

namespace engine {

class Timer
{
public:
    explicit Timer(SuLoop &loop);
    ~Timer();
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;

    /// Replaces what was running.
    void start(base::Duration after, std::function<void()> what);
    void stop();
    bool running() const { return static_cast<bool>(m_what); }

private:
    static void fired(SuLoop *root, su_timer_t *timer, Timer *self) noexcept;

    su_timer_t *m_timer = nullptr;
    std::function<void()> m_what;
};

} // namespace engine
