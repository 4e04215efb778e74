// SPDX-License-Identifier: Apache-2.0
// How loud a payload is, of whatever its SDP says it is.
#include <rtp/level.h>

#include <gtest/gtest.h>
#include <rtp/stream_table.h>

namespace {

/// What SDP says a payload type is counts, not its number.
TEST(Level, FollowsWhatSdpSaysThePayloadIs)
{
    const std::string loudLinear(320, '\x40'), loudLaw(160, '\x80'); // L16 of 0x4040, full PCMU
    const struct {
        const char *name;
        std::uint8_t type;
        std::optional<rtp::VoiceFormat> voice;
        std::string_view payload;
        std::optional<double> level;
    } cases[] = {
        {"L16 of a number of its own", 97, rtp::namedVoice("l16", 16000, 1), loudLinear, -6},
        {"L16 of its own number", 11, rtp::staticVoice(11), loudLinear, -6},
        {"PCMU of a number of its own", 100, rtp::namedVoice("pcmu", 8000, 1), loudLaw, 0},
        {"Opus where PCMA would be", 8, rtp::namedVoice("OPUS", 48000, 2), loudLaw, std::nullopt},
        {"what we have no decoder for", 0, rtp::namedVoice("iLBC", 8000, 1), loudLaw, std::nullopt},
    };
    for (const auto &each : cases) {
        rtp::StreamTable table;
        rtp::StreamId id;
        for (std::uint32_t n = 0; n < 60; ++n) {
            rtp::RtpPacket packet;
            packet.payloadType = each.type;
            packet.sequence = static_cast<std::uint16_t>(n);
            packet.timestamp = n * 160;
            packet.payload = each.payload;
            base::Packet carrier;
            carrier.time = base::Instant{1'000'000'000'000} + std::chrono::milliseconds(20) * n;
            carrier.payload = base::Blob::copy(rtp::writeRtp(packet));
            rtp::PacketFacts facts;
            facts.described = facts.named = true;
            facts.clock = 8000;
            facts.voice = each.voice;
            id = table.add(carrier, *rtp::parseRtp(carrier.payload.text()), facts);
        }
        const auto stream = table.snapshot(id);
        EXPECT_EQ(stream->levelKnown, each.level.has_value()) << each.name;
        if (each.level) {
            EXPECT_NEAR(stream->level, *each.level, 0.2) << each.name;
        }
        EXPECT_EQ(stream->tape != nullptr, each.voice.has_value()) << each.name;
    }
}

} // namespace
