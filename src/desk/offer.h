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

struct PeerAudio {
    std::optional<media::Remote> remote; // nullopt: it has no usable audio line
    std::string fault;                   // one clause: what is wrong with it; empty: nothing
    std::string limit;                   // one clause: why nothing can be sent there all the same
};
/// What an SDP offer or answer of the peer means for media, next to ours: of an offer the line that
/// our answer takes, of an answer the one it has; keys where both have them. Without ours: only
/// what it says by itself.
PeerAudio peerAudio(const sip::Sdp &theirs, const sip::Sdp &ours, const std::string &toTag);

/// A sentence for each of our codecs that will not be heard, naming the package that is missing.
std::vector<std::string> unheard(const std::vector<sip::Codec> &codecs,
                                 const std::vector<media::Media::CodecCheck> &checks);

/// A comma list of codec names, each of them known. Errors name the one that is not.
base::Result<void> checkCodecs(const std::string &list);

/// What our answer to `offer` says: of our codecs the one taken, under the offerer's number (RFC
/// 3264 section 6.1). Empty: none in common.
std::vector<sip::Codec> agreedCodecs(const sip::Sdp &offer, const sip::SdpDraft &ours);

/// Of what the peer offers, what our answer takes: we send that, not what stands first.
void keepAgreed(media::Remote &remote, const sip::Sdp &ours);
/// What our answer takes is listened to, under the offerer's numbers.
void listenTo(media::Remote &remote, const sip::Sdp &ours);
/// Leaves out codecs of dynamic payload types, unless there are no others.
void keepStatic(std::vector<sip::Codec> &codecs);

/// A country whose ringback is known (ISO 3166, "DE"), or empty. Errors: a sentence that names
/// some.
std::vector<std::string> ringbackCountries(); // sorted
base::Result<void> checkRingback(const std::string &country);

sip::SdpDraft ownDraft(const base::Endpoint &rtp, const std::vector<sip::Codec> &codecs);

} // namespace desk
