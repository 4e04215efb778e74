// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/sdp_dtls.h>

namespace {

std::string offer(const std::string &protocol, const std::string &media,
                  const std::string &session = {})
{
    return "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + session +
           "m=audio 4000 " + protocol + " 0\r\n" + media;
}

sip::SdpDraft draft()
{
    sip::SdpDraft out;
    out.media = *base::Endpoint::parse("192.0.2.1:4000");
    out.codecs = sip::codecsByName("PCMU");
    out.fingerprint = "sha-256 AA:BB";
    return out;
}

std::string answer(const std::string &text, const sip::SdpDraft &ours = draft())
{
    return sip::answerSdp(sip::parseSdp(text), ours).value_or("");
}

TEST(SdpDtls, WhoOffersLeavesTheChoice)
{
    auto ours = draft();
    ours.protocol = "UDP/TLS/RTP/SAVP";
    const auto text = sip::writeSdp(ours);
    EXPECT_NE(text.find("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"), std::string::npos) << text;
    EXPECT_NE(text.find("a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n"), std::string::npos);
}

TEST(SdpDtls, TheAnswerBeginsWhereItMay)
{
    for (const auto &[setup, wanted] : {std::pair{"actpass", "active"},
                                        {"active", "passive"},
                                        {"passive", "active"},
                                        {"holdconn", "holdconn"}})
        for (const char *profile :
             {"UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF", "RTP/SAVPF", "RTP/SAVP"})
            EXPECT_NE(answer(offer(profile, std::string("a=fingerprint:sha-1 CC\r\na=setup:") +
                                                setup + "\r\n"))
                          .find(std::string(profile) +
                                " 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
                                "a=fingerprint:sha-256 AA:BB\r\na=setup:" +
                                wanted + "\r\n"),
                      std::string::npos)
                << profile << " " << setup;
}

TEST(SdpDtls, FingerprintAndSetupOfTheSessionHold)
{
    const auto text =
        answer(offer("UDP/TLS/RTP/SAVP", "", "a=fingerprint:sha-1 CC\r\na=setup:active\r\n"));
    EXPECT_NE(text.find("a=setup:passive"), std::string::npos) << text;
}

TEST(SdpDtls, NoneIsTakenWithoutAFingerprintOfEitherSide)
{
    EXPECT_TRUE(answer(offer("UDP/TLS/RTP/SAVP", "a=setup:actpass\r\n")).empty());
    auto ours = draft();
    ours.fingerprint.clear();
    ours.crypto = {"1 AES_CM_128_HMAC_SHA1_80 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"};
    EXPECT_TRUE(
        answer(offer("UDP/TLS/RTP/SAVP", "a=fingerprint:sha-1 CC\r\na=setup:actpass\r\n"), ours)
            .empty());
}

TEST(SdpDtls, PlainAudioAndSdesStayWhatTheyAre)
{
    EXPECT_EQ(answer(offer("RTP/AVP", "a=fingerprint:sha-1 CC\r\n")).find("fingerprint"),
              std::string::npos);
    auto ours = draft();
    ours.crypto = {"1 AES_CM_128_HMAC_SHA1_80 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"};
    const auto text =
        answer(offer("RTP/SAVP", "a=crypto:3 AES_CM_128_HMAC_SHA1_80 "
                                 "inline:PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ\r\n"),
               ours);
    EXPECT_NE(text.find("a=crypto:3 "), std::string::npos) << text;
    EXPECT_EQ(text.find("fingerprint"), std::string::npos) << text;
}

TEST(SdpDtls, APartThatIsSettledIsKept)
{
    const std::string theirs = "a=fingerprint:sha-1 CC\r\na=setup:";
    auto ours = draft();
    ours.protocol = "UDP/TLS/RTP/SAVP";
    const auto settled = sip::withSettledSetup(sip::writeSdp(ours),
                                               offer("UDP/TLS/RTP/SAVP", theirs + "active\r\n"));
    EXPECT_NE(settled.find("a=setup:passive\r\n"), std::string::npos) << settled;
    ours.setup = "passive";
    EXPECT_NE(
        answer(offer("UDP/TLS/RTP/SAVP", theirs + "actpass\r\n"), ours).find("a=setup:passive"),
        std::string::npos);
}

TEST(SdpDtls, WhoBegins)
{
    const auto begins = [](const std::string &own, const std::string &other) {
        const auto of = [](const std::string &setup) {
            return offer("UDP/TLS/RTP/SAVP", setup.empty() ? "" : "a=setup:" + setup + "\r\n");
        };
        const std::string a = of(own), b = of(other);
        const auto ours = sip::parseSdp(a), theirs = sip::parseSdp(b);
        return sip::weBegin(ours, ours.media[0], theirs, theirs.media[0]);
    };
    EXPECT_EQ(begins("actpass", "active"), false);
    EXPECT_EQ(begins("actpass", "passive"), true);
    EXPECT_EQ(begins("active", "actpass"), true); // ours is the answer
    EXPECT_EQ(begins("passive", "actpass"), false);
    EXPECT_EQ(begins("actpass", "holdconn"), std::nullopt);
    EXPECT_EQ(begins("passive", "passive"), std::nullopt);
}

} // namespace
