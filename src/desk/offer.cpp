// SPDX-License-Identifier: Apache-2.0
#include <desk/offer.h>

namespace desk {

std::vector<media::PayloadMap> payloadMaps(const std::vector<sip::Codec> &codecs)
{
    std::vector<media::PayloadMap> out;
    for (const auto &codec : codecs)
        out.push_back({static_cast<std::uint8_t>(codec.payloadType), codec.encoding, codec.clock,
                       codec.channels});
    return out;
}

/// What an SDP answer means for media. nullopt: it has no usable audio line.
std::optional<media::Remote> remoteOf(std::string_view sdp, const std::string &toTag)
{
    const auto parsed = sip::parseSdp(sdp);
    const auto *audio = parsed.audio();
    if (audio == nullptr || audio->port == 0)
        return std::nullopt;
    media::Remote remote;
    remote.toTag = toTag;
    if (const auto endpoint = audio->endpoint())
        remote.rtp = *endpoint;
    for (const auto &format : audio->formats) {
        if (format.payloadType >= 0 && format.payloadType < 128 && !format.map.encoding.empty())
            remote.send.push_back({static_cast<std::uint8_t>(format.payloadType),
                                   std::string(format.map.encoding), format.map.clock,
                                   format.map.channels});
    }
    using sip::Direction;
    remote.weMaySend =
        audio->direction == Direction::SendRecv || audio->direction == Direction::RecvOnly;
    remote.theyMaySend =
        audio->direction == Direction::SendRecv || audio->direction == Direction::SendOnly;
    return remote;
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
