// SPDX-License-Identifier: Apache-2.0
// earshot probe options|trace|raw TARGET: is there somebody, by which hops, and what do they make
// of these bytes?
#include <app/commands/commands.h>
#include <app/console.h>
#include <app/transport_option.h>

#include <base/text.h>
#include <cerrno>
#include <cstring>
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

constexpr int kMostRequests = 100;
constexpr std::size_t kLargestRaw = 60'000;

struct Plan {
    std::string what;
    engine::ProbeRequest request;
    int count = 1, hops = 30;
    base::Duration interval{0}, wait{0};
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
    request.raw.resize(kLargestRaw + 1);
    in.read(request.raw.data(), static_cast<std::streamsize>(request.raw.size()));
    request.raw.resize(static_cast<std::size_t>(in.gcount()));
    if (request.raw.empty())
        return base::fail(base::ErrorCode::NotFound,
                          fmt::format("{} cannot be read or is empty.", base::printable(path)),
                          std::strerror(errno));
    if (request.raw.size() > kLargestRaw)
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("{} has more than {} bytes.", base::printable(path), kLargestRaw));
    return {};
}

base::Result<Plan> readPlan(const Arguments &arguments)
{
    Plan plan;
    const auto &words = arguments.positionals();
    const bool raw = !words.empty() && words[0] == "raw";
    if (words.size() != (raw ? 3U : 2U) || !(raw || words[0] == "options" || words[0] == "trace"))
        return base::fail(base::ErrorCode::BadInput,
                          "Give what to probe: options TARGET, trace TARGET or raw TARGET FILE.");
    plan.what = words[0];
    plan.json = arguments.has("--json");
    auto &request = plan.request;
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
    const auto count = numberOf(arguments, "--count", 1, kMostRequests);
    const auto hops = numberOf(arguments, "--max-hops", 30, 70);
    const auto interval = arguments.seconds("--interval", std::chrono::seconds(1));
    const auto wait =
        arguments.seconds("--wait", raw ? std::chrono::seconds(2) : std::chrono::seconds(4));
    if (!count || !hops)
        return tl::unexpected<base::Error>((count ? hops : count).error());
    if (!interval || !wait)
        return tl::unexpected<base::Error>((interval ? wait : interval).error());
    plan.count = *count;
    plan.hops = *hops;
    plan.interval = std::max<base::Duration>(*interval, std::chrono::milliseconds(20));
    plan.wait = *wait;
    if (raw)
        if (const auto ok = readRaw(words[2], request); !ok)
            return tl::unexpected<base::Error>(ok.error());
    return plan;
}

/// One probe and what came of it; nullopt: nothing within the wait, or Ctrl+C.
base::Result<std::optional<engine::ProbeEvent>>
ask(Console &console, const engine::ProbeRequest &request, base::Duration wait)
{
    std::optional<engine::ProbeEvent> out;
    engine::ProbeHandle handle;
    console.onProbe = [&](const engine::ProbeEvent &event) {
        if (event.probe == handle)
            out = event;
    };
    const auto started = console.desk().probe(request);
    if (!started)
        return tl::unexpected<base::Error>(started.error());
    handle = *started;
    console.waitUntil([&] { return out.has_value(); }, wait);
    console.onProbe = {};
    return out;
}

Json lineOf(int number, const std::optional<engine::ProbeEvent> &event)
{
    if (!event)
        return {{"number", number}, {"code", nullptr}, {"text", "no answer in time"}};
    return {{"number", number},
            {"code", event->status},
            {"phrase", event->phrase},
            {"local", event->local},
            {"round_trip_ms", event->local || event->status == 0
                                  ? Json(nullptr)
                                  : Json(base::toMilliseconds(event->roundTrip))},
            {"from", event->remote.text()},
            {"server", event->server},
            {"text", event->sentence}};
}

void print(const Json &line)
{
    if (line["code"].is_null() || line["local"].get<bool>())
        fmt::print("{:>3}  *  {}\n", line["number"].get<int>(), line["text"].get<std::string>());
    else
        fmt::print("{:>3}  {} {}  {:.3f} ms  from {}{}{}\n", line["number"].get<int>(),
                   line["code"].get<int>(), line["phrase"].get<std::string>(),
                   line["round_trip_ms"].get<double>(), line["from"].get<std::string>(),
                   line["server"].get<std::string>().empty() ? "" : "  ",
                   line["server"].get<std::string>());
    std::fflush(stdout);
}

bool answered(const Json &line)
{
    return line["code"].is_number() && line["code"].get<int>() > 0 && !line["local"].get<bool>();
}

Json figures(const Json &lines)
{
    double least = 0, most = 0, sum = 0;
    int count = 0;
    for (const auto &line : lines) {
        if (!answered(line))
            continue;
        const double value = line["round_trip_ms"];
        least = count == 0 ? value : std::min(least, value);
        most = std::max(most, value);
        sum += value;
        ++count;
    }
    return {{"sent", lines.size()},
            {"answered", count},
            {"min_ms", count == 0 ? Json(nullptr) : Json(least)},
            {"mean_ms", count == 0 ? Json(nullptr) : Json(sum / count)},
            {"max_ms", count == 0 ? Json(nullptr) : Json(most)}};
}

base::Result<Json> options(Console &console, const Plan &plan)
{
    Json lines = Json::array();
    for (int i = 1; i <= plan.count && !Console::interrupted(); ++i) {
        const auto next = base::now() + plan.interval;
        const auto event = ask(console, plan.request, plan.wait);
        if (!event)
            return tl::unexpected<base::Error>(event.error());
        lines.push_back(lineOf(i, *event));
        if (!plan.json)
            print(lines.back());
        if (i < plan.count)
            console.waitUntil([&] { return base::now() >= next; }, plan.interval);
    }
    return lines;
}

/// RFC 3261 section 16.3: who gets Max-Forwards 0 says 483, or answers if it is the target.
base::Result<Json> trace(Console &console, const Plan &plan)
{
    Json lines = Json::array();
    for (int hop = 0; hop < plan.hops && !Console::interrupted(); ++hop) {
        auto request = plan.request;
        request.maxForwards = hop;
        const auto event = ask(console, request, plan.wait);
        if (!event)
            return tl::unexpected<base::Error>(event.error());
        lines.push_back(lineOf(hop + 1, *event));
        if (!plan.json)
            print(lines.back());
        if (*event && ((*event)->local || (*event)->status != 483))
            break;
    }
    return lines;
}

base::Result<Json> raw(Console &console, const Plan &plan)
{
    fmt::print(stderr,
               "earshot: {} bytes are sent to {} exactly as they are; only do that to a "
               "peer that is yours to test.\n",
               plan.request.raw.size(), base::printable(plan.request.target, false, 120));
    const auto event = ask(console, plan.request, std::chrono::seconds(4));
    if (!event)
        return tl::unexpected<base::Error>(event.error());
    console.waitUntil([] { return false; }, plan.wait); // what comes back is in the ladder
    Json lines = Json::array();
    lines.push_back(lineOf(1, *event));
    return lines;
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
    const auto lines = plan->what == "options" ? options(**console, *plan)
                       : plan->what == "trace" ? trace(**console, *plan)
                                               : raw(**console, *plan);
    if (!lines)
        return complain(lines.error().sentence, exitFor(lines.error()));
    (*console)->desk().session().settle(std::chrono::seconds(1));
    const auto report = (*console)->report(plan->request.target);
    const bool sentRaw = plan->what == "raw";
    bool good = false;
    for (const auto &line : *lines)
        good = good || answered(line) || (sentRaw && !line["local"].get<bool>());
    if (plan->json) {
        Json out{{"schema_version", 1},
                 {"probe", plan->what},
                 {"target", plan->request.target},
                 {"results", *lines},
                 {"summary", figures(*lines)}};
        out["report"] = Json::parse(report::jsonOf(report->input), nullptr, false);
        fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
    } else if (sentRaw) {
        report::format("text")->write(report->input, std::cout);
        std::cout.flush();
    } else if (plan->what == "options") {
        const auto sum = figures(*lines);
        fmt::print("{} sent, {} answered\n", sum["sent"].get<std::size_t>(),
                   sum["answered"].get<int>());
    }
    return good ? kFine : kCallFailed;
}

} // namespace

const Command kProbe{"probe",
                     "options|trace|raw TARGET [FILE] [options]",
                     "OPTIONS with round-trip time, the hops to a target, bytes as they are",
                     3,
                     kOptions,
                     run};

} // namespace app
