// SPDX-License-Identifier: Apache-2.0
// RTCP (RFC 3550 section 6, RFC 3611, RFC 5506) read without trust: what each packet of a compound
// tells about a stream. Pure functions over views; hears nothing of what is cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rtp {

struct SenderInfo {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;       // 32 bits of seconds since 1900, 32 bits of fraction
    std::uint32_t timestamp = 0; // of RTP at that moment
    std::uint32_t packets = 0, octets = 0;
};

struct ReportBlock {
    std::uint32_t reporter = 0, about = 0;         // SSRCs
    std::uint8_t fractionLost = 0;                 // of 256, since the report before
    std::int32_t cumulativeLost = 0;               // negative: more came than were expected
    std::uint32_t highestSequence = 0, jitter = 0; // jitter in units of the clock
    std::uint32_t lastReport = 0;                  // the middle of the last SR's ntp, 0: none came
    std::uint32_t delay = 0;                       // since it came, in 1/65536 s
};

struct VoipMetrics { // RFC 3611 section 4.7
    std::uint32_t reporter = 0, about = 0;
    std::uint8_t lossRate = 0, discardRate = 0; // of 256
    std::uint8_t burstDensity = 0, gapDensity = 0;
    std::uint16_t burstDuration = 0, gapDuration = 0;                      // ms
    std::uint16_t roundTrip = 0, endSystemDelay = 0;                       // ms
    std::uint8_t rFactor = 127, mosListening = 127, mosConversation = 127; // 127: not known
};

/// Who wants to hear what a compound tells.
class RtcpListener
{
public:
    virtual ~RtcpListener() = default;
    virtual void sender(const SenderInfo & /*info*/) {}
    virtual void report(const ReportBlock & /*block*/) {}
    virtual void name(std::uint32_t /*ssrc*/, std::string_view /*cname*/) {}
    virtual void bye(std::uint32_t /*ssrc*/, std::string_view /*reason*/) {}
    virtual void metrics(const VoipMetrics & /*metrics*/) {}
};

/// A compound whose parts fit together to its last byte, and that begins as RFC 3550 section 6.1
/// wants or as RFC 5506 allows. SRTCP never does.
bool isRtcp(std::string_view bytes);
/// Tells the listener what can be read, at most 256 items; false: it is no RTCP from its beginning.
bool readRtcp(std::string_view bytes, RtcpListener &listener);

} // namespace rtp
