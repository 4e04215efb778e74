// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rtp/srtp.h>
#include <support/srtp_sender.h>

namespace {

using Result = rtp::SrtpOpener::Result;

class Suites : public testing::TestWithParam<support::SrtpSuiteName>
{
};

TEST_P(Suites, whatWasProtectedIsOpened)
{
    support::SrtpSender sender(GetParam());
    const auto keys = rtp::sdesKeys(sender.line());
    ASSERT_EQ(keys.size(), 1U);
    const auto opener = rtp::SrtpOpener::open(keys[0]);
    ASSERT_TRUE(opener);
    std::string plain;
    for (std::uint16_t i = 0; i < 10; ++i) {
        const std::string clear = support::rtp(i, i * 160U, 7, std::string(160, 'x'));
        const std::string sealed = sender.rtp(clear);
        ASSERT_NE(sealed.substr(0, clear.size()), clear);
        EXPECT_EQ(opener->rtp(sealed, plain), Result::Opened);
        EXPECT_EQ(plain, clear);
        EXPECT_EQ(opener->rtp(sealed, plain), Result::Repeated);
    }
    const std::string report = std::string("\x80\xC9\x00\x01", 4) + support::be32(7);
    EXPECT_EQ(opener->rtcp(sender.rtcp(report), plain), Result::Opened);
    EXPECT_EQ(plain, report);
    std::string changed = sender.rtp(support::rtp(11, 1, 7, "voice"));
    changed.back() = static_cast<char>(changed.back() ^ 1);
    EXPECT_EQ(opener->rtp(changed, plain), Result::Refused);
    EXPECT_EQ(opener->rtp("short", plain), Result::Refused);
    EXPECT_EQ(opener->rtp(std::string(70000, '\x80'), plain), Result::Refused);
}

TEST_P(Suites, aRolloverBeforeTheCaptureIsFound)
{
    support::SrtpSender sender(GetParam());
    const auto packet = [](std::uint16_t number) {
        return support::rtp(number, number * 160U, 7, std::string(160, 'x'));
    };
    sender.rtp(packet(1));
    sender.turnOver(7, 5);
    const auto opener = rtp::SrtpOpener::open(rtp::sdesKeys(sender.line())[0]);
    std::string plain;
    const std::string first = sender.rtp(packet(65534));
    ASSERT_EQ(opener->rtp(first, plain), Result::Refused);
    std::uint32_t rollover = 0;
    EXPECT_FALSE(opener->later(first, 4, plain, rollover));
    const auto later = opener->later(first, 64, plain, rollover);
    ASSERT_TRUE(later);
    EXPECT_EQ(rollover, 5U);
    EXPECT_EQ(plain, packet(65534));
    for (const std::uint16_t number : {65535, 0, 1}) { // turns over once more
        EXPECT_EQ(later->rtp(sender.rtp(packet(number)), plain), Result::Opened) << number;
        EXPECT_EQ(plain, packet(number));
    }
    support::SrtpSender other(GetParam(), 'z');
    EXPECT_FALSE(opener->later(other.rtp(packet(9)), 64, plain, rollover));
    EXPECT_FALSE(opener->later("short", 64, plain, rollover));
}

TEST_P(Suites, whatWeSealIsOpenedByTheSameKeyAlone)
{
    support::SrtpSender named(GetParam());
    const auto suite = rtp::sdesKeys(named.line()).at(0).suite;
    const auto key = rtp::freshKey(suite, 3);
    EXPECT_NE(key.material, rtp::freshKey(suite, 3).material);
    const auto read = rtp::sdesKeys(rtp::sdesValue(key));
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0], key);
    const auto sealer = rtp::SrtpSealer::open(key);
    const auto opener = rtp::SrtpOpener::open(read[0]);
    const auto stranger = rtp::SrtpOpener::open(rtp::freshKey(suite, 3));
    ASSERT_TRUE(sealer && opener && stranger);
    std::string sealed, plain;
    for (std::uint16_t i = 65530; i != 6; ++i) { // its number turns over
        const std::string clear = support::rtp(i, i * 160U, 7, std::string(160, 'x'));
        ASSERT_TRUE(sealer->rtp(clear, sealed));
        EXPECT_EQ(sealed.find(std::string(16, 'x')), std::string::npos);
        EXPECT_EQ(stranger->rtp(sealed, plain), Result::Refused);
        EXPECT_EQ(opener->rtp(sealed, plain), Result::Opened) << i;
        EXPECT_EQ(plain, clear);
    }
    const std::string report = std::string("\x80\xC9\x00\x01", 4) + support::be32(7);
    ASSERT_TRUE(sealer->rtcp(report, sealed));
    EXPECT_EQ(stranger->rtcp(sealed, plain), Result::Refused);
    EXPECT_EQ(opener->rtcp(sealed, plain), Result::Opened);
    EXPECT_EQ(plain, report);
    EXPECT_FALSE(sealer->rtp("short", sealed));
    EXPECT_FALSE(sealer->rtcp("", sealed));
}

INSTANTIATE_TEST_SUITE_P(All, Suites, testing::ValuesIn(support::srtpSuites()));

TEST(Sdes, fieldsOfTheLine)
{
    const auto keys = rtp::sdesKeys(
        "1 AES_CM_128_HMAC_SHA1_32 "
        "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20|1:4;"
        "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwe|1:2 WSH=64 UNENCRYPTED_SRTCP");
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_EQ(keys[0].tag, 1);
    EXPECT_EQ(keys[0].material.size(), 30U);
    EXPECT_EQ(keys[0].material[2], 2);
    EXPECT_EQ(keys[0].lifetime, 1U << 20U);
    EXPECT_EQ(keys[0].mki, std::string("\0\0\0\1", 4));
    EXPECT_EQ(keys[1].mki, std::string("\0\1", 2));
    EXPECT_TRUE(keys[1].encrypted);
    EXPECT_FALSE(keys[1].encryptedRtcp);
    for (const auto *bad :
         {"", "1", "x AES_CM_128_HMAC_SHA1_80 inline:AAAA", "1 F8_128_HMAC_SHA1_80 inline:AAAA",
          "1 AES_CM_128_HMAC_SHA1_80", "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
          "1 AES_CM_128_HMAC_SHA1_80 inline:????????????????????????????????????????"})
        EXPECT_TRUE(rtp::sdesKeys(bad).empty()) << bad;
}

} // namespace
