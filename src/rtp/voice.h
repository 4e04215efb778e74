// SPDX-License-Identifier: Apache-2.0
// Codecs that need nobody's plug-in: G.711, G.722, GSM 06.10 and L16 both ways, Opus received;
// mono. Each object is one stream and belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtp {

struct VoiceFormat { // as SDP names it
    std::string_view encoding;
    std::uint32_t clock = 8000; // of RTP: 8000 for G722 although it samples at 16000
    int channels = 1;
    bool operator==(const VoiceFormat &) const = default;
};
/// RFC 3389: no sound of its own; nothing here decodes it.
constexpr VoiceFormat kComfortNoise{"CN", 8000, 1};
/// What a payload type below 96 means by itself (RFC 3551 section 6), of the codecs above and
/// comfort noise.
std::optional<VoiceFormat> staticVoice(std::uint8_t payloadType);
/// What an rtpmap means, of the codecs above and comfort noise, its name kept by us; nullopt:
/// another codec, or a clock or channels that it cannot have.
std::optional<VoiceFormat> namedVoice(std::string_view encoding, std::uint32_t clock, int channels);

class VoiceDecoder
{
public:
    virtual ~VoiceDecoder() = default;
    virtual std::uint32_t rate() const = 0; // samples a second
    /// Appends what the payload holds, channels mixed to one; of a cut frame nothing.
    virtual void decode(std::string_view payload, std::vector<std::int16_t> &out) = 0;
};

class VoiceEncoder
{
public:
    virtual ~VoiceEncoder() = default;
    virtual std::uint32_t rate() const = 0;
    /// The payload of whole frames: any even number of samples, of GSM multiples of 160.
    virtual std::string encode(std::span<const std::int16_t> samples) = 0;
};

/// nullptr: none of ours, or a clock that it cannot have. Nobody encodes Opus here.
std::unique_ptr<VoiceDecoder> voiceDecoder(const VoiceFormat &format);
std::unique_ptr<VoiceEncoder> voiceEncoder(const VoiceFormat &format);

} // namespace rtp
