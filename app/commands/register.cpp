// SPDX-License-Identifier: Apache-2.0
#include <app/commands/commands.h>
#include <app/console.h>

#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

namespace app {
namespace {

constexpr std::array kOwn{
    OptionSpec{"--aor", "URI", "address of record: sip:bob@example.com"},
    OptionSpec{"--proxy", "URI", "outbound proxy or registrar; a flow each, reg-id in this order",
               true},
    OptionSpec{"--transport", "udp|tcp", "transport (tcp)"},
    OptionSpec{"--user", "U", "user name for 401 and 407"},
    OptionSpec{"--password-file", "F", "file whose first line is the password"},
    OptionSpec{"--answer", "", "answer calls, with a tone"},
    OptionSpec{"--answer-from", "WHO", "answer this caller only, user@host or host", true},
    OptionSpec{"--seconds", "N", "how long to stay registered (30)"},
    OptionSpec{"--expires", "S", "registration time asked for (600)"},
    OptionSpec{"--ping-after", "S", "first keep-alive that long after registering (1)"},
    OptionSpec{"--output", "auto|silent", "where a caller is played (auto)"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print one JSON document at the end"},
};
constexpr auto kOptions = joined(kOwn, std::array{kNetworkOptions.front()});

base::Result<engine::Account> readAccount(const Arguments &arguments)
{
    engine::Account account;
    account.aor = arguments.value("--aor");
    account.proxies = arguments.values("--proxy");
    if (account.aor.empty() || account.proxies.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "A registration needs --aor and at least one --proxy.");
    const auto transport = transportNamed(arguments.value("--transport", "tcp"));
    if (!transport)
        return tl::unexpected<base::Error>(transport.error());
    account.transport = *transport;
    const auto expires = arguments.seconds("--expires", account.expires);
    if (!expires)
        return tl::unexpected<base::Error>(expires.error());
    account.expires = *expires;
    const auto who = credentials(arguments);
    if (!who)
        return tl::unexpected<base::Error>(who.error());
    account.credentials = *who;
    return account;
}

struct Line { // one change of one flow
    base::Instant time;
    base::FlowReport flow;
};

std::string text(const Line &line, base::Instant start)
{
    const auto &flow = line.flow;
    std::string out = fmt::format(
        "{:>9}  flow {}  {:<12} {} {} -> {}", base::seconds(line.time - start), flow.regId,
        base::flowStateText(flow.state), flow.transport, flow.local.text(), flow.remote.text());
    if (!flow.reason.empty())
        out += "  " + base::printable(flow.reason);
    if (flow.nextAttempt > line.time)
        out +=
            fmt::format("  (next attempt in {} s)", base::seconds(flow.nextAttempt - line.time, 1));
    return out;
}

nlohmann::json json(const Line &line, base::Instant start)
{
    const auto &flow = line.flow;
    return {{"seconds", base::toSeconds(line.time - start)},
            {"reg_id", flow.regId},
            {"state", std::string(base::flowStateText(flow.state))},
            {"edge", flow.edge},
            {"transport", flow.transport},
            {"local", flow.local.text()},
            {"remote", flow.remote.text()},
            {"reason", flow.reason},
            {"failures", flow.failures},
            {"pong_ms", base::toMilliseconds(flow.pongRoundTrip)},
            {"flow_timer", base::toSeconds(flow.flowTimer)}};
}

bool reachable(base::FlowState state)
{
    return state == base::FlowState::Up || state == base::FlowState::UpPlain ||
           state == base::FlowState::Provisional || state == base::FlowState::Suspect;
}

/// Prints every change of every flow until the time is up or Ctrl+C.
class Watch
{
public:
    Watch(bool quiet) : m_quiet(quiet), m_start(base::now()) {}

    void onAccount(const desk::AccountInfo &info)
    {
        for (const auto &[regId, flow] : info.flows) {
            auto &known = m_flows[regId];
            const bool changed = known.state != flow.state || known.reason != flow.reason ||
                                 known.since != flow.since;
            known = flow;
            m_everUp = m_everUp || reachable(flow.state);
            if (!changed)
                continue;
            m_lines.push_back({base::now(), flow});
            if (m_lines.size() > 100'000)
                m_lines.erase(m_lines.begin(), m_lines.begin() + 50'000);
            if (!m_quiet)
                fmt::print("{}\n", text(m_lines.back(), m_start));
            std::fflush(stdout);
        }
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
    std::string lastReason() const
    {
        for (auto line = m_lines.rbegin(); line != m_lines.rend(); ++line) {
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
            out.push_back(json(line, m_start));
        return out;
    }

private:
    bool m_quiet;
    base::Instant m_start;
    std::map<std::uint32_t, base::FlowReport> m_flows;
    std::vector<Line> m_lines;
    bool m_everUp = false;
};

/// Ends what calls there are; a REGISTER with expires 0 on each flow, and the answers.
void farewell(Console &console)
{
    const auto calls = console.desk().calls();
    for (const auto &info : calls)
        console.desk().hangUp(info.handle);
    for (const auto &info : console.desk().accounts())
        console.desk().removeAccount(info.handle);
    const auto latest = base::now() + std::chrono::milliseconds(1500);
    while (base::now() < latest) // an interrupt returns at once
        console.waitUntil([&] { return base::now() >= latest; }, std::chrono::milliseconds(50));
}

int run(const Arguments &arguments)
{
    auto account = readAccount(arguments);
    if (!account)
        return complain(account.error().sentence, exitFor(account.error()));
    const auto limit = arguments.seconds("--seconds", std::chrono::seconds(30));
    const auto ping = arguments.seconds("--ping-after", base::Duration{0});
    if (!limit || !ping)
        return complain((limit ? ping.error() : limit.error()).sentence, kUsage);
    if (account->transport == base::Transport::Tls)
        return complain("Registrations go over UDP and TCP in this version.", kUsage);
    auto options = deskOptions(arguments);
    if (const auto ok = readNetwork(arguments, options.engine); !ok)
        return complain(ok.error().sentence, exitFor(ok.error()));
    options.engine.firstPing = *ping;
    auto console = Console::open(options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    Watch watch(arguments.has("--json"));
    (*console)->onAccount = [&](const desk::AccountInfo &info) { watch.onAccount(info); };
    (*console)->onCall = [&](const desk::CallInfo &info) { watch.onCall(info); };
    const auto aor = account->aor;
    const bool answers = arguments.has("--answer") || arguments.has("--answer-from");
    if (const auto added = (*console)->desk().addAccount(std::move(*account), answers,
                                                         arguments.values("--answer-from"));
        !added)
        return complain(added.error().sentence, exitFor(added.error()));
    (*console)->waitUntil([] { return false; }, *limit);
    farewell(**console);
    (*console)->desk().session().settle(std::chrono::seconds(1));
    const auto report = (*console)->report(aor);
    if (arguments.has("--json")) {
        nlohmann::json out{{"schema_version", 1},
                           {"aor", aor},
                           {"started", base::toSeconds(watch.start() - base::Instant{})},
                           {"registered", watch.everUp()},
                           {"events", watch.events()}};
        out["report"] = nlohmann::json::parse(report::jsonOf(report->input), nullptr, false);
        fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
        report::format("text")->write(report->input, std::cout);
        std::cout.flush();
    }
    if (watch.everUp())
        return kFine;
    return complain(
        fmt::format("No flow of {} came up: {}", base::printable(aor), watch.lastReason()),
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
