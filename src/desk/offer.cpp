// SPDX-License-Identifier: Apache-2.0
#include <desk/offer.h>

#include <algorithm>
#include <base/text.h>
#include <desk/security.h>
#include <fmt/format.h>
#include <rtp/national_tones.h>
#include <set>
#include <sip/sdp_fault.h>

namespace desk {

std::vector<media::PayloadMap> payloadMaps(const std::vector<sip::Codec> &codecs)
{
    std::vector<media::PayloadMap> out;
    out.reserve(codecs.size());
    for (const auto &codec : codecs)
        out.push_back({static_cast<std::uint8_t>(codec.payloadType), codec.encoding, codec.clock,
                       codec.channels});
    return out;
}

namespace {

/// The audio line of theirs that belongs to the one ours has in use.
struct Matched {
    const sip::SdpMedia *theirs = nullptr, *ours = nullptr;
};
Matched matched(const sip::Sdp &theirs, const sip::Sdp &ours)
{
    Matched out{theirs.audio(), ours.usedAudio()};
    if (out.ours == nullptr)
        return out;
    const auto line = static_cast<std::size_t>(out.ours - ours.media.data()); // RFC 3264 section 6
    if (line < theirs.media.size() && theirs.media[line].type == "audio")
        out.theirs = &theirs.media[line];
    return out;
}

/// A codec of a draft or of media, and of a description.
template <class Codec> bool sameSound(const Codec &codec, const sip::RtpMap &map)
{
    return base::equalsNoCase(map.encoding, codec.encoding) && map.clock == codec.clock;
}

std::vector<media::PayloadMap> mapsOf(const sip::SdpMedia &audio)
{
    std::vector<media::PayloadMap> out;
    for (const auto &format : audio.formats)
        if (format.payloadType >= 0 && format.payloadType < 128 && !format.map.encoding.empty())
            out.push_back({static_cast<std::uint8_t>(format.payloadType),
                           std::string(format.map.encoding), format.map.clock,
                           format.map.channels});
    return out;
}

media::Remote remoteOf(const sip::SdpMedia &audio, const std::string &toTag)
{
    media::Remote remote;
    remote.toTag = toTag;
    if (const auto endpoint = audio.endpoint())
        remote.rtp = *endpoint;
    remote.mux = audio.attribute("rtcp-mux").has_value();
    if (const auto rtcp = audio.attribute("rtcp"); rtcp) { // RFC 3605
        const auto words = base::split(base::trim(*rtcp), ' ');
        const auto port = base::toInteger(words.empty() ? std::string_view() : words[0]);
        const auto address = words.size() > 3 ? base::Address::parse(words[3]) : std::nullopt;
        if (port && *port > 0 && *port <= 0xFFFF)
            remote.rtcp = {address.value_or(remote.rtp.address), static_cast<std::uint16_t>(*port)};
    }
    remote.send = mapsOf(audio);
    using sip::Direction;
    remote.weMaySend =
        audio.direction == Direction::SendRecv || audio.direction == Direction::RecvOnly;
    remote.theyMaySend =
        audio.direction == Direction::SendRecv || audio.direction == Direction::SendOnly;
    return remote;
}

} // namespace

PeerAudio peerAudio(const sip::Sdp &theirs, const sip::Sdp &ours, const std::string &toTag)
{
    PeerAudio out;
    out.fault = sip::audioFault(theirs);
    out.limit = sip::audioLimit(theirs);
    const auto [audio, own] = matched(theirs, ours);
    if (audio == nullptr || audio->port == 0)
        return out;
    out.remote = remoteOf(*audio, toTag);
    auto agreement = agreeOnKeys({theirs, audio}, {ours, own});
    out.remote->keys = std::move(agreement.keys);
    out.remote->dtls = std::move(agreement.dtls);
    out.remote->closed = agreement.closed;
    if (out.fault.empty())
        out.fault = std::move(agreement.fault);
    return out;
}

std::vector<std::string> unheard(const std::vector<sip::Codec> &codecs,
                                 const std::vector<media::Media::CodecCheck> &checks)
{
    std::vector<std::string> out;
    for (const auto &codec : codecs) {
        if (base::equalsNoCase(codec.encoding, "telephone-event") ||
            base::equalsNoCase(codec.encoding, "CN"))
            continue; // nothing to be played
        const auto check = std::find_if(checks.begin(), checks.end(), [&codec](const auto &each) {
            return base::equalsNoCase(each.encoding, codec.encoding);
        });
        if (check == checks.end())
            out.push_back(fmt::format("{} is offered but cannot be heard: Earshot has no decoder "
                                      "for it. Its packets are counted.",
                                      codec.encoding));
        else if (!check->available)
            out.push_back(fmt::format("{} is offered but cannot be heard: install the package {}.",
                                      codec.encoding, check->package));
    }
    return out;
}

base::Result<void> checkCodecs(const std::string &list)
{
    for (const auto part : base::split(list, ',')) {
        const auto name = std::string(base::trim(part));
        if (sip::codecsByName(name).empty())
            return base::fail(
                base::ErrorCode::BadInput,
                fmt::format("The codec \"{}\" is not known. Use names such as PCMU, PCMA, G722, "
                            "GSM, opus, G729 and L16/16000, with commas between them.",
                            base::printable(name, false, 40)));
    }
    return {};
}

std::vector<sip::Codec> agreedCodecs(const sip::Sdp &offer, const sip::SdpDraft &ours)
{
    // Asked of the answer itself, so that what media listens to is what the answer will say.
    const auto answer = sip::answerSdp(offer, ours);
    std::vector<sip::Codec> out;
    if (!answer)
        return out;
    const auto parsed = sip::parseSdp(*answer);
    for (const auto &codec : ours.codecs) {
        for (const auto &format : parsed.usedAudio()->formats) {
            if (sameSound(codec, format.map)) {
                out.push_back(codec);
                out.back().payloadType = format.payloadType;
            }
        }
    }
    return out;
}

void keepAgreed(media::Remote &remote, const sip::Sdp &ours)
{
    const auto *own = ours.usedAudio();
    std::erase_if(remote.send, [&](const media::PayloadMap &map) {
        return own == nullptr || std::none_of(own->formats.begin(), own->formats.end(),
                                              [&map](const sip::SdpFormat &format) {
                                                  return sameSound(map, format.map);
                                              });
    });
}

void listenTo(media::Remote &remote, const sip::Sdp &ours)
{
    if (const auto *own = ours.usedAudio(); own != nullptr)
        remote.receive = mapsOf(*own);
}

void keepStatic(std::vector<sip::Codec> &codecs)
{
    const auto isStatic = [](const sip::Codec &codec) { return codec.payloadType < 96; };
    if (std::any_of(codecs.begin(), codecs.end(), isStatic))
        std::erase_if(codecs, [&](const sip::Codec &codec) { return !isStatic(codec); });
}

std::vector<std::string> ringbackCountries()
{
    std::set<std::string> out;
    for (const auto &tone : rtp::nationalTones())
        if (tone.means == rtp::Sound::Ringback)
            out.emplace(tone.country);
    return {out.begin(), out.end()};
}

base::Result<void> checkRingback(const std::string &country)
{
    const auto tones = rtp::nationalTones();
    if (country.empty() || std::any_of(tones.begin(), tones.end(), [&](const auto &tone) {
            return tone.means == rtp::Sound::Ringback && tone.country == country;
        }))
        return {};
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("No ringback of \"{}\" is known. Use a country's two letters, "
                                  "such as DE, FR, GB or US, or \"off\".",
                                  base::printable(country, false, 20)));
}

sip::SdpDraft ownDraft(const base::Endpoint &rtp, const std::vector<sip::Codec> &codecs)
{
    sip::SdpDraft draft;
    draft.media = rtp;
    draft.codecs = codecs;
    // RFC 8866 section 5.2 wants a number that no other session of ours has: milliseconds will do.
    draft.sessionId = static_cast<std::uint64_t>(base::now().ns / 1'000'000);
    draft.version = draft.sessionId;
    return draft;
}

} // namespace desk
