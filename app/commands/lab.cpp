// SPDX-License-Identifier: Apache-2.0
#include <app/commands/commands.h>
#include <app/console.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace app {
namespace {

constexpr std::array kOptions{
    OptionSpec{"--folder", "FOLDER", "where ladder.svg, report.html and early-media.wav go"},
    OptionSpec{"--output", "auto|silent", "where early media is played (auto)"},
    OptionSpec{"--audio-device", "NAME", "play on this device of the audio server (its default)"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print the report as JSON"},
};

void list()
{
    for (const auto &scenario : lab::scenarios())
        fmt::print("{:<16} {}\n{:<16} {}\n", scenario.name, scenario.title, "", scenario.summary);
}

/// Plays one story to its end. Returns false when it stopped early.
bool play(Console &console, const lab::Scenario &scenario, const std::string &folder,
          desk::StoryState &state)
{
    std::string caption;
    bool began = false;
    state = {};
    console.onStory = [&](const desk::StoryState &now) {
        began = began || now.running;
        state = now;
        if (now.running && now.caption != caption) {
            caption = now.caption;
            fmt::print(stderr, "  {}/{}  {}\n", now.step + 1, now.steps, caption);
        }
    };
    fmt::print(stderr, "{}\n", scenario.title);
    if (const auto started = console.desk().startStory(scenario.name, folder); !started) {
        complain(started.error().sentence, kFindings);
        return false;
    }
    const auto wait = console.waitUntil(
        [&] { return (began && !state.running) || !state.error.empty(); }, std::chrono::minutes(3));
    const auto callsOver = [&] {
        const auto calls = console.desk().calls();
        return std::all_of(calls.begin(), calls.end(), desk::isOver);
    };
    console.waitUntil(callsOver,
                      std::chrono::seconds(5)); // the BYE's answer belongs to the picture
    console.desk().session().settle(std::chrono::seconds(2));
    return wait == Console::Wait::Done && state.error.empty();
}

bool isTrouble(const diagnosis::Finding &finding)
{
    return finding.severity != diagnosis::Severity::Info;
}

/// Rule ids among the calls that were not there before: errors and warnings, or what is only told.
std::set<std::string> rulesFound(Console &console, std::size_t callsBefore, bool trouble)
{
    std::set<std::string> out;
    const auto calls = console.desk().session().calls();
    for (std::size_t i = callsBefore; i < calls.size(); ++i) {
        for (const auto &finding : calls[i]->findings) {
            if (isTrouble(finding) == trouble)
                out.emplace(finding.rule);
        }
    }
    return out;
}

std::string joined(const std::set<std::string> &names)
{
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::string freshFolder(const Arguments &arguments)
{
    return arguments.value("--folder",
                           fmt::format("earshot-lab-{}", base::now().ns / 1'000'000'000));
}

/// The first recording of a caller's early media, under the name people look for; of calls without
/// any, the first of what was answered. Empty: there is none.
std::string keepRecording(Console &console, const std::filesystem::path &folder)
{
    for (const bool early : {true, false}) {
        const std::string name = early ? "early-media.wav" : "answered.wav";
        for (const auto &info : console.desk().calls()) {
            for (const auto &file : info.recordings) {
                std::error_code error;
                if (!info.incoming && file.what == media::Recorded::Received &&
                    file.early == early && file.length.count() > 0 &&
                    std::filesystem::copy_file(file.path, folder / name,
                                               std::filesystem::copy_options::overwrite_existing,
                                               error))
                    return name;
            }
        }
    }
    return {};
}

nlohmann::json jsonOf(const lab::CrowdReport &crowd)
{
    const auto times = [&crowd](const std::vector<base::Duration> &from) {
        auto out = nlohmann::json::array();
        for (const auto time : from)
            out.push_back(base::toSeconds(time * crowd.scale));
        return out;
    };
    return {{"members", crowd.members},
            {"lost", crowd.lost},
            {"returned", crowd.returns.size()},
            {"played_times_as_fast", crowd.scale},
            {"back_off_base_seconds", base::toSeconds(crowd.backOffBase * crowd.scale)},
            {"back_off_most_seconds", base::toSeconds(crowd.backOffMost * crowd.scale)},
            {"window_seconds", base::toSeconds(crowd.window() * crowd.scale)},
            {"busiest_window_returns", crowd.busiestReturn()},
            {"attempt_seconds", times(crowd.attempts)},
            {"return_seconds", times(crowd.returns)}};
}

/// What the calls and, where a story has one, its crowd came to.
void printResults(const report::ReportInput &input, bool json,
                  const std::map<std::string, lab::CrowdReport> &crowds)
{
    if (!json || crowds.empty()) {
        report::format(json ? "json" : "text")->write(input, std::cout);
        for (const auto &[story, crowd] : crowds)
            std::cout << crowd.table();
        return;
    }
    auto document = nlohmann::json::parse(report::jsonOf(input), nullptr, false);
    for (const auto &[story, crowd] : crowds)
        document["crowds"][story] = jsonOf(crowd);
    std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

int leaveFiles(Console &console, const Arguments &arguments, const std::string &folder,
               const std::map<std::string, lab::CrowdReport> &crowds)
{
    const auto report = console.report("Earshot lab", [](const session::CallView &view) {
        return view.brief.kind == calls::Kind::Call ||
               std::any_of(view.findings.begin(), view.findings.end(), isTrouble);
    });
    printResults(report->input, arguments.has("--json"), crowds);
    std::cout.flush();
    const std::filesystem::path where(folder);
    for (const auto &[format, name] :
         {std::pair{"svg", "ladder.svg"}, std::pair{"html", "report.html"}}) {
        if (const auto written = writeReport(report->input, format, (where / name).string());
            !written)
            return complain(written.error().sentence, kNoAccess);
    }
    const std::string heard = keepRecording(console, where);
    fmt::print(stderr, "ladder.svg{} report.html{}{} are in {}\n", heard.empty() ? " and" : ",",
               heard.empty() ? "" : " and ", heard, folder);
    return kFine;
}

base::Result<std::vector<lab::Scenario>> chosen(const Arguments &arguments)
{
    const auto name =
        arguments.positionals().empty() ? std::string() : arguments.positionals().front();
    if (name == "all")
        return lab::scenarios();
    std::vector<lab::Scenario> out;
    const std::vector<std::string> names =
        name.empty() ? std::vector<std::string>{"early-media", "flow-failover"}
                     : std::vector<std::string>{name};
    for (const auto &one : names) {
        auto scenario = lab::scenario(one);
        if (!scenario)
            return tl::unexpected<base::Error>(scenario.error());
        out.push_back(std::move(*scenario));
    }
    return out;
}

int run(const Arguments &arguments)
{
    if (!arguments.positionals().empty() && arguments.positionals().front() == "list") {
        list();
        return kFine;
    }
    const auto stories = chosen(arguments);
    if (!stories)
        return complain(stories.error().sentence, kUsage);
    const auto folder = freshFolder(arguments);
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        return complain(fmt::format("The folder {} cannot be made: {}.", folder, error.message()),
                        kNoAccess);
    auto console = Console::open(deskOptions(arguments));
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    int code = kFine;
    desk::StoryState state;
    std::map<std::string, lab::CrowdReport> crowds; // by story
    for (const auto &scenario : *stories) {
        const auto before = (*console)->desk().session().calls().size();
        if (!play(**console, scenario, folder, state))
            code = kFindings;
        if (state.crowd.members > 0)
            crowds[scenario.name] = state.crowd;
        const auto found = rulesFound(**console, before, true);
        const auto told = rulesFound(**console, before, false);
        const std::set<std::string> wanted(scenario.findings.begin(), scenario.findings.end());
        fmt::print(stderr, "  errors and warnings as it ended: {}; expected: {}{}\n", joined(found),
                   joined(wanted), told.empty() ? "" : "; for information: " + joined(told));
        if (found != wanted)
            code = kFindings;
        if (Console::interrupted())
            break;
    }
    const int files = leaveFiles(**console, arguments, folder, crowds);
    return files != kFine ? files : code;
}

} // namespace

const Command kLab{"lab",
                   "[STORY|all|list] [options]",
                   "play the built-in lab's stories (loopback only, no network)",
                   1,
                   kOptions,
                   run};

} // namespace app
