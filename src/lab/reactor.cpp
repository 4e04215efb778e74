// SPDX-License-Identifier: Apache-2.0
#include <lab/reactor.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace lab {
namespace {

constexpr std::size_t kMostTimers = 4096;
constexpr auto kLongestWait = std::chrono::milliseconds(500);

} // namespace

Reactor::Reactor() : m_wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Reactor::~Reactor()
{
    if (m_wake >= 0)
        close(m_wake);
}

base::Duration Reactor::clock()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

bool Reactor::post(std::function<void()> work)
{
    const bool taken = m_posted.push(std::move(work));
    const std::uint64_t one = 1;
    return write(m_wake, &one, sizeof one) == sizeof one && taken;
}

void Reactor::stop()
{
    m_stopping = true;
    post([] {}); // wakes the thread
}

Reactor::TimerId Reactor::at(base::Duration when, std::function<void()> work)
{
    if (m_timers.size() >= kMostTimers)
        return 0;
    const auto id = ++m_lastTimer;
    m_timers.emplace(std::pair(when, id), std::move(work));
    m_timerTimes.emplace(id, when);
    return id;
}

void Reactor::cancel(TimerId timer)
{
    const auto it = m_timerTimes.find(timer);
    if (it == m_timerTimes.end())
        return;
    m_timers.erase({it->second, timer});
    m_timerTimes.erase(it);
}

void Reactor::watch(int descriptor, std::function<void()> readable)
{
    m_watched[descriptor] = {std::move(readable), false};
}

void Reactor::unwatch(int descriptor)
{
    m_watched.erase(descriptor);
}

void Reactor::wantWrite(int descriptor, bool want)
{
    const auto it = m_watched.find(descriptor);
    if (it != m_watched.end())
        it->second.write = want;
}

void Reactor::run()
{
    while (!m_stopping) {
        for (const auto &work : m_posted.take(std::chrono::seconds(0)))
            work();
        runTimers();
        wait();
    }
}

void Reactor::runTimers()
{
    const auto now = clock();
    while (!m_timers.empty() && m_timers.begin()->first.first <= now && !m_stopping) {
        auto node = m_timers.extract(m_timers.begin());
        m_timerTimes.erase(node.key().second);
        node.mapped()();
    }
}

void Reactor::wait()
{
    base::Duration left = kLongestWait;
    if (!m_timers.empty())
        left = std::clamp(m_timers.begin()->first.first - clock(), base::Duration(0), left);
    std::vector<pollfd> descriptors{{m_wake, POLLIN, 0}};
    for (const auto &[descriptor, watched] : m_watched) {
        const auto events = watched.write ? POLLIN | POLLOUT : POLLIN;
        descriptors.push_back({descriptor, static_cast<short>(events), 0});
    }
    const timespec timeout{static_cast<time_t>(left.count() / 1'000'000'000),
                           static_cast<long>(left.count() % 1'000'000'000)};
    if (ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr) <= 0)
        return;
    if (descriptors[0].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = read(m_wake, &count, sizeof count);
    }
    for (std::size_t i = 1; i < descriptors.size(); ++i) {
        const auto it = m_watched.find(descriptors[i].fd); // an earlier watcher may have closed it
        if (descriptors[i].revents == 0 || it == m_watched.end())
            continue;
        const auto work = it->second.work; // a copy: the watcher may unwatch itself
        work();
    }
}

} // namespace lab
