// SPDX-License-Identifier: Apache-2.0
#include <base/check.h>

#include <atomic>
#include <cstdlib>

#include <base/log.h>

namespace base {
namespace {
std::atomic<bool> s_abort{false}; // set once by a test's main(), before any thread
} // namespace

void abortOnFailedCheck(bool abort)
{
    s_abort = abort;
}

bool checkFailed(const char *condition, const char *file, int line)
{
    log(LogLevel::Error, "check", "{} does not hold ({}:{})", condition, file, line);
    if (s_abort)
        std::abort();
    return false;
}

} // namespace base
