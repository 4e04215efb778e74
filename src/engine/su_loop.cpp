// SPDX-License-Identifier: Apache-2.0
#include <engine/su_loop.h>

#include <base/log.h>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <future>
#include <sys/eventfd.h>
#include <unistd.h>

extern "C" void (*_su_time)(su_time_t *time); // the library's hook; no header of it tells of it

namespace engine {

namespace {

/// The library's timers count by this clock. It is the computer's as it was at first, and goes on
/// as one that nobody sets and that counts the time slept: whoever sets the clock back by an hour
/// must not make keep-alives and retransmissions wait for an hour.
void steadyTime(su_time_t *time) noexcept
{
    if (time == nullptr)
        return;
    static const su_time_t first = *time;
    static const base::Duration begun = sinceBoot();
    const auto passed = sinceBoot() - begun;
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(passed).count() +
                       static_cast<std::int64_t>(first.tv_usec);
    time->tv_sec = first.tv_sec + static_cast<unsigned long>(since / 1'000'000);
    time->tv_usec = static_cast<unsigned long>(since % 1'000'000);
}

/// sofia writes to stderr unless told otherwise; its lines belong into our log, bounded and
/// escaped.
void logLibraryLine(void *, const char *format, va_list arguments) noexcept
{
    char line[512];
    if (std::vsnprintf(line, sizeof line, format, arguments) > 0)
        base::logLine(base::LogLevel::Debug, "sofia", line);
}

} // namespace

base::Duration sinceBoot()
{
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

base::Result<std::unique_ptr<SuLoop>> SuLoop::start()
{
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0)
        return base::fail(base::ErrorCode::Internal,
                          "The SIP thread cannot start: the system gives no more file descriptors. "
                          "Close other programs "
                          "and try again.",
                          std::strerror(errno));
    std::unique_ptr<SuLoop> loop(new SuLoop(wake));
    std::promise<bool> opened;
    auto answer = opened.get_future();
    loop->m_thread = std::thread([raw = loop.get(), promise = std::move(opened)]() mutable {
        const bool good = raw->open();
        promise.set_value(good);
        if (good)
            raw->run();
    });
    if (!answer.get())
        return base::fail(
            base::ErrorCode::Internal,
            "The SIP thread cannot start: sofia-sip gave no event loop. Restart Earshot.",
            "su_root_create");
    return loop;
}

SuLoop::~SuLoop()
{
    post([this] { end(); });
    join();
    ::close(m_wake);
}

void SuLoop::join()
{
    if (m_thread.joinable())
        m_thread.join();
}

bool SuLoop::post(std::function<void()> work)
{
    {
        std::lock_guard guard(m_mutex);
        if (!m_accepting)
            return false;
        m_work.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    return ::write(m_wake, &one, sizeof one) == sizeof one;
}

void SuLoop::end()
{
    {
        std::lock_guard guard(m_mutex);
        m_accepting = false;
    }
    su_root_break(m_root);
}

int SuLoop::woken(SuLoop *, su_wait_t *, SuLoop *loop) noexcept
{
    std::uint64_t count = 0;
    if (::read(loop->m_wake, &count, sizeof count) == sizeof count)
        loop->drain();
    return 0;
}

int SuLoop::readable(SuLoop *, su_wait_t *wait, SuLoop *loop) noexcept
{
    if (const auto found = loop->m_watched.find(wait->fd); found != loop->m_watched.end())
        found->second.ready();
    return 0;
}

bool SuLoop::watch(int descriptor, std::function<void()> ready)
{
    su_wait_t wait[1] = {SU_WAIT_INIT};
    if (su_wait_create(wait, descriptor, SU_WAIT_IN) != 0)
        return false;
    const int index = su_root_register(m_root, wait, readable, this, 0);
    if (index < 0)
        return false;
    m_watched[descriptor] = {index, std::move(ready)};
    return true;
}

void SuLoop::unwatch(int descriptor)
{
    const auto found = m_watched.find(descriptor);
    if (found == m_watched.end())
        return;
    su_root_deregister(m_root, found->second.index);
    m_watched.erase(found);
}

void SuLoop::drain()
{
    std::deque<std::function<void()>> work;
    {
        std::lock_guard guard(m_mutex);
        work.swap(m_work);
    }
    for (auto &each : work)
        each();
}

bool SuLoop::open()
{
    if (su_init() != 0)
        return false;
    _su_time = steadyTime;
    su_log_redirect(su_log_default, logLibraryLine, nullptr);
    m_root = su_root_create(this);
    if (m_root == nullptr)
        return false;
    su_root_threading(m_root, 0);
    return true;
}

void SuLoop::run()
{
    su_wait_t wait[1] = {SU_WAIT_INIT};
    su_wait_create(wait, m_wake, SU_WAIT_IN);
    const int index = su_root_register(m_root, wait, woken, this, 0);
    su_root_run(m_root);
    su_root_deregister(m_root, index);
    su_root_destroy(m_root);
    m_root = nullptr;
    su_deinit();
}

} // namespace engine
