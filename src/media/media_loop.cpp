// SPDX-License-Identifier: Apache-2.0
#include "media_loop.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace media {

base::Duration monotonic()
{
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return base::Duration(t.tv_sec * 1'000'000'000LL + t.tv_nsec);
}

base::Result<std::unique_ptr<MediaLoop>> MediaLoop::make()
{
    std::unique_ptr<MediaLoop> loop(new MediaLoop());
    loop->m_epoll = ::epoll_create1(EPOLL_CLOEXEC);
    loop->m_event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->m_timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (loop->m_epoll < 0 || loop->m_event < 0 || loop->m_timer < 0)
        return base::fail(base::ErrorCode::Internal,
                          std::string("Audio could not start: ") + std::strerror(errno) + ".",
                          "epoll");
    for (const int fd : {loop->m_event, loop->m_timer}) {
        epoll_event event{EPOLLIN, {.fd = fd}};
        ::epoll_ctl(loop->m_epoll, EPOLL_CTL_ADD, fd, &event);
    }
    return loop;
}

void MediaLoop::stop()
{
    if (!m_thread.joinable())
        return;
    post([this] { m_running = false; });
    m_thread.join();
    m_posted.close();
}

MediaLoop::~MediaLoop()
{
    stop();
    for (const int fd : {m_epoll, m_event, m_timer})
        if (fd >= 0)
            ::close(fd);
}

bool MediaLoop::post(std::function<void()> work)
{
    const bool kept = m_posted.push(std::move(work));
    if (kept)
        wake();
    return kept;
}

void MediaLoop::wake()
{
    const std::uint64_t one = 1;
    // Only an overflowing counter could fail, and then the loop is awake anyway.
    [[maybe_unused]] const auto written = ::write(m_event, &one, sizeof one);
}

void MediaLoop::watch(int descriptor, std::function<void()> readable)
{
    m_watched[descriptor] = std::make_shared<std::function<void()>>(std::move(readable));
    epoll_event event{EPOLLIN, {.fd = descriptor}};
    ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, descriptor, &event);
}

void MediaLoop::unwatch(int descriptor)
{
    ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, descriptor, nullptr);
    m_watched.erase(descriptor);
}

void MediaLoop::start(std::function<void()> first)
{
    m_thread = std::thread([this, first = std::move(first)] {
        ::pthread_setname_np(::pthread_self(), "media");
        first();
        run();
    });
}

void MediaLoop::dispatch()
{
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(m_epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == m_event || fd == m_timer) {
            std::uint64_t value = 0;
            [[maybe_unused]] const auto got = ::read(fd, &value, sizeof value);
            continue;
        }
        if (const auto it = m_watched.find(fd); it != m_watched.end()) {
            const auto keep = it->second; // the call may unwatch itself
            (*keep)();
        }
    }
}

void MediaLoop::run()
{
    while (m_running) {
        for (auto &work : m_posted.take(base::Duration{0}))
            work();
        const base::Duration next = m_turn ? m_turn(monotonic()) : base::Duration::max();
        itimerspec when{};
        if (next != base::Duration::max()) {
            const auto ns = std::max<std::int64_t>(1, next.count()); // 0 would disarm it
            when.it_value = {ns / 1'000'000'000, ns % 1'000'000'000};
        }
        ::timerfd_settime(m_timer, TFD_TIMER_ABSTIME, &when, nullptr);
        if (m_running)
            dispatch();
    }
}

} // namespace media
