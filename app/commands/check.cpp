// SPDX-License-Identifier: Apache-2.0
#include <app/commands/commands.h>
#include <app/console.h>

#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <iostream>

namespace app {
namespace {

constexpr std::array kOptions{
    OptionSpec{"--json", "", "print one JSON document"},
    OptionSpec{"--report", "FORMAT", "text (default), json, html or svg"},
    OptionSpec{"--keylog", "FILE", "TLS key log (NSS format, as SSLKEYLOGFILE makes it)"},
    OptionSpec{"--fail-on", "SEVERITY",
               "exit 1 from this severity of findings on: error, warning or never (never)"},
};

int severityRank(std::string_view name)
{
    return name == "error" ? 2 : name == "warning" ? 1 : name == "info" ? 0 : 3;
}

int run(const Arguments &arguments)
{
    if (arguments.positionals().empty())
        return complain("Which capture? Give the path of a pcap or pcapng file.", kUsage);
    const auto formatName = arguments.value("--report", arguments.has("--json") ? "json" : "text");
    const auto *format = report::format(formatName);
    if (format == nullptr)
        return complain(
            fmt::format("There is no report format \"{}\".", base::printable(formatName)), kUsage);
    const auto failOn = arguments.value("--fail-on", "never");
    if (severityRank(failOn) == 3 && failOn != "never")
        return complain("--fail-on takes error, warning, info or never.", kUsage);

    desk::Options options;
    options.withEngine = false;
    options.session.live = false;
    options.session.keyLog = arguments.value("--keylog");
    auto console = Console::open(options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    auto &session = (*console)->desk().session();
    const auto path = arguments.positionals().front();
    if (const auto opened = (*console)->desk().open(path); !opened)
        return complain(opened.error().sentence, kUnreadable);
    while (!session.settle(std::chrono::milliseconds(100))) {
        if (Console::interrupted())
            session.cancelImport();
    }
    const auto last = session.last();
    if (last && !last->import.error.empty())
        return complain(last->import.error, kUnreadable);
    const auto report = (*console)->report(path);
    if (last) {
        for (const auto &flaw : last->import.flaws) {
            report->input.notes.push_back(flaw);
            fmt::print(stderr, "earshot: {}\n", flaw);
        }
    }
    format->write(report->input, std::cout);
    std::cout.flush();
    if (last && last->import.outcome.truncated)
        return kUnreadable; // what could be read was shown
    int worst = -1;
    for (const auto &call : report->calls) {
        for (const auto &finding : call.findings)
            worst = std::max(worst, static_cast<int>(finding.severity));
    }
    return worst >= severityRank(failOn) ? kFindings : kFine;
}

} // namespace

const Command kCheck{"check", "FILE [options]", "print a capture's calls, ladders and findings",
                     1,       kOptions,         run};

} // namespace app
