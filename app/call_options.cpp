// SPDX-License-Identifier: Apache-2.0
#include <app/call_options.h>

#include <app/transport_option.h>
#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <desk/call_text.h>
#include <desk/offer.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace app {
namespace {

constexpr std::size_t kLargestBody = 64 * 1024; // the engine's own limit is lower and says more

base::Result<void> readReliability(const std::string &text, desk::CallOptions &call)
{
    using engine::Reliability;
    if (base::equalsNoCase(text, "required"))
        call.reliability = Reliability::Required;
    else if (base::equalsNoCase(text, "off"))
        call.reliability = Reliability::Off;
    else
        call.reliability = Reliability::Supported;
    return {};
}

base::Result<void> readBody(const Arguments &arguments, engine::CallExtras &extras)
{
    if (!arguments.has("--body")) {
        if (arguments.has("--content-type"))
            return base::fail(base::ErrorCode::BadInput, "--content-type goes with --body.");
        return {};
    }
    const auto path = arguments.value("--body");
    std::ifstream in(path, std::ios::binary);
    extras.body.resize(kLargestBody + 1);
    in.read(extras.body.data(), static_cast<std::streamsize>(extras.body.size()));
    if (in.gcount() == 0)
        return base::fail(
            base::ErrorCode::NotFound,
            fmt::format("The body {} cannot be read or is empty.", base::printable(path)),
            std::strerror(errno));
    extras.body.resize(static_cast<std::size_t>(in.gcount()));
    const bool sdp = extras.body.compare(0, 3, "v=0") == 0;
    extras.bodyType = arguments.value("--content-type", sdp ? "application/sdp" : "");
    if (extras.bodyType.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "--body needs --content-type, such as application/pidf+xml.");
    return {};
}

base::Result<void> readHeaders(const Arguments &arguments, engine::CallExtras &extras)
{
    for (const auto &line : arguments.values("--header")) {
        auto header = desk::headerNamed(line);
        if (!header)
            return tl::unexpected<base::Error>(header.error());
        extras.headers.push_back(std::move(*header));
    }
    if (arguments.has("--p-early-media"))
        extras.headers.emplace_back("P-Early-Media", "supported");
    if (arguments.has("--privacy"))
        extras.headers.emplace_back("Privacy", arguments.value("--privacy"));
    if (arguments.has("--alert-info"))
        extras.headers.emplace_back("Alert-Info", desk::alertInfo(arguments.value("--alert-info")));
    return {};
}

base::Result<void> readSrtp(const std::string &text, desk::CallOptions &call)
{
    using media::Srtp;
    for (const auto &[name, srtp] :
         {std::pair{"off", Srtp::Off}, std::pair{"offered", Srtp::Offered},
          std::pair{"required", Srtp::Required}, std::pair{"dtls", Srtp::Dtls}}) {
        if (!base::equalsNoCase(text, name))
            continue;
        call.srtp = srtp;
        return {};
    }
    return base::fail(base::ErrorCode::BadInput, "--srtp takes off, offered, required or dtls.");
}

base::Result<void> readAudio(const Arguments &arguments, CallPlan &plan)
{
    plan.keys = arguments.value("--dtmf");
    if (plan.keys.find_first_not_of("0123456789*#ABCDabcd!") != std::string::npos)
        return base::fail(base::ErrorCode::BadInput,
                          "--dtmf takes the keys 0-9, *, #, A-D and ! (flash).");
    if (arguments.has("--dtmf-when") && plan.keys.empty())
        return base::fail(base::ErrorCode::BadInput, "--dtmf-when goes with --dtmf.");
    const auto when = arguments.value("--dtmf-when", "answer");
    plan.keysEarly = base::equalsNoCase(when, "early-media");
    if (!plan.keysEarly && !base::equalsNoCase(when, "answer"))
        return base::fail(base::ErrorCode::BadInput, "--dtmf-when takes answer or early-media.");
    plan.call.events = !arguments.has("--no-events");
    if (!plan.keys.empty() && !plan.call.events)
        return base::fail(base::ErrorCode::BadInput,
                          "--dtmf needs the telephone events that --no-events leaves out.");
    plan.call.rtcpMux = arguments.has("--rtcp-mux");
    const auto sending = desk::sendingNamed(arguments.value("--send", "noise"));
    if (!sending)
        return tl::unexpected<base::Error>(sending.error());
    plan.call.sending = *sending;
    if (const auto ok = readSrtp(arguments.value("--srtp", "off"), plan.call); !ok)
        return ok;
    const auto country = arguments.value("--ringback", plan.call.ringback);
    plan.call.ringback = base::equalsNoCase(country, "off") ? std::string() : country;
    for (char &letter : plan.call.ringback)
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    if (country.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "--ringback takes a country's two letters, such as DE, or \"off\".");
    return desk::checkRingback(plan.call.ringback);
}

/// What is asked for within the call has to be possible before anybody's phone rings.
base::Result<void> readWithin(const Arguments &arguments, CallPlan &plan)
{
    constexpr std::size_t kMostDigits = 64;
    plan.digits = arguments.value("--dtmf-info");
    if (plan.digits.find_first_not_of("0123456789*#ABCDabcd") != std::string::npos ||
        plan.digits.size() > kMostDigits)
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("--dtmf-info takes up to {} of the keys 0-9, *, # and A-D.", kMostDigits));
    plan.attended = arguments.has("--transfer-attended");
    if (plan.attended && arguments.has("--transfer"))
        return base::fail(base::ErrorCode::BadInput,
                          "A call is transferred once: give --transfer or --transfer-attended.");
    plan.transfer = arguments.value(plan.attended ? "--transfer-attended" : "--transfer");
    if (!plan.attended && !arguments.has("--transfer"))
        return {};
    return engine::Engine::checkTransfer(plan.transfer, plan.call.extras.allowNumber);
}

base::Result<void> readTimes(const Arguments &arguments, CallPlan &plan)
{
    // One key takes 300 ms with its pause, and the first waits for half a second.
    const auto keys = std::chrono::milliseconds(1000 + 300 * arguments.value("--dtmf").size());
    // Who is to be transferred waits until the other one has answered.
    const auto least = std::chrono::seconds(arguments.has("--transfer-attended") ? 60 : 2);
    const auto hangUp = arguments.seconds("--hangup-after", std::max<base::Duration>(least, keys));
    const auto cancel = arguments.seconds("--cancel-after", std::chrono::seconds(60));
    const auto timeout = arguments.seconds("--timeout", base::Duration{0});
    for (const auto *each : {&hangUp, &cancel, &timeout})
        if (!*each)
            return tl::unexpected<base::Error>(each->error());
    plan.call.hangUpAfter = std::max<base::Duration>(*hangUp, std::chrono::milliseconds(1));
    plan.cancelAfter = *cancel;
    plan.timeout = *timeout;
    for (const auto &[name, into] : {std::pair{"--hold-after", &plan.holdAfter},
                                     std::pair{"--resume-after", &plan.resumeAfter}}) {
        const auto value = arguments.seconds(name, base::Duration{0});
        if (!value)
            return tl::unexpected<base::Error>(value.error());
        if (arguments.has(name))
            *into = *value;
    }
    for (const auto *name : {"--resume-after", "--hold-by"})
        if (arguments.has(name) && !plan.holdAfter)
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("{} goes with --hold-after.", name));
    plan.holdByUpdate = base::equalsNoCase(arguments.value("--hold-by"), "update");
    if (const auto ok = readWithin(arguments, plan); !ok)
        return ok;
    const auto timer = base::toInteger(arguments.value("--session-expires", "0"));
    const bool sensible = timer && (*timer == 0 || (*timer >= 90 && *timer <= 86400));
    if (!sensible)
        return base::fail(base::ErrorCode::BadInput,
                          "--session-expires takes 90 to 86400 seconds (RFC 4028 section 5).");
    plan.call.extras.sessionExpires = static_cast<std::uint32_t>(*timer);
    return {};
}

} // namespace

base::Result<CallPlan> readCallOptions(const Arguments &arguments, desk::Options &desk)
{
    CallPlan plan;
    auto &call = plan.call;
    if (arguments.positionals().empty())
        return base::fail(base::ErrorCode::BadInput,
                          "Whom to call? Give a target such as sip:bob@example.com.");
    call.target = arguments.positionals().front();
    call.from = arguments.value("--from", call.from);
    call.proxy = arguments.value("--proxy");
    call.codecs = arguments.value("--codecs", call.codecs);
    call.lateOffer = arguments.has("--late-offer");
    call.extras.requestUri = arguments.value("--request-uri");
    call.extras.routes = arguments.values("--route");
    call.extras.localAddress = arguments.value("--local-address");
    call.extras.sessionId = arguments.has("--session-id");
    call.extras.followRedirects = arguments.has("--follow-redirects");
    call.extras.allowNumber = arguments.has("--allow-number");
    call.transport = base::Transport::Unknown;
    if (arguments.has("--transport")) {
        const auto transport = transportNamed(arguments.value("--transport"));
        if (!transport)
            return tl::unexpected<base::Error>(transport.error());
        call.transport = *transport;
    }
    const auto &routes = call.extras.routes;
    const auto next = !call.proxy.empty()               ? call.proxy
                      : !routes.empty()                 ? routes.front()
                      : !call.extras.requestUri.empty() ? call.extras.requestUri
                                                        : call.target;
    if (const auto ok = checkTransport(arguments, {next}); !ok)
        return tl::unexpected<base::Error>(ok.error());
    if (const auto ok = readNetwork(arguments, desk.engine); !ok)
        return tl::unexpected<base::Error>(ok.error());
    if (const auto ok = readPortRange(arguments, desk.media); !ok)
        return tl::unexpected<base::Error>(ok.error());
    const auto who = credentials(arguments);
    if (!who)
        return tl::unexpected<base::Error>(who.error());
    call.credentials = *who;
    for (const auto &ok : {readReliability(arguments.value("--100rel", "supported"), call),
                           readHeaders(arguments, call.extras), readBody(arguments, call.extras),
                           readTimes(arguments, plan), readAudio(arguments, plan)})
        if (!ok)
            return tl::unexpected<base::Error>(ok.error());
    call.recordFolder = arguments.value("--record");
    return plan;
}

tl::unexpected<base::Error> folderFailed(const std::string &path, const std::error_code &error)
{
    return base::fail(base::ErrorCode::Io, fmt::format("The folder {} cannot be made: {}.",
                                                       base::printable(path), error.message()));
}

base::Result<RecordFolder> makeRecordFolder(const std::string &path)
{
    std::error_code error;
    const bool isNew = std::filesystem::create_directories(path, error);
    if (error)
        return folderFailed(path, error);
    return RecordFolder{path, isNew};
}

} // namespace app
