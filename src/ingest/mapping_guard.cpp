// SPDX-License-Identifier: Apache-2.0
#include <ingest/mapping_guard.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace ingest {
namespace {

struct Range {
    std::atomic<bool> taken{false};
    std::atomic<std::uintptr_t> begin{0}, end{0}; // whole pages
};

// A signal belongs to the process and its handler gets no argument of ours, so what it needs cannot
// live in an object.
constexpr std::size_t kMostMappings = 256;
std::array<Range, kMostMappings> s_ranges;
std::atomic<std::uintptr_t> s_page{4096};
std::once_flag s_installed;

/// Only calls that are plain system calls on Linux: anything may be under way in this thread.
void onBusError(int /*signal*/, siginfo_t *info, void * /*context*/)
{
    const int error = errno;
    const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    const std::uintptr_t page = at - at % s_page.load(std::memory_order_relaxed);
    for (const Range &range : s_ranges) {
        const std::uintptr_t end = range.end.load(std::memory_order_acquire);
        if (at < range.begin.load(std::memory_order_relaxed) || at >= end)
            continue;
        // Everything behind is gone as well; one exchange spares a signal for each page.
        auto *first = static_cast<char *>(info->si_addr) - (at - page);
        void *gone =
            ::mmap(first, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (gone != MAP_FAILED) {
            errno = error;
            return;
        }
    }
    ::signal(SIGBUS, SIG_DFL); // not ours: the same instruction now ends the process
    errno = error;
}

void install()
{
    s_page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    struct sigaction action {
    };
    action.sa_sigaction = onBusError;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigaction(SIGBUS, &action, nullptr);
}

} // namespace

MappingGuard::MappingGuard(const void *bytes, std::size_t size) : m_slot(0)
{
    std::call_once(s_installed, install);
    while (m_slot < kMostMappings && s_ranges[m_slot].taken.exchange(true))
        ++m_slot;
    if (m_slot == kMostMappings)
        return;
    const std::uintptr_t page = s_page;
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes);
    s_ranges[m_slot].begin = begin;
    s_ranges[m_slot].end.store((begin + size + page - 1) / page * page, std::memory_order_release);
}

MappingGuard::~MappingGuard()
{
    if (m_slot == kMostMappings)
        return;
    s_ranges[m_slot].end = 0;
    s_ranges[m_slot].begin = 0;
    s_ranges[m_slot].taken = false;
}

} // namespace ingest
