// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <app/call_batch.h>
#include <app/call_json.h>
#include <app/commands/commands.h>
#include <app/console.h>

#include <array>
#include <base/text.h>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <set>
#include <unistd.h>

namespace app {
namespace {

constexpr std::array kOwn{
    OptionSpec{"--repeat", "N", "place the call N times: a table of results (up to 1000)"},
    OptionSpec{"--rate", "R", "calls a second with --repeat (1, up to 50)"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print one JSON document instead of text"},
};
constexpr auto kOptions = joined(kCallOptions, kNetworkOptions, kOwn);

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

struct Followed {
    desk::CallInfo info;
    std::string ended; // why we ended it ourselves, empty: we did not
};

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

/// Follows one call to its end; Ctrl+C hangs up first and waits for the end too.
Followed follow(Console &console, engine::CallHandle handle, const CallPlan &plan)
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

void print(const Arguments &arguments, const desk::CallInfo &info, Console &console)
{
    const auto report = console.report(info.options.target, [&](const session::CallView &view) {
        return view.call->callId == info.callId && !info.callId.empty();
    });
    if (arguments.has("--json")) {
        fmt::print("{}\n", callJson(info, report->input));
        return;
    }
    report::format("text")->write(report->input, std::cout);
    for (const auto &file : info.recordings) {
        fmt::print("recording  {}  {} s, mean level {:.0f} dBFS, To-tag {}\n", file.path,
                   base::seconds(file.length, 1), file.meanLevel, base::printable(file.toTag));
    }
    std::cout.flush();
}

int exitCode(const Followed &followed)
{
    const auto &info = followed.info;
    if (info.status >= 200 && info.status < 300)
        return kFine;
    // Nothing left our sockets: what was missing is on this machine, not in the network.
    const bool here = info.callId.empty() && (info.error == base::ErrorCode::PortInUse ||
                                              info.error == base::ErrorCode::NoPermission);
    return here ? kNoAccess : kCallFailed;
}

int place(const Arguments &arguments, const BatchPlan &plan, const desk::Options &options)
{
    auto console = Console::open(options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    std::set<std::string> told;
    (*console)->onNotice = [&](const std::string &sentence) {
        if (told.insert(sentence).second)
            fmt::print(stderr, "earshot: {}\n", sentence);
    };
    if (arguments.has("--repeat"))
        return runBatch(**console, plan);
    const auto handle = (*console)->desk().place(plan.each.call);
    if (!handle)
        return complain(handle.error().sentence, exitFor(handle.error()));
    const auto followed = follow(**console, *handle, plan.each);
    (*console)->desk().session().settle(std::chrono::seconds(2));
    print(arguments, followed.info, **console);
    const auto &sentence = followed.ended.empty() ? followed.info.sentence : followed.ended;
    const int code = exitCode(followed);
    if ((code != kFine || !followed.ended.empty()) && !sentence.empty() && !told.contains(sentence))
        complain(sentence, code);
    return code;
}

int run(const Arguments &arguments)
{
    auto options = deskOptions(arguments);
    auto call = readCallOptions(arguments, options);
    if (!call)
        return complain(call.error().sentence, exitFor(call.error()));
    auto plan = readBatch(arguments, std::move(*call));
    if (!plan)
        return complain(plan.error().sentence, exitFor(plan.error()));
    auto &folder = plan->each.call.recordFolder;
    if (arguments.has("--repeat") && !arguments.has("--record"))
        folder.clear(); // hundreds of recordings only where somebody wants them
    if (folder.empty())
        return place(arguments, *plan, options);
    std::error_code error;
    const bool made = std::filesystem::create_directories(folder, error);
    if (error)
        return complain(fmt::format("The folder {} cannot be made: {}.", base::printable(folder),
                                    error.message()),
                        kNoAccess);
    const int code = place(arguments, *plan, options);
    if (made)
        ::rmdir(folder.c_str()); // only goes when nothing was recorded
    return code;
}

} // namespace

const Command kCall{
    "call", "TARGET [options]", "place a call: its ladder, early-media verdict and findings",
    1,      kOptions,           run};

} // namespace app
