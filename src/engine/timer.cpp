// SPDX-License-Identifier: Apache-2.0
#include <engine/timer.h>

#include <algorithm>

namespace engine {

Timer::Timer(SuLoop &loop) : m_timer(su_timer_create(su_root_task(loop.root()), 0)) {}

Timer::~Timer()
{
    if (m_timer != nullptr)
        su_timer_destroy(m_timer);
}

void Timer::start(base::Duration after, std::function<void()> what)
{
    stop();
    if (m_timer == nullptr)
        return;
    // Rounded up: a timer that fires early would find its own deadline still ahead and spin.
    const auto wait =
        std::clamp<std::int64_t>((after.count() + 999'999) / 1'000'000, 1, 24LL * 3600 * 1000);
    m_what = std::move(what);
    su_timer_set_interval(m_timer, fired, this, static_cast<su_duration_t>(wait));
}

void Timer::stop()
{
    m_what = nullptr;
    if (m_timer != nullptr)
        su_timer_reset(m_timer);
}

void Timer::fired(SuLoop *, su_timer_t *, Timer *self) noexcept
{
    const auto what = std::move(self->m_what);
    self->m_what = nullptr;
    if (what)
        what();
}

} // namespace engine
