// SPDX-License-Identifier: Apache-2.0
// Keys in offers and answers (RFC 4568), and the answers that encrypted audio gets.
#include <gtest/gtest.h>
#include <sip/sdp.h>
#include <sip/sdp_crypto.h>

namespace {

const std::string kA = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"; // 30 octets
const std::string kB = "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
const std::string k256 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ==";

std::string offered(const std::string &media, const std::vector<std::string> &lines)
{
    std::string out = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
                      "m=audio 4000 " +
                      media + "\r\n";
    for (const auto &line : lines)
        out += "a=crypto:" + line + "\r\n";
    return out;
}

sip::SdpDraft draft(const std::vector<std::string> &keys)
{
    sip::SdpDraft out;
    out.media = *base::Endpoint::parse("127.0.0.1:4000");
    out.codecs = sip::codecsByName("PCMU");
    out.crypto = keys;
    return out;
}

const std::vector<std::string> kOurs{"1 AES_CM_128_HMAC_SHA1_80 inline:" + kB,
                                     "2 AES_CM_128_HMAC_SHA1_32 inline:" + kB,
                                     "3 AES_256_CM_HMAC_SHA1_80 inline:" + k256};

std::string answer(const std::string &media, const std::vector<std::string> &lines,
                   const sip::SdpDraft &ours = draft(kOurs))
{
    const auto text = offered(media, lines);
    return sip::answerSdp(sip::parseSdp(text), ours).value_or("none");
}

bool has(const std::string &text, const std::string &what)
{
    return text.find(what) != std::string::npos;
}

TEST(SdpCrypto, TheFirstLineThatCanBeTakenIsAnsweredUnderItsTag)
{
    const auto text = answer("RTP/SAVP 0", {"4 F8_128_HMAC_SHA1_80 inline:" + kA,
                                            "7 AES_CM_128_HMAC_SHA1_32 inline:" + kA + "|2^31|1:4",
                                            "8 AES_CM_128_HMAC_SHA1_80 inline:" + kA});
    EXPECT_TRUE(has(text, "m=audio 4000 RTP/SAVP 0\r\n")) << text;
    EXPECT_TRUE(has(text, "a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:" + kB + "\r\n")) << text;
    EXPECT_EQ(text.find("crypto"), text.rfind("crypto")) << "one line alone: " << text;
    EXPECT_TRUE(
        has(answer("RTP/SAVPF 0", {"1 aes_cm_128_hmac_sha1_80 inline:" + kA}), "RTP/SAVPF"));
}

TEST(SdpCrypto, WhatCannotBeTakenIsPassedOver)
{
    const std::string suite = " AES_CM_128_HMAC_SHA1_80 inline:";
    const std::vector<std::string> bad{"1" + suite + kA.substr(2),
                                       "1" + suite + k256,
                                       "1" + suite,
                                       "1" + suite + "????????",
                                       "1 AES_CM_128_HMAC_SHA1_80",
                                       "1",
                                       "",
                                       "x" + suite + kA,
                                       "1234567890" + suite + kA,
                                       "1" + suite + kA + " UNENCRYPTED_SRTP",
                                       "1" + suite + kA + " KDR=1",
                                       "1" + suite + kA + " WSH=64 UNKNOWN=2",
                                       "1 AES_CM_128_HMAC_SHA1_80 uri:" + kA};
    for (const auto &line : bad)
        EXPECT_EQ(answer("RTP/SAVP 0", {line}), "none") << line;
    for (const auto &line : {"1" + suite + kA + " WSH=64", "1" + suite + kA + "  -UNKNOWN=2"})
        EXPECT_NE(answer("RTP/SAVP 0", {line}), "none") << line;
    EXPECT_EQ(answer("RTP/SAVP 0", {}), "none");
    EXPECT_EQ(answer("UDP/TLS/RTP/SAVP 0", {"1" + suite + kA}), "none");
    EXPECT_EQ(answer("RTP/SAVP 0", {"1" + suite + kA}, draft({})), "none") << "we have no key";
}

TEST(SdpCrypto, PlainAudioWithKeysGetsOneAndWithoutNone)
{
    const std::string line = "1 AES_CM_128_HMAC_SHA1_80 inline:" + kA;
    EXPECT_TRUE(has(answer("RTP/AVP 0", {line}), "a=crypto:1 "));
    EXPECT_TRUE(has(answer("RTP/AVP 0", {line}), "RTP/AVP 0"));
    const auto without = answer("RTP/AVP 0", {});
    EXPECT_NE(without, "none");
    EXPECT_FALSE(has(without, "crypto"));
    EXPECT_FALSE(has(answer("RTP/AVP 0", {line}, draft({})), "crypto"));
    auto required = draft(kOurs);
    required.protocol = "RTP/SAVP";
    EXPECT_EQ(answer("RTP/AVP 0", {}, required), "none");
    EXPECT_TRUE(has(answer("RTP/AVP 0", {line}, required), "a=crypto:1 "));
}

TEST(SdpCrypto, OfTwoLinesTheOneThatCanBeProtectedIsTakenWhereThatIsRequired)
{
    auto required = draft(kOurs);
    required.protocol = "RTP/SAVP";
    const auto text = offered("RTP/AVP 0", {}) + "m=audio 4002 RTP/SAVP 0\r\na=crypto:" + "5" +
                      kOurs[0].substr(1) + "\r\n";
    const auto made = sip::answerSdp(sip::parseSdp(text), required).value_or("none");
    EXPECT_TRUE(has(made, "m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/SAVP 0\r\n")) << made;
    const auto parsed = sip::parseSdp(made);
    ASSERT_NE(parsed.usedAudio(), nullptr);
    EXPECT_EQ(parsed.usedAudio(), &parsed.media[1]);
}

TEST(SdpCrypto, AnOfferIsReadBackAsItWasMeant)
{
    auto ours = draft(kOurs);
    ours.protocol = "RTP/SAVP";
    ours.rtcpMux = true;
    const auto text = sip::writeSdp(ours);
    const auto parsed = sip::parseSdp(text);
    ASSERT_NE(parsed.audio(), nullptr) << text;
    EXPECT_TRUE(sip::isSecureProfile(parsed.audio()->protocol));
    EXPECT_TRUE(parsed.audio()->attribute("rtcp-mux"));
    const auto lines = sip::cryptoLines(*parsed.audio());
    EXPECT_EQ(std::vector<std::string>(lines.begin(), lines.end()), kOurs);
}

TEST(SdpCrypto, MuxIsTakenWhereItWasOffered)
{
    auto ours = draft({});
    ours.rtcpMux = true;
    const auto with = offered("RTP/AVP 0", {}) + "a=rtcp-mux\r\n";
    EXPECT_TRUE(has(sip::answerSdp(sip::parseSdp(with), ours).value_or(""), "a=rtcp-mux\r\n"));
    EXPECT_FALSE(has(answer("RTP/AVP 0", {}, ours), "rtcp-mux"));
}

TEST(SdpCrypto, OfferAndAnswerAgreeByTagAndSuite)
{
    const auto agreed = [](const std::string &line) {
        const std::vector<std::string_view> ours(kOurs.begin(), kOurs.end());
        const auto text = offered("RTP/SAVP 0", {line});
        const auto parsed = sip::parseSdp(text);
        const auto pair = sip::agreedCrypto(ours, *parsed.audio());
        return pair ? std::string(pair->ours) : std::string("none");
    };
    EXPECT_EQ(agreed("2 AES_CM_128_HMAC_SHA1_32 inline:" + kA), kOurs[1]);
    EXPECT_EQ(agreed("01 AES_CM_128_HMAC_SHA1_80 inline:" + kA), kOurs[0]);
    for (const auto &line : {"1 AES_CM_128_HMAC_SHA1_32 inline:" + kA, // another tag's suite
                             "9 AES_CM_128_HMAC_SHA1_80 inline:" + kA, // a tag nobody offered
                             "3 AES_256_CM_HMAC_SHA1_80 inline:" + kA, // a key that is too short
                             "1 AES_CM_128_HMAC_SHA1_80 inline:" + kA + " UNENCRYPTED_SRTCP"})
        EXPECT_EQ(agreed(line), "none") << line;
}

} // namespace
