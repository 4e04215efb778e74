// SPDX-License-Identifier: Apache-2.0
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

constexpr std::array kOptions{
    OptionSpec{"--from", "URI", "who calls (sip:earshot@localhost)"},
    OptionSpec{"--proxy", "URI", "outbound proxy: where the INVITE is sent"},
    OptionSpec{"--transport", "udp|tcp", "transport (udp)"},
    OptionSpec{"--user", "U", "user name for 401 and 407"},
    OptionSpec{"--password-file", "F", "file whose first line is the password"},
    OptionSpec{"--codecs", "LIST", "codecs in order (PCMU,PCMA,opus)"},
    OptionSpec{"--100rel", "supported|required|off", "reliable provisional responses (supported)"},
    OptionSpec{"--hangup-after", "S", "BYE that many seconds after the answer (2)"},
    OptionSpec{"--cancel-after", "S", "CANCEL that many seconds after the INVITE (60)"},
    OptionSpec{"--record", "FOLDER", "where the recordings go (a new folder here)"},
    OptionSpec{"--port-range", "A-B", "local UDP ports for RTP"},
    OptionSpec{"--output", "auto|silent", "where early media is played (auto)"},
    OptionSpec{"--session", "FILE", "record everything into this new pcapng file"},
    OptionSpec{"--json", "", "print one JSON document instead of text"},
};

// A peer that answers neither CANCEL nor BYE is not awaited longer than that after Ctrl+C.
constexpr auto kFarewell = std::chrono::seconds(3);

base::Result<void> readReliability(const std::string &text, desk::CallOptions &call)
{
    using engine::Reliability;
    if (text == "supported")
        call.reliability = Reliability::Supported;
    else if (text == "required")
        call.reliability = Reliability::Required;
    else if (text == "off")
        call.reliability = Reliability::Off;
    else
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("--100rel is supported, required or off, not \"{}\".",
                                      base::printable(text)));
    return {};
}

base::Result<void> readPortRange(const std::string &text, media::Options &media)
{
    const auto parts = base::split(text, '-');
    const auto first = base::toInteger(parts.front());
    const auto last = base::toInteger(parts.back());
    if (parts.size() > 2 || !first || !last || *first < 1024 || *last > 65535 || *last < *first)
        return base::fail(base::ErrorCode::BadInput,
                          "--port-range takes two ports from 1024 to 65535, such as 40000-40019.");
    media.portFirst = static_cast<std::uint16_t>(*first);
    media.portLast = static_cast<std::uint16_t>(*last);
    return {};
}

base::Result<desk::CallOptions> readOptions(const Arguments &arguments, desk::Options &desk)
{
    desk::CallOptions call;
    if (arguments.positionals().empty())
        return base::fail(base::ErrorCode::BadInput,
                          "Whom to call? Give a target such as sip:bob@example.com.");
    call.target = arguments.positionals().front();
    call.from = arguments.value("--from", call.from);
    call.proxy = arguments.value("--proxy");
    call.codecs = arguments.value("--codecs", call.codecs);
    const auto transport = transportNamed(arguments.value("--transport", "udp"));
    if (!transport)
        return tl::unexpected<base::Error>(transport.error());
    call.transport = *transport;
    if (const auto ok = readReliability(arguments.value("--100rel", "supported"), call); !ok)
        return tl::unexpected<base::Error>(ok.error());
    if (arguments.has("--port-range")) {
        if (const auto ok = readPortRange(arguments.value("--port-range"), desk.media); !ok)
            return tl::unexpected<base::Error>(ok.error());
    }
    const auto who = credentials(arguments);
    if (!who)
        return tl::unexpected<base::Error>(who.error());
    call.credentials = *who;
    const auto hangUp = arguments.seconds("--hangup-after", std::chrono::seconds(2));
    if (!hangUp)
        return tl::unexpected<base::Error>(hangUp.error());
    call.hangUpAfter = std::max<base::Duration>(*hangUp, std::chrono::milliseconds(1));
    call.recordFolder =
        arguments.value("--record", fmt::format("earshot-call-{}", base::now().ns / 1'000'000'000));
    return call;
}

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

/// Follows one call to its end; Ctrl+C hangs up first and waits for the end too.
Followed follow(Console &console, engine::CallHandle handle, base::Duration cancelAfter)
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
    auto wait = console.waitUntil(answeredOrOver, cancelAfter);
    if (wait == Console::Wait::Done && !desk::isOver(info))
        wait = console.waitUntil(isOver, std::chrono::hours(24));
    if (wait != Console::Wait::Done) {
        out.ended = wait == Console::Wait::Interrupted
                        ? "Interrupted, so the call was ended."
                        : fmt::format("Nobody answered within {} s, so the call was cancelled.",
                                      base::seconds(cancelAfter, 0));
        console.desk().hangUp(handle);
        const auto end = base::now() + kFarewell;
        while (!desk::isOver(info) && base::now() < end)
            console.waitUntil(isOver,
                              std::chrono::milliseconds(20)); // an interrupt returns at once
    }
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

int place(const Arguments &arguments, const desk::CallOptions &call, const desk::Options &options,
          base::Duration cancelAfter)
{
    auto console = Console::open(options);
    if (!console)
        return complain(console.error().sentence, exitFor(console.error()));
    std::set<std::string> told;
    (*console)->onNotice = [&](const std::string &sentence) {
        told.insert(sentence);
        fmt::print(stderr, "earshot: {}\n", sentence);
    };
    const auto handle = (*console)->desk().place(call);
    if (!handle)
        return complain(handle.error().sentence, exitFor(handle.error()));
    const auto followed = follow(**console, *handle, cancelAfter);
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
    const auto call = readOptions(arguments, options);
    if (!call)
        return complain(call.error().sentence, exitFor(call.error()));
    const auto cancelAfter = arguments.seconds("--cancel-after", std::chrono::seconds(60));
    if (!cancelAfter)
        return complain(cancelAfter.error().sentence, kUsage);
    std::error_code error;
    const bool made = std::filesystem::create_directories(call->recordFolder, error);
    if (error)
        return complain(fmt::format("The folder {} cannot be made: {}.",
                                    base::printable(call->recordFolder), error.message()),
                        kNoAccess);
    const int code = place(arguments, *call, options, *cancelAfter);
    if (made)
        ::rmdir(call->recordFolder.c_str()); // only goes when nothing was recorded
    return code;
}

} // namespace

const Command kCall{
    "call", "TARGET [options]", "place a call: its ladder, early-media verdict and findings",
    1,      kOptions,           run};

} // namespace app
