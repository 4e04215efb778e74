// SPDX-License-Identifier: Apache-2.0
// earshot probe options|trace|raw TARGET: is there somebody, by which hops, and what do they make
// of these bytes?
#include <app/commands/commands.h>
#include <app/console.h>
#include <app/transport_option.h>

#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <desk/probing.h>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

namespace app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kOwn{
    OptionSpec{"--from", "URI", "who asks (sip:earshot@localhost)"},
    OptionSpec{"--proxy", "URI", "outbound proxy"},
    OptionSpec{"--transport", "udp|tcp|tls", "transport (what DNS says, else udp)"},
    OptionSpec{"--local-address", "IP", "address of this computer"},
    OptionSpec{"--count", "N", "options: how many requests (1, up to 100)"},
    OptionSpec{"--interval", "S", "options: seconds between them (1)"},
    OptionSpec{"--max-hops", "N", "trace: the most Max-Forwards tried (30)"},
    OptionSpec{"--wait", "S", "seconds to wait for each answer (4; raw: 2)"},
    OptionSpec{"--json", "", "print one JSON document"},
};
constexpr auto kOptions = joined(kOwn, kNetworkOptions);

struct Plan {
    std::string what;
    desk::ProbePlan probe;
    bool json = false;
};

base::Result<int> numberOf(const Arguments &arguments, const char *name, int otherwise, int most)
{
    const auto value = base::toInteger(arguments.value(name, std::to_string(otherwise)));
    if (!value || *value < 1 || *value > most)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} takes a number from 1 to {}.", name, most));
    return static_cast<int>(*value);
}

base::Result<void> readRaw(const std::string &path, engine::ProbeRequest &request)
{
    std::ifstream in(path, std::ios::binary);
    request.raw.resize(desk::kLargestProbe + 1);
    in.read(request.raw.data(), static_cast<std::streamsize>(request.raw.size()));
    request.raw.resize(static_cast<std::size_t>(in.gcount()));
    if (request.raw.empty())
        return base::fail(base::ErrorCode::NotFound,
                          fmt::format("{} cannot be read or is empty.", base::printable(path)),
                          std::strerror(errno));
    if (request.raw.size() > desk::kLargestProbe)
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("{} has more than {} bytes.", base::printable(path), desk::kLargestProbe));
    return {};
}

base::Result<Plan> readPlan(const Arguments &arguments)
{
    using desk::ProbeKind;
    Plan plan;
    const auto &words = arguments.positionals();
    const bool raw = !words.empty() && words[0] == "raw";
    if (words.size() != (raw ? 3U : 2U) || !(raw || words[0] == "options" || words[0] == "trace"))
        return base::fail(base::ErrorCode::BadInput,
                          "Give what to probe: options TARGET, trace TARGET or raw TARGET FILE.");
    plan.what = words[0];
    plan.json = arguments.has("--json");
    auto &probe = plan.probe;
    probe.kind = raw ? ProbeKind::Raw : words[0] == "trace" ? ProbeKind::Trace : ProbeKind::Options;
    auto &request = probe.request;
    request.target = words[1];
    request.from = arguments.value("--from", request.from);
    request.proxy = arguments.value("--proxy");
    request.localAddress = arguments.value("--local-address");
    request.transport = base::Transport::Unknown;
    if (arguments.has("--transport"))
        request.transport = *transportNamed(arguments.value("--transport"));
    if (const auto ok =
            checkTransport(arguments, {request.proxy.empty() ? request.target : request.proxy});
        !ok)
        return tl::unexpected<base::Error>(ok.error());
    const auto count = numberOf(arguments, "--count", 1, desk::kMostProbeRequests);
    const auto hops = numberOf(arguments, "--max-hops", 30, desk::kMostProbeHops);
    const auto interval = arguments.seconds("--interval", std::chrono::seconds(1));
    const auto wait =
        arguments.seconds("--wait", raw ? std::chrono::seconds(2) : std::chrono::seconds(4));
    if (!count || !hops)
        return tl::unexpected<base::Error>((count ? hops : count).error());
    if (!interval || !wait)
        return tl::unexpected<base::Error>((interval ? wait : interval).error());
    probe.count = *count;
    probe.hops = *hops;
    probe.interval = std::max<base::Duration>(*interval, std::chrono::milliseconds(20));
    probe.wait = *wait;
    if (raw)
        if (const auto ok = readRaw(words[2], request); !ok)
            return tl::unexpected<base::Error>(ok.error());
    return plan;
}

Json lineOf(const desk::ProbeLine &line)
{
    if (!line.event)
        return {{"number", line.number}, {"code", nullptr}, {"text", "no answer in time"}};
    const auto &event = *line.event;
    const auto orNull = [](const std::string &text) { return text.empty() ? Json() : Json(text); };
    return {{"number", line.number},
            {"code", event.status},
            {"phrase", event.phrase},
            {"local", event.local},
            {"round_trip_ms", event.local || event.status == 0
                                  ? Json(nullptr)
                                  : Json(base::toMilliseconds(event.roundTrip))},
            {"from", event.remote.text()},
            {"server", event.server},
            {"via", orNull(event.via)},
            {"call_id", orNull(event.callId)},
            {"text", event.sentence}};
}

void print(const desk::ProbeLine &line)
{
    const auto value = desk::roundTripOf(line);
    if (value)
        fmt::print("{:>3}  {}  {:.3f} ms  from {}{}{}\n", line.number, desk::answerText(line),
                   *value, line.event->remote.text(), line.event->server.empty() ? "" : "  ",
                   line.event->server);
    else
        fmt::print("{:>3}  *  {}\n", line.number, desk::answerText(line));
    std::fflush(stdout);
}

Json figures(const desk::Probing &probing)
{
    const auto now = probing.figures();
    const auto orNull = [](const std::optional<double> &value) {
        return value ? Json(*value) : Json(nullptr);
    };
    return {{"sent", now.sent},
            {"answered", now.answered},
            {"min_ms", orNull(now.least)},
            {"mean_ms", orNull(now.mean)},
            {"max_ms", orNull(now.most)}};
}

/// Sends what is due and prints each line once it is known, unless `quiet`.
base::Result<void> follow(Console &console, desk::Probing &probing, bool quiet)
{
    std::size_t told = 0;
    console.onProbe = [&](const engine::ProbeEvent &event) { probing.add(event); };
    const auto tell = [&](bool all) {
        const auto &lines = probing.lines();
        while (!quiet && told < lines.size() && (all || lines[told].event || lines[told].late))
            print(lines[told++]);
    };
    while (!probing.over() && !Console::interrupted()) {
        if (const auto request = probing.due(base::now())) {
            const auto handle = console.desk().probe(*request);
            if (!handle)
                return tl::unexpected<base::Error>(handle.error());
            probing.sent(*handle, base::now());
        }
        tell(false);
        console.waitUntil([] { return true; }, std::chrono::milliseconds(5));
    }
    tell(true);
    console.onProbe = {};
    return {};
}

void printReport(const Plan &plan, const desk::Probing &probing, const Console::Report &report)
{
    const bool raw = plan.probe.kind == desk::ProbeKind::Raw;
    if (plan.json) {
        Json lines = Json::array();
        for (const auto &line : probing.lines())
            lines.push_back(lineOf(line));
        Json out{{"schema_version", 1},
                 {"probe", plan.what},
                 {"target", plan.probe.request.target},
                 {"results", lines},
                 {"summary", figures(probing)}};
        out["report"] = Json::parse(report::jsonOf(report.input), nullptr, false);
        fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
    } else if (raw) {
        report::format("text")->write(report.input, std::cout);
        std::cout.flush();
    } else {
        fmt::print("{}\n", probing.conclusion());
    }
}

int run(const Arguments &arguments)
{
    const auto plan = readPlan(arguments);
    if (!plan)
        return complain(plan.error().sentence, exitFor(plan.error()));
    desk::Options settings;
    settings.media.output = media::Output::Silent;
    if (const auto ok = readNetwork(arguments, settings.engine); !ok)
        return complain(ok.error().sentence, exitFor(ok.error()));
    auto console = Console::open(settings);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    const bool raw = plan->probe.kind == desk::ProbeKind::Raw;
    if (raw)
        fmt::print(stderr, "earshot: {}\n",
                   desk::rawConsent(plan->probe.request.raw.size(), plan->probe.request.target));
    desk::Probing probing(plan->probe);
    if (const auto followed = follow(**console, probing, plan->json || raw); !followed)
        return complain(followed.error().sentence, exitFor(followed.error()));
    (*console)->desk().session().settle(std::chrono::seconds(1));
    const auto report = (*console)->report(plan->probe.request.target);
    printReport(*plan, probing, *report);
    return probing.good() ? kFine : kCallFailed;
}

} // namespace

const Command kProbe{"probe",
                     "options|trace|raw TARGET [FILE] [options]",
                     "OPTIONS with round-trip time, the hops to a target, bytes as they are",
                     3,
                     kOptions,
                     run};

} // namespace app
