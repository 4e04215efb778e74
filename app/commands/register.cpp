// SPDX-License-Identifier: Apache-2.0
#include <app/account_options.h>
#include <app/commands/commands.h>
#include <app/console.h>
#include <app/flow_json.h>
#include <app/flow_tests.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <desk/call_text.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>

namespace app {
namespace {

constexpr std::array kOwn{
    OptionSpec{"--answer", "", "answer calls, with a tone"},
    OptionSpec{"--answer-from", "WHO", "answer this caller only, user@host, host or *", true},
    OptionSpec{"--seconds", "N", "how long to stay registered (30)"},
    OptionSpec{"--ping-after", "S", "first keep-alive that long after registering (1)"},
    OptionSpec{"--local-address", "IP", "address of this computer"},
    OptionSpec{"--output", "auto|silent", "where a caller is played (auto)"},
    OptionSpec{"--audio-device", "NAME", "play on this device of the audio server (its default)"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print one JSON document at the end"},
};
constexpr base::Duration kFarewell = std::chrono::milliseconds(1500);
constexpr auto kOptions = joined(kAccountOptions, kOwn, kFlowTestOptions, kNetworkOptions);

/// Prints every change of every flow until the time is up or Ctrl+C.
class Watch
{
public:
    Watch(bool quiet, base::Duration expires)
        : m_quiet(quiet), m_expires(expires), m_start(base::now())
    {
    }

    void onAccount(const desk::AccountInfo &info)
    {
        for (const auto &[regId, flow] : info.flows) {
            auto &known = m_flows[regId];
            const bool changed = known.state != flow.state || known.reason != flow.reason ||
                                 known.since != flow.since;
            known = flow;
            m_everUp = m_everUp || base::isRegistered(flow.state);
            if (!changed)
                continue;
            m_lines.push_back({base::now(), flow});
            if (m_lines.size() > 100'000)
                m_lines.erase(m_lines.begin(), m_lines.begin() + 50'000);
            if (!m_quiet)
                fmt::print("{}\n", textOf(m_lines.back(), m_start));
            std::fflush(stdout);
        }
        tellReach(info);
    }
    void onCall(const desk::CallInfo &info) const
    {
        static constexpr const char *kStages[] = {"calling",  "ringing", "early media",
                                                  "answered", "ended",   "failed"};
        if (!m_quiet)
            fmt::print("{:>9}  call from {}: {}\n", base::seconds(base::now() - m_start),
                       base::printable(info.from), kStages[static_cast<int>(info.stage)]);
        std::fflush(stdout);
    }
    bool everUp() const { return m_everUp; }
    /// Somebody calls this account and reaches us: more than that a REGISTER was answered with 2xx.
    bool reached() const { return m_reachable.known(); }
    bool upNow() const
    {
        return std::any_of(m_flows.begin(), m_flows.end(),
                           [](const auto &each) { return base::isRegistered(each.second.state); });
    }
    /// Every flow has said goodbye, or had nothing to say it for.
    bool allOff() const
    {
        return std::all_of(m_flows.begin(), m_flows.end(), [](const auto &each) {
            return each.second.state == base::FlowState::Off;
        });
    }
    std::string lastReason() const
    {
        for (auto line = m_lines.rbegin(); line != m_lines.rend(); ++line) {
            if (line->flow.state == base::FlowState::Registering)
                return "the REGISTER left, and no answer that fits it came. Check that a registrar "
                       "listens there, look at the ladders for what came instead, or give "
                       "--seconds more.";
            if (!line->flow.reason.empty() && line->flow.state != base::FlowState::Off)
                return base::printable(line->flow.reason);
        }
        return "there was no time to try. Give --seconds more.";
    }
    base::Instant start() const { return m_start; }
    nlohmann::json events() const
    {
        auto out = nlohmann::json::array();
        for (const auto &line : m_lines)
            out.push_back(jsonOf(line, m_start));
        return out;
    }

    /// The flows as they are, and since when the account can be called.
    nlohmann::json state() const
    {
        nlohmann::json out;
        auto flows = nlohmann::json::array();
        for (const auto &[regId, flow] : m_flows)
            flows.push_back(jsonOf(flow, base::now()));
        out["flows"] = std::move(flows);
        const auto time = [](base::Instant at) {
            return at.known() ? nlohmann::json(base::utc(at)) : nlohmann::json(nullptr);
        };
        out["registered"] = upNow() && reached(); // bound, at the end
        out["reachable"] = m_reachable.known();
        out["reachable_since"] = time(m_reachable);
        // While it can be reached, the end of the time before tells nothing.
        out["reachable_until"] = time(m_reachable.known() ? base::Instant{} : m_unreachable);
        return out;
    }

    /// Once they have said goodbye: whether the registrar let each flow go; who did not even answer
    /// is printed too.
    void addFarewell(nlohmann::json &out) const
    {
        auto flows = nlohmann::json::array();
        for (const auto &[regId, flow] : m_flows) {
            const auto unregistered = silent(flow) ? std::optional(false) : flow.unregistered;
            flows.push_back({{"reg_id", regId},
                             {"unregistered", unregistered ? nlohmann::json(*unregistered)
                                                           : nlohmann::json(nullptr)},
                             {"reason", silent(flow) ? silence(flow) : flow.reason}});
        }
        out["unregistered"] = std::move(flows);
        for (const auto &[regId, flow] : m_flows)
            if (silent(flow) && !m_quiet)
                fmt::print("{:>9}  flow {}  {}\n", base::seconds(base::now() - m_start), regId,
                           silence(flow));
        std::fflush(stdout);
    }

private:
    /// Its un-REGISTER, or the REGISTER before, found no answer in the time that it is given here.
    static bool silent(const base::FlowReport &flow)
    {
        return base::isRegistered(flow.state) || flow.state == base::FlowState::Registering;
    }
    std::string silence(const base::FlowReport &flow) const
    {
        if (flow.state == base::FlowState::Registering)
            return fmt::format(
                "The REGISTER was not answered. An un-REGISTER follows it; should that come to "
                "nothing too, the registrar may send calls here for up to {} s.",
                base::seconds(m_expires, 0));
        return fmt::format(
            "The un-registration was not answered within {} s. The registrar may "
            "send calls here for another {} s.",
            base::seconds(kFarewell, 1),
            base::seconds(std::max(flow.registeredUntil - base::now(), base::Duration{0}), 0));
    }
    void tellReach(const desk::AccountInfo &info)
    {
        const bool changed = info.reachableSince.known() != m_reachable.known();
        m_reachable = info.reachableSince;
        m_unreachable = info.reachableUntil;
        if (!changed || m_quiet)
            return;
        fmt::print("{:>9}  {}\n", base::seconds(base::now() - m_start), reachText(info, m_start));
        std::fflush(stdout);
    }

    bool m_quiet;
    base::Duration m_expires; // asked for
    base::Instant m_start, m_reachable, m_unreachable;
    std::map<std::uint32_t, base::FlowReport> m_flows;
    std::vector<FlowLine> m_lines;
    bool m_everUp = false;
};

/// Ends what calls there are; a REGISTER with expires 0 on each flow, and the answers.
void farewell(Console &console, const Watch &watch)
{
    const auto calls = console.desk().calls();
    for (const auto &info : calls)
        console.desk().hangUp(info.handle);
    for (const auto &info : console.desk().accounts())
        console.desk().removeAccount(info.handle);
    // The flows un-register when their calls have ended, which need as long at most.
    const auto latest = base::now() + (calls.empty() ? kFarewell : 2 * kFarewell);
    const auto done = [&] {
        const auto now = console.desk().calls();
        return watch.allOff() &&
               std::all_of(now.begin(), now.end(), [](const auto &each) { return isOver(each); });
    };
    while (base::now() < latest && !done()) // an interrupt returns at once
        console.waitUntil(done, std::chrono::milliseconds(50));
}

base::Result<desk::Options> readOptions(const Arguments &arguments, base::Duration firstPing)
{
    auto options = deskOptions(arguments);
    if (const auto ok = readNetwork(arguments, options.engine); !ok)
        return tl::unexpected<base::Error>(ok.error());
    options.engine.firstPing = firstPing;
    options.engine.localAddress = arguments.value("--local-address");
    return options;
}

void printDocument(const std::string &aor, const Watch &watch, const nlohmann::json &state,
                   const FlowTester &tester, const report::ReportInput &input)
{
    nlohmann::json out{{"schema_version", 1},
                       {"aor", aor},
                       {"started", base::toSeconds(watch.start() - base::Instant{})},
                       {"events", watch.events()}};
    out.update(state);
    out.update(tester.json());
    out["report"] = nlohmann::json::parse(report::jsonOf(input), nullptr, false);
    fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void printText(const FlowTester &tester, const report::ReportInput &input)
{
    report::format("text")->write(input, std::cout);
    std::cout << tester.text();
    std::cout.flush();
}

/// Whom the account answers by itself; empty: anybody, if it answers at all.
base::Result<std::vector<std::string>> readCallers(const Arguments &arguments)
{
    const auto given = arguments.values("--answer-from");
    return given.empty() ? std::vector<std::string>()
                         : desk::callersNamed(fmt::format("{}", fmt::join(given, ",")));
}

int run(const Arguments &arguments)
{
    auto account = readAccount(arguments);
    if (!account)
        return complain(account.error().sentence, exitFor(account.error()));
    const auto limit = arguments.seconds("--seconds", std::chrono::seconds(30));
    const auto ping = arguments.seconds("--ping-after", std::chrono::seconds(1));
    if (!limit || !ping)
        return complain((limit ? ping.error() : limit.error()).sentence, kUsage);
    auto callers = readCallers(arguments);
    const auto tests = readFlowTests(arguments);
    if (!callers || !tests)
        return callers ? complain(tests.error().sentence, exitFor(tests.error()))
                       : complain(callers.error().sentence, kUsage);
    const auto options = readOptions(arguments, *ping);
    if (!options)
        return complain(options.error().sentence, exitFor(options.error()));
    auto console = Console::open(*options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    Watch watch(arguments.has("--json"), account->expires);
    FlowTester tester(**console, *tests, {options->engine.pongTimeout, options->engine.t1});
    (*console)->onAccount = [&](const desk::AccountInfo &info) {
        watch.onAccount(info);
        tester.onAccount(info);
    };
    (*console)->onCall = [&](const desk::CallInfo &info) {
        watch.onCall(info);
        tester.onCall(info);
    };
    const auto aor = account->aor;
    const bool answers = arguments.has("--answer") || arguments.has("--answer-from");
    if (const auto added =
            (*console)->desk().addAccount(std::move(*account), answers, std::move(*callers));
        !added)
        return complain(added.error().sentence, exitFor(added.error()));
    const bool passed = tester.run(*limit);
    auto state = watch.state(); // before they say goodbye
    const bool taken = watch.upNow(), upAtEnd = taken && watch.reached();
    const auto lastReason = watch.lastReason();
    farewell(**console, watch);
    watch.addFarewell(state);
    (*console)->desk().session().settle(std::chrono::seconds(1));
    const auto report = (*console)->report(aor);
    if (arguments.has("--json"))
        printDocument(aor, watch, state, tester, report->input);
    else
        printText(tester, report->input);
    if (upAtEnd)
        return passed ? kFine : kFindings;
    return complain(fmt::format("No flow of {} {}: {}{}", base::printable(aor),
                                taken            ? "is bound"
                                : watch.everUp() ? "is up any more"
                                                 : "came up",
                                lastReason,
                                tester.gaveUp()
                                    ? " Every flow was refused for good, so nothing more is tried."
                                    : ""),
                    kCallFailed);
}

} // namespace

const Command kRegister{"register",
                        "--aor URI --proxy URI [--proxy URI] [options]",
                        "keep an account registered over its flows, print what happens to them",
                        0,
                        kOptions,
                        run};

} // namespace app
