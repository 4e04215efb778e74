// SPDX-License-Identifier: Apache-2.0
// The doors for measuring: each runs the code its users run and prints one JSON document.
#include <app/commands/commands.h>
#include <app/console.h>
#include <app/versions.h>

#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <session/filter.h>

namespace app {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::array kOptions{
    OptionSpec{"--rows", "N", "paint: rows of the ladder (10000)"},
    OptionSpec{"--size", "WxH", "paint: size of the window (1600x900)"},
};

double millisecondsSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Anonymous resident memory of this process in bytes (Linux: RssAnon), 0 when unknown.
std::uint64_t anonymousBytes()
{
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.rfind("RssAnon:", 0) == 0) {
            const auto text = base::trim(std::string_view(line).substr(8));
            const auto kilobytes = base::toInteger(text.substr(0, text.find(' ')));
            return kilobytes ? static_cast<std::uint64_t>(*kilobytes) * 1024 : 0;
        }
    }
    return 0;
}

struct Loaded {
    std::unique_ptr<session::Session> session;
    double firstRows = 0, complete = 0; // ms
};

base::Result<Loaded> load(const std::string &path)
{
    Loaded out;
    const auto start = Clock::now();
    std::atomic<double> firstRows{0};
    session::Options options;
    options.live = false;
    auto opened = session::Session::open(options, [&firstRows, start](const auto &update) {
        if (!update->calls.empty() && firstRows == 0)
            firstRows = millisecondsSince(start);
    });
    if (!opened)
        return tl::unexpected<base::Error>(opened.error());
    out.session = std::move(*opened);
    if (const auto read = out.session->import(path); !read)
        return tl::unexpected<base::Error>(read.error());
    while (!out.session->settle(std::chrono::seconds(60))) {
        if (Console::interrupted())
            return base::fail(base::ErrorCode::Cancelled, "Interrupted.");
    }
    out.complete = millisecondsSince(start);
    out.firstRows = firstRows;
    const auto last = out.session->last();
    if (last && !last->import.error.empty())
        return base::fail(base::ErrorCode::Io, last->import.error);
    return out;
}

base::Result<json> benchLoad(const Arguments &arguments)
{
    auto loaded = load(arguments.positionals()[1]);
    if (!loaded)
        return tl::unexpected<base::Error>(loaded.error());
    const auto memory = anonymousBytes();
    const auto &trace = loaded->session->trace();
    std::uint64_t messages = 0;
    json codes = json::object();
    std::map<int, std::uint64_t> byCode;
    for (std::uint32_t i = 0; i < trace.size(); ++i) {
        const auto &row = trace.row({i});
        if (row.kind != trace::RowKind::Message)
            continue;
        ++messages;
        if (row.status != 0)
            ++byCode[row.status];
    }
    for (const auto &[code, count] : byCode)
        codes[std::to_string(code)] = count;
    std::uint64_t dialogs = 0;
    std::uint64_t findings = 0;
    const auto calls = loaded->session->calls();
    std::uint64_t invites = 0;
    for (const auto &view : calls) {
        invites += view->brief.kind == calls::Kind::Call ? 1 : 0;
        dialogs += view->brief.earlyDialogs;
        findings += view->findings.size();
    }
    const auto last = loaded->session->last();
    return json(
        {{"first_rows_ms", loaded->firstRows},
         {"complete_ms", loaded->complete},
         {"messages", messages},
         {"messages_per_second",
          loaded->complete > 0 ? static_cast<double>(messages) * 1000 / loaded->complete : 0},
         {"calls", calls.size()},
         {"invite_calls", invites},
         {"early_dialogs", dialogs},
         {"responses", codes},
         {"rtp_packets", last ? last->rtpPackets : 0},
         {"rtp_streams", last ? last->rtpStreams : 0},
         {"findings", findings},
         {"anon_bytes", memory}});
}

base::Result<json> benchQuery(const Arguments &arguments)
{
    if (arguments.positionals().size() < 3)
        return base::fail(base::ErrorCode::BadInput,
                          "bench query needs a file and a filter expression.");
    const auto filter = session::Filter::parse(arguments.positionals()[2]);
    if (!filter)
        return tl::unexpected<base::Error>(filter.error());
    auto loaded = load(arguments.positionals()[1]);
    if (!loaded)
        return tl::unexpected<base::Error>(loaded.error());
    const auto calls = loaded->session->calls();
    const auto start = Clock::now();
    double first = 0;
    std::uint64_t hits = 0;
    for (const auto &view : calls) {
        if (!filter->matches(*view, loaded->session->trace()))
            continue;
        if (hits++ == 0)
            first = millisecondsSince(start);
    }
    return json({{"first_hit_ms", first},
                 {"complete_ms", millisecondsSince(start)},
                 {"hits", hits},
                 {"calls", calls.size()}});
}

int finish(const base::Result<json> &result)
{
    if (!result)
        return complain(result.error().sentence, exitFor(result.error()));
    fmt::print("{}\n", result->dump(2));
    return kFine;
}

int run(const Arguments &arguments)
{
    const auto &words = arguments.positionals();
    const auto what = words.empty() ? std::string() : words.front();
    if (what == "start")
        return measureStart();
    if (what == "live")
        return measureLive(200);
    if (words.size() < 2 || (what != "load" && what != "query" && what != "paint"))
        return complain("bench takes load FILE, query FILE EXPRESSION, paint FILE, live or start.",
                        kUsage);
    if (what == "load")
        return finish(benchLoad(arguments));
    if (what == "query")
        return finish(benchQuery(arguments));
    const auto size = sizeNamed(arguments.value("--size", "1600x900"));
    const auto rows = base::toInteger(arguments.value("--rows", "10000"));
    if (!size || !rows || *rows < 1 || *rows > 10'000'000)
        return complain(size ? "--rows takes a number from 1 to 10000000." : size.error().sentence,
                        kUsage);
    auto loaded = load(words[1]);
    if (!loaded)
        return complain(loaded.error().sentence, exitFor(loaded.error()));
    return measurePaint(*loaded->session, static_cast<std::size_t>(*rows), size->first,
                        size->second);
}

} // namespace

const Command kBench{"bench",
                     "load FILE | query FILE EXPRESSION | paint FILE | live | start",
                     "measure loading, filtering, painting or starting; prints JSON",
                     3,
                     kOptions,
                     run};

} // namespace app
