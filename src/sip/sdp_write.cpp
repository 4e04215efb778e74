// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include <base/text.h>
#include <sip/sdp_crypto.h>
#include <sip/sdp_dtls.h>

namespace sip {
namespace {

struct KnownCodec {
    std::string_view encoding;
    int payloadType; // -1: dynamic
    std::uint32_t clock;
    int channels;
    std::string_view fmtp;
};
constexpr std::array<KnownCodec, 10> kKnown{{
    {"PCMU", 0, 8000, 1, ""},
    {"PCMA", 8, 8000, 1, ""},
    {"G722", 9, 8000, 1, ""}, // RFC 3551 section 4.5.2: 8000 although it samples at 16000
    {"GSM", 3, 8000, 1, ""},
    {"L16", 11, 44100, 1, ""},
    {"G729", 18, 8000, 1, "annexb=no"},
    {"opus", -1, 48000, 2, "useinbandfec=1"}, // RFC 7587 section 7: always /48000/2
    {"iLBC", -1, 8000, 1, "mode=20"},
    {"telephone-event", -1, 8000, 1, "0-16"},
    {"CN", 13, 8000, 1, ""},
}};

constexpr long long kSlowestClock = 8000, kFastestClock = 192000, kMostChannels = 8;

// Foreign bytes must neither end a line nor split a field of it.
std::string oneLine(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '_');
    return out;
}

std::string family(const base::Endpoint &endpoint)
{
    return endpoint.address.family == 6 ? "IP6" : "IP4";
}

std::string rtpmap(const Codec &codec)
{
    const auto channels = codec.channels > 1 ? fmt::format("/{}", codec.channels) : std::string();
    return fmt::format("a=rtpmap:{} {}/{}{}\r\n", codec.payloadType, oneLine(codec.encoding),
                       codec.clock, channels);
}

std::string sessionPart(const SdpDraft &draft, std::string_view timing)
{
    return fmt::format("v=0\r\no=- {} {} IN {} {}\r\ns=-\r\nc=IN {} {}\r\nt={}\r\n",
                       draft.sessionId, draft.version, family(draft.media),
                       draft.media.address.text(), family(draft.media), draft.media.address.text(),
                       timing);
}

std::string audioPart(const SdpDraft &draft)
{
    std::string out = fmt::format("m=audio {} {}", draft.media.port, oneLine(draft.protocol));
    for (const Codec &codec : draft.codecs)
        out += fmt::format(" {}", codec.payloadType);
    out += "\r\n";
    for (const Codec &codec : draft.codecs) {
        out += rtpmap(codec);
        if (!codec.fmtp.empty())
            out += fmt::format("a=fmtp:{} {}\r\n", codec.payloadType, oneLine(codec.fmtp));
    }
    if (draft.ptime > 0)
        out += fmt::format("a=ptime:{}\r\n", draft.ptime);
    out += fmt::format("a={}\r\n", directionText(draft.direction));
    for (const std::string &line : draft.crypto)
        out += fmt::format("a=crypto:{}\r\n", oneLine(line));
    if (!draft.fingerprint.empty())
        out += fmt::format("a=fingerprint:{}\r\na=setup:{}\r\n", oneLine(draft.fingerprint),
                           oneLine(draft.setup));
    if (draft.rtcpMux)
        out += "a=rtcp-mux\r\n";
    return out;
}

bool isEvent(std::string_view encoding)
{
    return base::equalsNoCase(encoding, "telephone-event");
}

bool isLinear(std::string_view encoding)
{
    return base::equalsNoCase(encoding, "L16");
}

// Comfort noise and key presses accompany a codec, they are none.
bool carriesSpeech(std::string_view encoding)
{
    return !isEvent(encoding) && !base::equalsNoCase(encoding, "CN");
}

bool sameCodec(const Codec &codec, const SdpFormat &format)
{
    return format.payloadType >= 0 && base::equalsNoCase(codec.encoding, format.map.encoding) &&
           codec.clock == format.map.clock && codec.channels == format.map.channels;
}

// What of `ours` the m-line names too, with the offer's numbers: one codec, then key presses at its
// clock.
std::vector<Codec> common(const SdpMedia &offered, const std::vector<Codec> &ours)
{
    std::vector<Codec> out;
    const auto take = [&](const Codec &codec) {
        const auto it =
            std::find_if(offered.formats.begin(), offered.formats.end(),
                         [&](const SdpFormat &format) { return sameCodec(codec, format); });
        if (it == offered.formats.end())
            return false;
        out.push_back(codec);
        out.back().payloadType = it->payloadType; // RFC 3264 section 6.1
        return true;
    };
    for (const Codec &codec : ours)
        if (carriesSpeech(codec.encoding) && take(codec))
            break;
    if (out.empty())
        return out;
    for (const Codec &codec : ours)
        if (isEvent(codec.encoding) && codec.clock == out[0].clock && take(codec))
            break;
    return out;
}

// RFC 3264 section 6.1: what we want, as far as the offerer's direction lets us.
Direction answered(Direction offered, Direction wanted)
{
    const bool theySend = offered == Direction::SendRecv || offered == Direction::SendOnly;
    const bool theyReceive = offered == Direction::SendRecv || offered == Direction::RecvOnly;
    const bool send =
        theyReceive && (wanted == Direction::SendRecv || wanted == Direction::SendOnly);
    const bool receive =
        theySend && (wanted == Direction::SendRecv || wanted == Direction::RecvOnly);
    if (send && receive)
        return Direction::SendRecv;
    if (send)
        return Direction::SendOnly;
    return receive ? Direction::RecvOnly : Direction::Inactive;
}

/// What of `ours` an offered m-line takes; nullopt: it is refused.
std::optional<SdpDraft> taken(const Sdp &offer, const SdpMedia &offered, const SdpDraft &ours)
{
    const bool secure = offered.protocol == "RTP/SAVP" || offered.protocol == "RTP/SAVPF" ||
                        isDtlsProfile(offered.protocol);
    const bool plain = offered.protocol == "RTP/AVP" || offered.protocol == "RTP/AVPF";
    if (offered.type != "audio" || offered.port == 0 || (!secure && !plain))
        return std::nullopt;
    SdpDraft out = ours;
    out.codecs = common(offered, ours.codecs);
    out.crypto.clear();
    if (!keysByDtls(offer, offered) || fingerprints(offer, offered).empty())
        out.fingerprint.clear();
    out.setup = answerSetup(offer, offered, ours.setup);
    if (auto key = answerCrypto(offered, ours.crypto); key && !isDtlsProfile(offered.protocol))
        out.crypto.push_back(std::move(*key));
    const bool keyed = !out.crypto.empty() || !out.fingerprint.empty();
    if (out.codecs.empty() || (!keyed && (secure || isSecureProfile(ours.protocol))))
        return std::nullopt;
    out.protocol = offered.protocol;
    out.direction = answered(offered.direction, ours.direction);
    out.rtcpMux = ours.rtcpMux && offered.attribute("rtcp-mux");
    return out;
}

std::string refused(const SdpMedia &media)
{
    const auto format = media.formats.empty() ? std::string_view("0") : media.formats[0].text;
    return fmt::format("m={} 0 {} {}\r\n", oneLine(media.type), oneLine(media.protocol),
                       oneLine(format));
}

/// "opus", "L16/16000", "L16/44100/2"; the payload type is -1 where it is dynamic.
std::optional<Codec> codecNamed(std::string_view text)
{
    const auto words = base::split(text, '/');
    if (words.empty() || words.size() > 3)
        return std::nullopt;
    const auto *const known =
        std::find_if(kKnown.begin(), kKnown.end(), [&words](const KnownCodec &each) {
            return base::equalsNoCase(each.encoding, words[0]);
        });
    if (known == kKnown.end())
        return std::nullopt;
    Codec out{std::string(known->encoding), known->payloadType, known->clock, known->channels,
              std::string(known->fmtp)};
    if (words.size() > 1) {
        const auto clock = base::toInteger(words[1]);
        const auto channels = words.size() > 2 ? base::toInteger(words[2]) : 1;
        if (!clock || *clock < kSlowestClock || *clock > kFastestClock || !channels ||
            *channels < 1 || *channels > kMostChannels)
            return std::nullopt;
        out.clock = static_cast<std::uint32_t>(*clock);
        out.channels = words.size() > 2 ? static_cast<int>(*channels) : known->channels;
    }
    if (out.clock == known->clock && out.channels == known->channels)
        return out;
    // RFC 3551 section 6: the two rates of L16 that have numbers; events run at a codec's clock.
    out.payloadType = isLinear(out.encoding) && out.clock == 44100 && out.channels == 2 ? 10 : -1;
    if (isLinear(out.encoding) || (isEvent(out.encoding) && out.channels == 1))
        return out;
    return std::nullopt; // the others have one clock each
}

} // namespace

std::vector<Codec> codecsByName(std::string_view commaList)
{
    std::vector<Codec> out;
    int dynamic = 96;
    for (const auto part : base::split(commaList, ',')) {
        auto codec = codecNamed(base::trim(part));
        if (!codec || std::any_of(out.begin(), out.end(), [&codec](const Codec &known) {
                return known.encoding == codec->encoding && known.clock == codec->clock &&
                       known.channels == codec->channels;
            }))
            continue;
        if (codec->payloadType < 0)
            codec->payloadType = dynamic++;
        out.push_back(std::move(*codec));
    }
    return out;
}

std::string writeSdp(const SdpDraft &draft)
{
    return sessionPart(draft, "0 0") + audioPart(draft);
}

std::optional<std::string> answerSdp(const Sdp &offer, const SdpDraft &ours)
{
    // RFC 3264 section 6: the answer's t= line is the offer's, and it has as many m-lines in the
    // same order.
    std::string out = sessionPart(ours, offer.timing.empty() ? "0 0" : oneLine(offer.timing));
    bool answers = false;
    for (const SdpMedia &media : offer.media) {
        if (media.type.empty() || media.protocol.empty())
            return std::nullopt; // an m-line that cannot be read cannot be answered
        const auto line = answers ? std::nullopt : taken(offer, media, ours);
        out += line ? audioPart(*line) : refused(media);
        answers = answers || line;
    }
    if (!answers)
        return std::nullopt;
    return out;
}

} // namespace sip
