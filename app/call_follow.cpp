// SPDX-License-Identifier: Apache-2.0
#include <app/call_follow.h>

#include <base/text.h>
#include <fmt/format.h>
#include <map>

namespace app {
namespace {

// A peer that answers neither CANCEL nor BYE is not awaited longer than that after Ctrl+C.
constexpr auto kFarewell = std::chrono::seconds(3);
// Timer B without a 1xx, or 64*T1 for the 487 (RFC 3261 section 9.1), and a little.
constexpr auto kPatience = std::chrono::seconds(70);

void printProgress(const desk::CallInfo &info)
{
    using Stage = desk::CallInfo::Stage;
    static constexpr const char *kStages[] = {"calling",  "ringing", "early media offered",
                                              "answered", "ended",   "failed"};
    if (info.status != 0)
        fmt::print(stderr, "  {}: {} {}\n", kStages[static_cast<int>(info.stage)], info.status,
                   base::printable(info.phrase));
    else if (info.stage == Stage::Calling && !info.callId.empty())
        fmt::print(stderr, "  calling {}, Call-ID {}\n", base::printable(info.options.target),
                   base::printable(info.callId));
}

/// What is to happen while the call stands, each once its time has come.
class CallScript
{
public:
    CallScript(desk::Desk &desk, engine::CallHandle call, const CallPlan &plan)
    {
        constexpr auto kSoon = std::chrono::milliseconds(500);
        if (plan.holdAfter) {
            m_steps.emplace(*plan.holdAfter,
                            [&desk, call, &plan] { desk.hold(call, true, plan.holdByUpdate); });
            if (plan.resumeAfter)
                m_steps.emplace(*plan.holdAfter + *plan.resumeAfter, [&desk, call, &plan] {
                    desk.hold(call, false, plan.holdByUpdate);
                });
        }
        if (!plan.digits.empty())
            m_steps.emplace(kSoon, [&desk, call, &plan] { desk.dtmfByInfo(call, plan.digits); });
        if (!plan.transfer.empty())
            m_steps.emplace(kSoon, [&desk, call, &plan] { desk.transfer(call, plan.transfer); });
    }
    /// Always true, so that it fits into a condition.
    bool step()
    {
        while (!m_steps.empty() && base::now() - m_start >= m_steps.begin()->first) {
            m_steps.begin()->second();
            m_steps.erase(m_steps.begin());
        }
        return true;
    }

private:
    base::Instant m_start = base::now();
    std::multimap<base::Duration, std::function<void()>> m_steps;
};

/// Waits for the end that hanging up brings; Ctrl+C and the timeout cut it short.
void awaitEnd(Console &console, const std::function<bool()> &isOver, bool patient,
              base::Instant latest)
{
    const auto end = base::now() + (patient ? kPatience : base::Duration(kFarewell));
    while (!isOver() && base::now() < end) {
        // An interrupt returns at once, so the loop keeps the time.
        console.waitUntil(isOver, std::chrono::milliseconds(20));
        if (patient && (Console::interrupted() || base::now() >= latest))
            return awaitEnd(console, isOver, false, latest);
    }
}

} // namespace

Followed followCall(Console &console, engine::CallHandle handle, const CallPlan &plan)
{
    Followed out;
    auto &info = out.info;
    const auto isOver = [&] { return desk::isOver(info); };
    console.onCall = [&](const desk::CallInfo &now) {
        if (now.handle != handle)
            return;
        if (now.stage != info.stage || now.status != info.status)
            printProgress(now);
        info = now;
    };
    const auto answeredOrOver = [&] {
        return desk::isOver(info) || info.stage == desk::CallInfo::Stage::Answered;
    };
    const auto limit = plan.timeout.count() > 0 ? plan.timeout : std::chrono::hours(24);
    const auto latest = base::now() + limit;
    auto wait = console.waitUntil(answeredOrOver, std::min(plan.cancelAfter, limit));
    const bool answered = wait == Console::Wait::Done;
    if (answered && !isOver()) {
        CallScript script(console.desk(), handle, plan);
        wait = console.waitUntil([&] { return script.step() && isOver(); }, latest - base::now());
    }
    if (wait == Console::Wait::Done)
        return out;
    const bool timedOut = base::now() >= latest;
    out.ended = wait == Console::Wait::Interrupted ? "Interrupted, so the call was ended."
                : timedOut && answered
                    ? fmt::format("The call still stood after {} s, so it was ended.",
                                  base::seconds(limit, 0))
                    : fmt::format("Nobody answered within {} s, so the call was cancelled.",
                                  base::seconds(std::min(plan.cancelAfter, limit), 0));
    console.desk().hangUp(handle);
    awaitEnd(console, isOver, wait == Console::Wait::TimedOut && !timedOut, latest);
    return out;
}

} // namespace app
