// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <app/call_batch.h>
#include <app/call_follow.h>
#include <app/call_json.h>
#include <app/commands/commands.h>
#include <app/console.h>

#include <array>
#include <base/text.h>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <optional>
#include <set>
#include <unistd.h>

namespace app {
namespace {

constexpr std::array kOwn{
    OptionSpec{"--repeat", "N", "place the call N times: a table of results (up to 1000)"},
    OptionSpec{"--rate", "R", "calls a second with --repeat (1, up to 50)"},
    OptionSpec{"--plot", "FILE", "PDD and answer of each of these calls as an SVG picture"},
    OptionSpec{"--csv", "FILE", "the table of --repeat as CSV"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print one JSON document instead of text"},
};
constexpr auto kOptions = joined(kCallOptions, kNetworkOptions, kOwn);

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
        fmt::print("recording  {}  {}, {} s, mean level {:.0f} dBFS, To-tag {}\n", file.path,
                   media::recordedText(file.what), base::seconds(file.length, 1), file.meanLevel,
                   base::printable(file.toTag));
    }
    std::cout.flush();
}

int exitCode(const Followed &followed)
{
    const auto &info = followed.info;
    if (info.status >= 200 && info.status < 300 && !info.local)
        return kFine;
    // Nothing left our sockets: what was missing is on this machine, not in the network.
    const bool here = info.invites.empty() && (info.error == base::ErrorCode::PortInUse ||
                                               info.error == base::ErrorCode::NoPermission);
    return here ? kNoAccess : kCallFailed;
}

/// Why the transfer that was asked for did not come about, or nobody told (RFC 3515 section 2.4);
/// empty: that was said already. nullopt: it did, or the call never got that far.
std::optional<std::string> transferTrouble(const CallPlan &plan, const desk::CallInfo &info)
{
    constexpr int kAccepted = 202;
    const int status = info.transferStatus;
    if (plan.transfer.empty() || (status >= 200 && status < 300 && status != kAccepted))
        return std::nullopt;
    if (status == 0 && plan.attended)
        return std::nullopt; // whom it was to go to did not answer, and that was told
    if (status == 0)
        return "The call was not transferred: the REFER found no answer, or was never sent.";
    if (status == kAccepted || status < 200)
        return "The transfer was accepted, and no NOTIFY told how it ended (RFC 3515 section "
               "2.4.4).";
    return std::string(); // a notice of the refusal itself
}

int place(const Arguments &arguments, const RepeatPlan &plan, const desk::Options &options)
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
        return runRepeat(**console, plan);
    const auto handle = (*console)->desk().place(plan.each.call);
    if (!handle)
        return complain(handle.error().sentence, exitFor(handle.error()));
    const auto followed = followCall(**console, *handle, plan.each);
    (*console)->desk().session().settle(std::chrono::seconds(2));
    (*console)->onCall = {}; // what is still told, such as whose certificate was refused
    (*console)->waitUntil([] { return true; }, base::Duration{0});
    print(arguments, followed.info, **console);
    const auto &sentence = followed.ended.empty() ? followed.info.sentence : followed.ended;
    int code = exitCode(followed);
    const auto trouble = code == kFine ? transferTrouble(plan.each, followed.info) : std::nullopt;
    if (trouble) {
        code = kCallFailed;
        if (!trouble->empty())
            complain(*trouble, code);
    } else if ((code != kFine || !followed.ended.empty()) && !sentence.empty() &&
               !told.contains(sentence))
        complain(sentence, code);
    return code;
}

/// One that no other call has, also of those that begin in the same second.
base::Result<RecordFolder> newFolder()
{
    constexpr int kMost = 1000;
    const std::string name = fmt::format("earshot-call-{}", base::now().ns / 1'000'000'000);
    std::string path = name;
    std::error_code error;
    for (int i = 2; i <= kMost; ++i) {
        if (std::filesystem::create_directory(path, error))
            return RecordFolder{path, true};
        if (error)
            break;
        path = fmt::format("{}-{}", name, i);
    }
    if (!error)
        error = std::make_error_code(std::errc::file_exists);
    return folderFailed(path, error);
}

int run(const Arguments &arguments)
{
    auto options = deskOptions(arguments);
    auto call = readCallOptions(arguments, options);
    if (!call)
        return complain(call.error().sentence, exitFor(call.error()));
    auto plan = readRepeat(arguments, std::move(*call));
    if (!plan)
        return complain(plan.error().sentence, exitFor(plan.error()));
    auto &folder = plan->each.call.recordFolder;
    const bool given = arguments.has("--record");
    if (!given &&
        arguments.has("--repeat")) // hundreds of recordings only where somebody wants them
        return place(arguments, *plan, options);
    auto made = given ? makeRecordFolder(folder) : newFolder();
    if (!made)
        return complain(made.error().sentence, kNoAccess);
    folder = made->path;
    const int code = place(arguments, *plan, options);
    if (made->isNew)
        ::rmdir(folder.c_str()); // only goes when nothing was recorded
    return code;
}

} // namespace

const Command kCall{
    "call", "TARGET [options]", "place a call: its ladder, early-media verdict and findings",
    1,      kOptions,           run};

} // namespace app
