// SPDX-License-Identifier: Apache-2.0
#include <desk/call_text.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <media/codecs.h>
#include <sip/sdp_crypto.h>
#include <sip/sdp_dtls.h>
#include <sip/uri.h>

namespace desk {
namespace {

// Headers by which a caller asks for something; the rest of an INVITE is the stack's own.
constexpr std::array<std::string_view, 9> kAsking{
    "P-Early-Media",  "Privacy",        "Alert-Info",
    "Subject",        "Priority",       "Accept-Language",
    "Accept-Contact", "Reject-Contact", "P-Preferred-Identity"};

std::string codecList(std::string_view text)
{
    const sip::Sdp sdp = sip::parseSdp(text);
    std::string out;
    const auto *audio = sdp.audio();
    if (audio == nullptr)
        return out;
    for (const auto &format : audio->formats) {
        const auto *codec = media::codecNamed(format.map.encoding);
        if (codec == nullptr)
            continue;
        std::string name(codec->encoding);
        if (codec->audioRate == 0) // L16: of many clocks
            name = fmt::format("{}/{}/{}", name, format.map.clock, format.map.channels);
        if (const auto known = base::split(out, ',');
            sip::codecsByName(name).empty() ||
            std::find(known.begin(), known.end(), name) != known.end())
            continue;
        out += (out.empty() ? "" : ",") + name;
    }
    return out;
}

/// As its audio line asks for it.
media::Srtp srtpOf(std::string_view text)
{
    const sip::Sdp sdp = sip::parseSdp(text);
    const auto *audio = sdp.audio();
    if (audio != nullptr && sip::keysByDtls(sdp, *audio))
        return media::Srtp::Dtls;
    if (audio == nullptr || sip::cryptoLines(*audio).empty())
        return media::Srtp::Off;
    return sip::isSecureProfile(audio->protocol) ? media::Srtp::Required : media::Srtp::Offered;
}

} // namespace

bool mayBeAnswered(const std::vector<std::string> &only, const std::string &from)
{
    const auto uri = sip::parseNameAddress(from).uri;
    return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string &each) {
               return each == kAnyCaller || base::equalsNoCase(each, uri.address()) ||
                      base::equalsNoCase(each, uri.host);
           });
}

base::Result<std::vector<std::string>> callersNamed(std::string_view text)
{
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = text.find_first_of(", \t\n");
        std::string_view word = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (word.empty())
            continue;
        const auto uri = sip::parseUri(word);
        const std::string caller = uri.ok ? uri.address() : std::string(word);
        const std::string written = "sip:" + caller;
        if (caller != kAnyCaller && !sip::parseUri(written).ok)
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("\"{}\" is no caller. Write user@host or a host, for "
                                          "example bob@example.com, or * for anybody.",
                                          base::printable(word, false, 80)));
        out.push_back(caller);
    }
    if (out.empty())
        return base::fail(base::ErrorCode::BadInput,
                          "Name the callers to answer, user@host or a host each, for example "
                          "bob@example.com, or * for anybody.");
    return out;
}

std::string callersText(const std::vector<std::string> &callers)
{
    return fmt::format("{}", fmt::join(callers, ", "));
}

base::Result<std::pair<std::string, std::string>> headerNamed(const std::string &line)
{
    const auto colon = line.find(':');
    const std::string name(base::trim(line.substr(0, colon)));
    if (colon == std::string::npos || name.empty())
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("A header is written \"Name: value\", not \"{}\".",
                                      base::printable(line, false, 80)));
    return std::pair{name, line.substr(colon + 1)};
}

base::Result<engine::TlsException> tlsExceptionNamed(const std::string &text)
{
    const auto bad = [&] {
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("A certificate to accept is written as HOST=SHA256 or HOST:PORT=SHA256, "
                        "with the 64 hex digits of its fingerprint, not \"{}\".",
                        base::printable(text, false, 160)));
    };
    const auto equals = text.rfind('=');
    if (equals == std::string::npos)
        return bad();
    engine::TlsException out;
    out.fingerprint = engine::fingerprintOf(text.substr(equals + 1));
    out.host = text.substr(0, equals);
    const auto colon = out.host.rfind(':');
    const bool bareV6 = out.host.find(':') != colon && out.host.front() != '[';
    if (colon != std::string::npos && !bareV6 && out.host.back() != ']') {
        const auto port = base::toInteger(out.host.substr(colon + 1));
        if (!port || *port < 1 || *port > 65535)
            return bad();
        out.port = static_cast<std::uint16_t>(*port);
        out.host.resize(colon);
    }
    if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']')
        out.host = out.host.substr(1, out.host.size() - 2);
    if (out.host.empty() || out.fingerprint.empty())
        return bad();
    return out;
}

std::string serverText(const engine::TlsException &exception)
{
    const bool bare = exception.host.find(':') != std::string::npos;
    const std::string host = bare ? "[" + exception.host + "]" : exception.host;
    return exception.port == 0 ? host : fmt::format("{}:{}", host, exception.port);
}

base::Result<void> readPorts(const std::string &text, media::Options &media)
{
    if (text.empty())
        return {};
    const auto parts = base::split(text, '-');
    const auto first = base::toInteger(parts.front());
    const auto last = base::toInteger(parts.back());
    if (parts.size() > 2 || !first || !last || *first < 1024 || *last > 65535 || *last <= *first)
        return base::fail(
            base::ErrorCode::BadInput,
            "A port range takes two different ports from 1024 to 65535, such as 40000-40019: RTP "
            "needs one and RTCP the next.");
    media.portFirst = static_cast<std::uint16_t>(*first);
    media.portLast = static_cast<std::uint16_t>(*last);
    return {};
}

std::string alertInfo(const std::string &uri)
{
    return uri.empty() || uri.front() == '<' ? uri : "<" + uri + ">";
}

base::Result<media::Sending> sendingNamed(const std::string &text)
{
    using media::SendKind;
    const auto colon = text.find(':');
    const std::string kind = base::lower(text.substr(0, colon));
    const std::string rest = colon != std::string::npos ? text.substr(colon + 1) : std::string();
    media::Sending out;
    const bool bare = colon == std::string::npos;
    if (text.empty() || (kind == "noise" && bare))
        return out;
    if (kind == "nothing" && bare) {
        out.kind = SendKind::Nothing;
    } else if (kind == "tone") {
        const auto hertz = bare ? std::optional(440LL) : base::toInteger(rest);
        if (!hertz || *hertz < 50 || *hertz > 20000)
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("A tone is written \"tone\" or \"tone:425\", from 50 to "
                                          "20000 Hz, not \"{}\".",
                                          base::printable(text, false, 40)));
        out.kind = SendKind::Tone;
        out.toneHertz = static_cast<double>(*hertz);
    } else if (kind == "mic" || kind == "microphone") {
        out.kind = SendKind::Microphone;
        out.device = rest;
    } else if (base::lower(text).ends_with(".wav") || text.find('/') != std::string::npos) {
        out.kind = SendKind::File;
        out.file = text;
    } else {
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("What is sent is \"noise\", \"tone\", \"tone:425\", \"mic\", "
                                      "\"nothing\" or the path of a WAV file, not \"{}\".",
                                      base::printable(text, false, 40)));
    }
    return out;
}

std::string sendingText(const media::Sending &sending)
{
    switch (sending.kind) {
    case media::SendKind::Nothing:
        return "nothing";
    case media::SendKind::Tone:
        return fmt::format("tone:{:.0f}", sending.toneHertz);
    case media::SendKind::File:
        return sending.file;
    case media::SendKind::Microphone:
        return sending.device.empty() ? "mic" : "mic:" + sending.device;
    default:
        return "noise";
    }
}

CallOptions callLike(const sip::Message &invite)
{
    CallOptions out;
    out.target = std::string(invite.requestUri);
    const auto from = sip::parseNameAddress(invite.value(sip::HeaderId::From));
    if (from.ok && from.uri.ok)
        out.from = std::string(from.uriText);
    using engine::Reliability;
    out.reliability = invite.lists(sip::HeaderId::Require, "100rel")     ? Reliability::Required
                      : invite.lists(sip::HeaderId::Supported, "100rel") ? Reliability::Supported
                                                                         : Reliability::Off;
    const std::string_view sdp = invite.sdp();
    out.lateOffer = sdp.empty();
    out.srtp = srtpOf(sdp);
    if (auto codecs = codecList(sdp); !codecs.empty())
        out.codecs = std::move(codecs);
    out.events = out.lateOffer || base::lower(sdp).find("telephone-event/") != std::string::npos;
    const sip::Via via = sip::parseVia(invite.value(sip::HeaderId::Via));
    if (base::equalsNoCase(via.transport, "TCP"))
        out.transport = base::Transport::Tcp;
    if (base::equalsNoCase(via.transport, "TLS"))
        out.transport = base::Transport::Tls;
    for (const sip::Header &header : invite.headers) {
        if (std::any_of(kAsking.begin(), kAsking.end(),
                        [&](auto name) { return base::equalsNoCase(name, header.name); }))
            out.extras.headers.emplace_back(header.name, base::trim(header.value));
    }
    out.extras.sessionId = invite.find(sip::HeaderId::SessionId) != nullptr;
    return out;
}

} // namespace desk
