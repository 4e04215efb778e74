// SPDX-License-Identifier: Apache-2.0
#include <app/call_follow.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <map>

namespace app {
namespace {

// A peer that answers neither CANCEL nor BYE is not awaited longer than that after Ctrl+C or the
// timeout: time for the answer, and for one of ours to be sent again.
constexpr auto kFarewell = std::chrono::seconds(2);
// Timer B without a 1xx, or 64*T1 for the 487 (RFC 3261 section 9.1), and a little.
constexpr int kRequestTerminated = 487;
constexpr auto kPatience = std::chrono::seconds(70);

/// `before` is the stage until now: a later response without a description offers no early media.
void printProgress(const desk::CallInfo &info, desk::CallInfo::Stage before)
{
    using Stage = desk::CallInfo::Stage;
    static constexpr const char *kStages[] = {"calling",  "ringing", "early media offered",
                                              "answered", "ended",   "failed"};
    const bool provisional = info.status >= 100 && info.status < 200;
    const char *what = kStages[static_cast<int>(info.stage)];
    if (provisional && info.status == 199)
        what = "an early dialog ended";
    else if (provisional && info.stage == Stage::Early && before == Stage::Early)
        what = info.status == 180 ? "ringing" : "in progress";
    if (info.status != 0)
        fmt::print(stderr, "  {}: {} {}\n", what, info.status, base::printable(info.phrase));
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
        if (!plan.keys.empty() && !plan.keysEarly)
            m_steps.emplace(kSoon, [&desk, call, &plan] { desk.dtmf(call, plan.keys); });
        if (!plan.transfer.empty() && !plan.attended)
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

/// RFC 5589 section 7: a call to whom the peer shall be transferred to, and the REFER once that
/// one is answered.
class Consultation
{
public:
    Consultation(desk::Desk &desk, engine::CallHandle call, const CallPlan &plan)
        : m_desk(desk), m_call(call), m_plan(plan)
    {
    }
    ~Consultation() { hangUp(); }
    Consultation(const Consultation &) = delete;
    Consultation &operator=(const Consultation &) = delete;

    /// To be asked again and again while the call stands.
    void look()
    {
        constexpr auto kSoon = std::chrono::milliseconds(500);
        if (!m_plan.attended || m_done || base::now() - m_start < kSoon)
            return;
        if (!m_with.valid())
            return place();
        const auto calls = m_desk.calls();
        const auto with = std::find_if(calls.begin(), calls.end(),
                                       [this](const auto &each) { return each.handle == m_with; });
        if (with == calls.end() || desk::isOver(*with)) {
            m_done = true;
            fmt::print(stderr, "  no transfer: {}\n",
                       with == calls.end() || with->sentence.empty()
                           ? "the call to its target ended"
                           : base::printable(with->sentence));
        } else if (with->stage == desk::CallInfo::Stage::Answered) {
            m_done = true;
            fmt::print(stderr, "  {} answered: the call is transferred to it\n",
                       base::printable(m_plan.transfer));
            m_desk.transfer(m_call, m_plan.transfer, m_with);
        }
    }

private:
    void place()
    {
        auto options = m_plan.call;
        options.target = m_plan.transfer;
        options.recordFolder.clear();
        options.hangUpAfter = base::Duration{0};
        options.extras.requestUri.clear();
        if (const auto placed = m_desk.place(std::move(options))) {
            m_with = *placed;
        } else {
            m_done = true;
            fmt::print(stderr, "  no transfer: {}\n", placed.error().sentence);
        }
    }
    /// Whoever took it over has ended it (RFC 3891); if nobody did, nothing else would.
    void hangUp()
    {
        if (m_with.valid())
            m_desk.hangUp(m_with);
    }

    desk::Desk &m_desk;
    engine::CallHandle m_call, m_with;
    const CallPlan &m_plan;
    base::Instant m_start = base::now();
    bool m_done = false;
};

/// Keys for an announcement before the answer.
class EarlyKeys
{
public:
    EarlyKeys(desk::Desk &desk, engine::CallHandle call, const CallPlan &plan)
        : m_desk(desk), m_call(call), m_keys(plan.keysEarly ? plan.keys : std::string())
    {
    }
    /// Media's news alone is told to nobody, so the desk is asked.
    void look()
    {
        constexpr auto kSoon = std::chrono::milliseconds(500);
        if (m_keys.empty())
            return;
        const auto calls = m_desk.calls();
        const bool plays = std::any_of(calls.begin(), calls.end(), [this](const auto &each) {
            return each.handle == m_call && each.media && each.media->playing;
        });
        if (!plays)
            return;
        if (!m_since.known())
            m_since = base::now();
        if (base::now() - m_since >= kSoon)
            m_desk.dtmf(m_call, std::exchange(m_keys, {}));
    }

    /// Their time is over: says so if it never came.
    void close()
    {
        if (!std::exchange(m_keys, {}).empty())
            fmt::print(stderr, "  No keys were sent: no early media came before the end of the "
                               "ringing (--dtmf-when answer sends them after it).\n");
    }

private:
    desk::Desk &m_desk;
    engine::CallHandle m_call;
    std::string m_keys;
    base::Instant m_since;
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

/// What became of a call that nobody answered and nobody ended either.
void giveUp(desk::CallInfo &info, bool responded)
{
    info.local = true;
    info.status = kRequestTerminated;
    info.sentence =
        responded
            ? fmt::format("The call was given up: no final response came within {} s of the "
                          "CANCEL.",
                          base::seconds(kFarewell, 0))
            : "The call was given up: no response at all had come, so there was nothing that a "
              "CANCEL could be sent for (RFC 3261 section 9.1).";
}

/// Of a call whose time was up.
std::string whyEnded(const desk::CallInfo &info, bool answered, bool responded, double limit)
{
    if (answered)
        return fmt::format("The call still stood after {:g} s, so it was ended.", limit);
    if (info.status / 100 == 2)
        return "The 2xx crossed our CANCEL, so the call was ended with a BYE.";
    return fmt::format("Nobody answered within {:g} s, so the call was {}.", limit,
                       responded ? "cancelled" : "given up");
}

} // namespace

Followed followCall(Console &console, engine::CallHandle handle, const CallPlan &plan)
{
    Followed out;
    auto &info = out.info;
    const auto isOver = [&] { return desk::isOver(info); };
    base::Instant sent;     // the INVITE; looking a name up may take long before
    bool responded = false; // only then a CANCEL leaves (RFC 3261 section 9.1)
    console.onCall = [&](const desk::CallInfo &now) {
        if (now.handle != handle)
            return;
        if (now.stage != info.stage || now.status != info.status)
            printProgress(now, info.stage);
        info = now;
        responded = responded || (info.status >= 100 && !info.local);
        if (!info.invites.empty() && !sent.known())
            sent = base::now();
    };
    EarlyKeys earlyKeys(console.desk(), handle, plan);
    const auto answeredOrOver = [&] {
        earlyKeys.look();
        return desk::isOver(info) || info.stage == desk::CallInfo::Stage::Answered;
    };
    const auto limit = plan.timeout.count() > 0 ? plan.timeout : std::chrono::hours(24);
    const auto latest = base::now() + limit;
    auto wait =
        console.waitUntil([&] { return sent.known() || answeredOrOver(); }, latest - base::now());
    if (wait == Console::Wait::Done)
        wait = console.waitUntil(answeredOrOver,
                                 std::min(sent + plan.cancelAfter, latest) - base::now());
    earlyKeys.close();
    const bool answered = wait == Console::Wait::Done;
    if (answered && !isOver()) {
        CallScript script(console.desk(), handle, plan);
        Consultation consultation(console.desk(), handle, plan);
        const auto over = [&] {
            consultation.look();
            return script.step() && isOver();
        };
        wait = console.waitUntil(over, latest - base::now());
    }
    if (wait == Console::Wait::Done)
        return out;
    const bool timedOut = base::now() >= latest;
    const bool interrupted = wait == Console::Wait::Interrupted;
    const double limitSeconds = base::toSeconds(timedOut ? limit : plan.cancelAfter);
    if (!answered && !responded && !interrupted && !timedOut)
        fmt::print(stderr, "  no response yet, and a CANCEL may only follow one (RFC 3261 section "
                           "9.1): waiting for it; Ctrl+C ends it now\n");
    console.desk().hangUp(handle);
    awaitEnd(console, isOver, !interrupted && !timedOut, latest);
    out.ended = interrupted ? std::string("Interrupted, so the call was ended.")
                            : whyEnded(info, timedOut && answered, responded, limitSeconds);
    if (!answered && isOver() && info.local && !info.sentence.empty()) // why no 487 came
        out.ended += " " + info.sentence;
    if (!answered && !isOver() && info.status < 200) // nobody confirms it: that end is our own
        giveUp(info, responded);
    return out;
}

} // namespace app
