// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rtp/stream_table.h>
#include <support/capture_writer.h>

namespace {

using std::chrono::milliseconds;

class Keys
{
public:
    void event(std::uint32_t timestamp, int event, int duration, bool end = false, int type = 101)
    {
        const std::string payload =
            std::string{static_cast<char>(event), static_cast<char>(end ? 0x8A : 0x0A)} +
            support::be16(static_cast<std::uint32_t>(duration));
        packet(timestamp, payload, type);
    }
    void packet(std::uint32_t timestamp, std::string_view payload, int type = 0)
    {
        const std::string bytes =
            support::rtp(m_sequence, timestamp, 7, payload, static_cast<std::uint8_t>(type));
        base::Packet carrier;
        carrier.time = base::Instant{1'000'000'000'000} + milliseconds(20) * m_sequence;
        ++m_sequence;
        m_id = table.add(carrier, *rtp::parseRtp(bytes), facts);
    }
    void sequence(std::uint16_t next) { m_sequence = next; }
    std::string pressed() const
    {
        std::string out;
        for (const rtp::Digit &digit : table.snapshot(m_id)->digits)
            out += digit.key;
        return out;
    }
    const rtp::Digit digit(std::size_t i) const { return table.snapshot(m_id)->digits.at(i); }

    rtp::StreamTable table;
    rtp::PacketFacts facts;

private:
    rtp::StreamId m_id;
    std::uint16_t m_sequence = 1;
};

TEST(Dtmf, repeatedPacketsAreOneDigit)
{
    Keys keys;
    keys.packet(0, std::string(160, 'x'));
    std::uint32_t at = 0;
    for (const int key : {1, 11, 10, 15}) {
        at += 8000;
        for (int i = 1; i <= 5; ++i)
            keys.event(at, key, 160 * i);
        for (int i = 0; i < 3; ++i)
            keys.event(at, key, 800, true);
    }
    EXPECT_EQ(keys.pressed(), "1#*D");
    EXPECT_EQ(keys.digit(0).length, milliseconds(100));
    EXPECT_EQ(keys.digit(0).volume, 10);
    EXPECT_TRUE(keys.digit(0).ended);
}

TEST(Dtmf, theSameKeyTwiceIsTwoDigits)
{
    Keys keys;
    keys.event(1000, 5, 160);
    keys.event(1000, 5, 320, true);
    keys.event(3000, 5, 160);
    keys.event(1000, 5, 320, true); // a late copy of the first
    EXPECT_EQ(keys.pressed(), "55");
    EXPECT_FALSE(keys.digit(1).ended);
}

/// Two captures of the same minutes that hold every other packet each, read one after the other.
TEST(Dtmf, keysOfTwoHalvesAreToldOnceAndInOrder)
{
    Keys keys;
    const auto half = [&](int from, std::string_view only) {
        for (int i = 0; i < 4; ++i) { // 5 s apart
            const auto at = static_cast<std::uint32_t>(80'000 + i * 40'000);
            for (int k = from; k < 8; k += 2) {
                keys.sequence(static_cast<std::uint16_t>(100 + i * 250 + k));
                if (only.find(static_cast<char>('1' + i)) != std::string_view::npos)
                    keys.event(at, i + 1, std::min(160 * (k + 1), 800), k >= 5);
            }
        }
    };
    half(0, "134");
    EXPECT_EQ(keys.pressed(), "134");
    half(1, "1234");
    EXPECT_EQ(keys.pressed(), "1234");
    EXPECT_EQ(keys.digit(1).length, milliseconds(100));
    EXPECT_TRUE(keys.digit(1).ended);
}

/// A sender may count its timestamps from anywhere after a new offer.
TEST(Dtmf, aSenderThatBeginsAnewPressesOtherKeys)
{
    Keys keys;
    keys.event(900'000, 1, 800, true);
    keys.sequence(100);
    keys.event(80'000, 1, 800, true);
    EXPECT_EQ(keys.pressed(), "11");
}

TEST(Dtmf, aLongEventGoesOnUnderANewTimestamp)
{
    Keys keys;
    keys.event(1000, 5, 0xFFFF);
    keys.event(1000 + 0xFFFF, 5, 160, true);
    EXPECT_EQ(keys.pressed(), "5");
    EXPECT_EQ(keys.digit(0).length.count(), (0xFFFFLL + 160) * 1'000'000'000 / 8000);
}

TEST(Dtmf, otherPayloadTypesSayNothing)
{
    Keys keys;
    keys.facts.described = true; // SDP knows no telephone-event here
    keys.event(1000, 5, 160, true);
    EXPECT_EQ(keys.pressed(), "");
    keys.facts.event = true;
    keys.event(5000, 6, 160, true, 96);
    EXPECT_EQ(keys.pressed(), "6");
    keys.facts.closed = true; // encrypted
    keys.event(9000, 7, 160, true, 96);
    EXPECT_EQ(keys.pressed(), "6");
}

} // namespace
