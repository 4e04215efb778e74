// SPDX-License-Identifier: Apache-2.0
// Between SDP and media: our own description, and what the peer's means for the media engine.
#pragma once

#include <media/media.h>
#include <optional>
#include <sip/sdp.h>
#include <string>
#include <string_view>
#include <vector>

namespace desk {

std::vector<media::PayloadMap> payloadMaps(const std::vector<sip::Codec> &codecs);

/// What an SDP offer or answer of the peer means for media. nullopt: it has no usable audio line.
std::optional<media::Remote> remoteOf(std::string_view sdp, const std::string &toTag);

sip::SdpDraft ownDraft(const base::Endpoint &rtp, const std::vector<sip::Codec> &codecs);

} // namespace desk
