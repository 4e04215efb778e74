// SPDX-License-Identifier: Apache-2.0
#include <app/clock_option.h>
#include <app/commands/commands.h>
#include <app/console.h>
#include <app/hear.h>
#include <app/spooled.h>

#include <array>
#include <base/text.h>
#include <diagnosis/flaws_seen.h>
#include <fmt/format.h>
#include <ingest/continued.h>
#include <iostream>
#include <session/filter.h>
#include <session/read_again.h>

namespace app {
namespace {

constexpr std::size_t kMostFiles = 4096;

constexpr auto kOptions = joined(
    std::array{
        OptionSpec{"--json", "", "print one JSON document"},
        OptionSpec{"--json-lines", "",
                   "print one line of JSON for each call and a last one that sums up"},
        OptionSpec{"--report", "FORMAT", "text (default), json, html, svg or pcapng"},
        OptionSpec{"--keylog", "FILE", "TLS key log (NSS format, as SSLKEYLOGFILE makes it)"},
        ClockOption::kSpec,
        OptionSpec{"--filter", "EXPR", "only calls that match, such as \"code:4xx from:alice\""},
        OptionSpec{"--fail-on", "SEVERITY",
                   "exit 1 from this severity of findings on: error, warning or never (never)"},
        OptionSpec{"--redact", "", "mask digest responses, keys and passwords (always, unless:)"},
        OptionSpec{"--no-redact", "", "leave them readable"},
    },
    Hear::kOptions);

struct Wanted {
    const report::Format *format = nullptr; // nullptr: lines of JSON
    session::Filter filter;
    ClockOption clock;
    Hear hear;
    int failOn = 3;
};

int severityRank(std::string_view name)
{
    return name == "error" ? 2 : name == "warning" ? 1 : name == "info" ? 0 : 3;
}

base::Result<Wanted> readOptions(const Arguments &arguments)
{
    const auto bad = [](std::string sentence) {
        return base::fail(base::ErrorCode::BadInput, std::move(sentence));
    };
    Wanted out;
    if (arguments.positionals().empty())
        return bad(
            "Which capture? Give the path of a pcap or pcapng file, or - for the standard input.");
    const bool lines = arguments.has("--json-lines");
    if (lines && (arguments.has("--json") || arguments.has("--report")))
        return bad("--json-lines is an output of its own: leave out --json and --report.");
    const auto name = arguments.value("--report", arguments.has("--json") ? "json" : "text");
    out.format = lines ? nullptr : report::format(name);
    if (!lines && out.format == nullptr)
        return bad(fmt::format("There is no report format \"{}\".", base::printable(name)));
    const auto failOn = arguments.value("--fail-on", "never");
    out.failOn = severityRank(failOn);
    if (out.failOn == 3 && failOn != "never")
        return bad("--fail-on takes error, warning, info or never.");
    if (arguments.has("--redact") && arguments.has("--no-redact"))
        return bad("Give either --redact or --no-redact.");
    auto filter = session::Filter::parse(arguments.value("--filter"));
    if (!filter)
        return tl::unexpected<base::Error>(filter.error());
    out.filter = std::move(*filter);
    auto clock = ClockOption::read(arguments, arguments.positionals());
    if (!clock)
        return tl::unexpected<base::Error>(clock.error());
    out.clock = std::move(*clock);
    auto hear = Hear::read(arguments);
    if (!hear)
        return tl::unexpected<base::Error>(hear.error());
    out.hear = std::move(*hear);
    return out;
}

/// Reads one file into the session. What could not be read of it stands in the result.
report::ReportFile readOne(Console &console, const std::string &path,
                           const session::ClockChoice &clock, const std::string &next)
{
    report::ReportFile file;
    file.name = path;
    auto &session = console.desk().session();
    const auto before = session.last();
    const auto spooled = Spooled::take(path, [] { return Console::interrupted(); });
    if (!spooled) {
        file.error = spooled.error().sentence;
        return file;
    }
    if (const auto opened = console.desk().open(spooled->path(), clock, next); !opened) {
        file.error = spooled->told(opened.error().sentence);
        return file;
    }
    while (!session.settle(std::chrono::milliseconds(100))) {
        if (Console::interrupted())
            session.cancelImport();
    }
    const auto last = session.last();
    if (!last)
        return file;
    const auto since = [&](std::uint64_t session::Update::*count) {
        return (*last).*count - (before ? (*before).*count : 0);
    };
    file.number = last->import.number;
    file.linkTypes = last->import.outcome.linkTypes;
    file.bytes = last->import.outcome.progress.bytes;
    const ingest::Outcome &outcome = last->import.outcome;
    file.packets = outcome.frames != 0 ? outcome.frames : outcome.progress.packets;
    file.sipMessages = since(&session::Update::messages);
    file.rtpPackets = since(&session::Update::rtpPackets);
    file.cutPackets = outcome.cut.packets;
    file.cutSipPackets = outcome.cut.sipCut;
    file.snapLength = outcome.cut.kept;
    file.truncated = last->import.outcome.truncated;
    file.flaws = last->import.flaws;
    file.error = spooled->told(last->import.error);
    note(file, last->import.clock);
    return file;
}

/// Of several files each sentence names its own.
std::vector<std::string> flawsOf(const report::ReportFile &file, std::size_t files)
{
    std::vector<std::string> out = file.flaws;
    for (std::string &flaw : out)
        if (files > 1)
            flaw = fmt::format("{}: {}", base::printable(file.name), flaw);
    return out;
}

std::vector<report::ReportFile> readAll(Console &console, const std::vector<std::string> &given,
                                        const ClockOption &clock)
{
    std::vector<report::ReportFile> files;
    const std::vector<std::string> paths = ingest::readingOrder(given);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (Console::interrupted())
            break;
        const std::string &path = paths[i];
        files.push_back(readOne(console, path, clock.of(path),
                                i + 1 < paths.size() ? paths[i + 1] : std::string()));
        for (const std::string &flaw : flawsOf(files.back(), paths.size()))
            fmt::print(stderr, "earshot: {}\n", flaw);
        if (!files.back().error.empty())
            complain(files.back().error, kUnreadable);
    }
    return files;
}

/// Unreadable input counts more than findings: what was judged is not all there is.
int exitCode(const Console::Report &report, const std::vector<report::ReportFile> &files,
             int failOn)
{
    for (const report::ReportFile &file : files) {
        if (file.truncated || !file.error.empty())
            return kUnreadable; // what could be read was shown
    }
    int worst = -1;
    for (const auto &call : report.calls) {
        for (const auto &finding : call.findings)
            worst = std::max(worst, static_cast<int>(finding.severity));
    }
    for (const auto &finding : report.input.loose)
        worst = std::max(worst, static_cast<int>(finding.severity));
    return worst >= failOn ? kFindings : kFine;
}

int run(const Arguments &arguments)
{
    const auto wanted = readOptions(arguments);
    if (!wanted)
        return complain(wanted.error().sentence, kUsage);
    desk::Options options;
    options.withEngine = false;
    options.session.live = false;
    options.session.keyLog = arguments.value("--keylog");
    auto console = Console::open(options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    auto &session = (*console)->desk().session();
    const auto &paths = arguments.positionals();
    const auto files = readAll(**console, paths, wanted->clock);

    const auto &filter = wanted->filter;
    const auto report = (*console)->report(
        paths.size() == 1 ? paths.front() : fmt::format("{} files", paths.size()),
        [&](const session::CallView &view) {
            return filter.empty() || filter.matches(view, session.trace());
        });
    auto streams = session.streams(std::chrono::seconds(60));
    std::erase_if(streams, [&](const auto &stream) {
        return stream && report->streamsLeftOut.contains(stream->id.value);
    });
    auto &input = report->input;
    input.files = files;
    input.streams = streams;
    input.loose = diagnosis::looseFindings(session.trace());
    input.redact = !arguments.has("--no-redact");
    input.packets = [&session](const report::ReportInput::Visit &visit) {
        auto lacking = session::readAgain(session.imports(), visit);
        for (const std::string &sentence : lacking)
            complain("Its media is left out: " + sentence, kFine);
        return lacking;
    };
    for (const report::ReportFile &file : files) {
        for (std::string &flaw : flawsOf(file, paths.size()))
            input.notes.push_back(std::move(flaw));
        if (!file.error.empty())
            input.notes.push_back(file.error);
        const std::string clock = clockSentence(file, files.front().name);
        if (!clock.empty() && &file != &files.front())
            input.notes.push_back(clock);
    }
    if (wanted->format == nullptr)
        report::writeJsonLines(input, std::cout);
    else
        wanted->format->write(input, std::cout);
    std::cout.flush();
    return wanted->hear.run(*report, exitCode(*report, files, wanted->failOn));
}

} // namespace

const Command kCheck{"check",
                     "FILE... [options]   (- is the standard input, -- ends the options)",
                     "print the calls of captures, their ladders and findings",
                     kMostFiles,
                     kOptions,
                     run};

} // namespace app
