// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <gtest/gtest.h>
#include <lab/audio.h>
#include <lab/token.h>

TEST(Audio, MuLawIsG711s)
{
    EXPECT_EQ(lab::muLaw(0), 0xFF);
    EXPECT_EQ(lab::muLaw(-1), 0x7F);
    EXPECT_EQ(lab::muLaw(32767), 0x80);
    EXPECT_EQ(lab::muLaw(-32768), 0x00);
    EXPECT_EQ(lab::muLaw(8), 0xFE);
    // Decoded again, it is within half a step of the input everywhere.
    for (int i = -32000; i <= 32000; i += 7) {
        const unsigned value = ~lab::muLaw(static_cast<std::int16_t>(i)) & 0xFFU;
        const int magnitude = (static_cast<int>((value & 0x0FU) << 3U) + 0x84)
                              << (value >> 4U & 7U);
        const int back = (value & 0x80U) != 0 ? 0x84 - magnitude : magnitude - 0x84;
        EXPECT_LE(std::abs(back - i), std::max(8, std::abs(i) / 16)) << i;
    }
}

TEST(Audio, RingbackPausesAndTheRestIsHeard)
{
    EXPECT_EQ(lab::sample(lab::Sound::Ringback, 8000 + 4000), 0);
    int loudest = 0;
    for (std::uint64_t n = 0; n < 8000; ++n)
        loudest = std::max<int>(loudest, lab::sample(lab::Sound::Ringback, n));
    EXPECT_GT(loudest, 7000);
    EXPECT_EQ(lab::sample(lab::Sound::Ringback, 5), lab::sample(lab::Sound::Ringback, 5 + 16000));
    EXPECT_EQ(lab::sample(lab::Sound::Silence, 99), 0);
    EXPECT_EQ(lab::duration(lab::Sound::Ringback), std::chrono::seconds(2));
    EXPECT_GT(lab::duration(lab::Sound::Announcement), std::chrono::seconds(3));
}

TEST(Token, OnlyItsMakerAcceptsIt)
{
    const auto edge = *base::Endpoint::parse("127.0.0.1:5060");
    const auto user = *base::Endpoint::parse("127.0.0.1:40000");
    const lab::TokenMaker maker;
    const lab::TokenMaker restarted;
    auto token = maker.token(edge, user);
    EXPECT_EQ(maker.userAgent(edge, token), user);
    EXPECT_FALSE(restarted.userAgent(edge, token));
    EXPECT_FALSE(maker.userAgent(user, token)) << "another edge";
    for (std::size_t i = 0; i + 2 < token.size();
         ++i) { // the last character has bits that do not count
        char &c = token[i];
        const char was = c;
        c = c == 'A' ? 'B' : 'A';
        EXPECT_FALSE(maker.userAgent(edge, token));
        c = was;
    }
    EXPECT_FALSE(maker.userAgent(edge, ""));
    EXPECT_FALSE(maker.userAgent(edge, "%%%"));
}
