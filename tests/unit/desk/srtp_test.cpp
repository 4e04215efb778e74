// SPDX-License-Identifier: Apache-2.0
// SRTP by SDES in whole calls: what we offer, what we answer, what we say where it fails.
#include "desk_stage.h"

#include <rtp/srtp.h>
#include <set>
#include <sip/sdp.h>
#include <sip/sdp_crypto.h>
#include <support/rtp_source.h>

namespace {

using desk_test::Peer;
using desk_test::Stage;
using rtp::SrtpSuite;
using namespace std::chrono_literals;

/// The values of the a=crypto lines in a message.
std::vector<std::string> keysIn(const std::string &message)
{
    const auto body = message.substr(message.find("\r\n\r\n") + 4);
    const auto parsed = sip::parseSdp(body);
    std::vector<std::string> out;
    if (const auto *audio = parsed.usedAudio())
        for (const auto line : sip::cryptoLines(*audio))
            out.emplace_back(line);
    return out;
}

std::string keyLine(SrtpSuite suite, int tag = 1)
{
    return "a=crypto:" + rtp::sdesValue(rtp::freshKey(suite, tag)) + "\r\n";
}

class DeskSrtp : public desk_test::DeskTest
{
protected:
    std::string placeWith(media::Srtp srtp)
    {
        desk::CallOptions options;
        options.srtp = srtp;
        return place(options);
    }
    void answer(const std::string &invite, const std::string &media, const std::string &rest,
                const std::string &status = "200 OK")
    {
        m_peer.send(Peer::reply(invite, status, "b", "Contact: <" + m_peer.uri() + ">\r\n",
                                desk_test::sdp(media, rest)));
    }
};

TEST_F(DeskSrtp, OffIsPlainAsEver)
{
    const auto invite = place();
    EXPECT_NE(invite.find(" RTP/AVP "), std::string::npos) << invite;
    EXPECT_EQ(invite.find("crypto"), std::string::npos) << invite;
}

TEST_F(DeskSrtp, RequiredOffersFreshKeysUnderSavp)
{
    const auto first = placeWith(media::Srtp::Required), second = placeWith(media::Srtp::Required);
    EXPECT_NE(first.find(" RTP/SAVP "), std::string::npos) << first;
    std::set<std::string> keys;
    for (const auto &invite : {first, second})
        for (const auto &line : keysIn(invite)) {
            ASSERT_EQ(rtp::sdesKeys(line).size(), 1U);
            keys.insert(rtp::sdesKeys(line)[0].material);
        }
    ASSERT_GE(keysIn(first).size(), 2U);
    EXPECT_EQ(keys.size(), keysIn(first).size() * 2) << "every key is used once";
    EXPECT_EQ(rtp::sdesKeys(keysIn(first)[0])[0].suite, SrtpSuite::AesCm128Sha80);
    EXPECT_EQ(rtp::sdesKeys(keysIn(first)[1])[0].suite, SrtpSuite::AesCm128Sha32);
}

TEST_F(DeskSrtp, AnAnswerWithAKeyIsProtected)
{
    support::RtpSource source(9);
    const auto invite = placeWith(media::Srtp::Offered);
    EXPECT_NE(invite.find(" RTP/AVP "), std::string::npos) << invite;
    ASSERT_GE(keysIn(invite).size(), 2U);
    answer(invite, std::to_string(source.local().port) + " RTP/AVP 0",
           keyLine(SrtpSuite::AesCm128Sha32, 2));
    ASSERT_TRUE(reaches(Stage::Answered));
    std::string came;
    ASSERT_TRUE(support::stepUntil([&] { return !(came = source.receive()).empty(); }, 20s));
    const auto opener = rtp::SrtpOpener::open(rtp::sdesKeys(keysIn(invite)[1]).at(0));
    std::string plain;
    EXPECT_EQ(opener->rtp(came, plain), rtp::SrtpOpener::Result::Opened);
    EXPECT_TRUE(support::stepUntil(
        [&] { return call().media && call().media->srtp.suite == "AES_CM_128_HMAC_SHA1_32"; },
        20s));
}

TEST_F(DeskSrtp, RequiredEndsWithoutKeysAndSaysWhy)
{
    for (const auto &[media, rest] : {std::pair<std::string, std::string>{"4000 RTP/SAVP 0", ""},
                                      {"4000 RTP/AVP 0", ""},
                                      {"4000 RTP/SAVP 0", keyLine(SrtpSuite::AesCm128Sha80, 9)},
                                      {"4000 RTP/SAVP 0", keyLine(SrtpSuite::AesCm128Sha32, 1)}}) {
        const auto index = m_desk->calls().size();
        const auto invite = placeWith(media::Srtp::Required);
        answer(invite, media, rest);
        const auto bye = next("BYE");
        ASSERT_FALSE(bye.empty()) << media << rest;
        m_peer.send(Peer::reply(bye, "200 OK", "b"));
        ASSERT_TRUE(reaches(Stage::Ended, index));
        EXPECT_TRUE(call(index).local);
        EXPECT_NE(call(index).sentence.find("no keys"), std::string::npos) << call(index).sentence;
    }
    EXPECT_TRUE(noticed("none of its a=crypto lines"));
}

TEST_F(DeskSrtp, AnotherTargetGetsOtherKeys)
{
    support::RtpSource source(9);
    desk::CallOptions options;
    options.srtp = media::Srtp::Required;
    options.extras.followRedirects = true;
    const auto first = place(options);
    m_peer.send(Peer::reply(first, "302 Moved Temporarily", "a",
                            "Contact: <" + m_peer.uri() + ";user=other>\r\n"));
    ASSERT_FALSE(next("ACK").empty());
    const auto second = next("INVITE");
    ASSERT_EQ(keysIn(second).size(), keysIn(first).size()) << second;
    for (std::size_t i = 0; i < keysIn(first).size(); ++i) {
        const auto before = rtp::sdesKeys(keysIn(first)[i]).at(0),
                   after = rtp::sdesKeys(keysIn(second)[i]).at(0);
        EXPECT_EQ(before.suite, after.suite);
        EXPECT_NE(before.material, after.material);
    }
    answer(second, std::to_string(source.local().port) + " RTP/SAVP 0",
           keyLine(SrtpSuite::AesCm128Sha80));
    ASSERT_TRUE(reaches(Stage::Answered));
    std::string came;
    ASSERT_TRUE(support::stepUntil([&] { return !(came = source.receive()).empty(); }, 20s));
    const auto opener = rtp::SrtpOpener::open(rtp::sdesKeys(keysIn(second)[0]).at(0));
    std::string plain;
    EXPECT_EQ(opener->rtp(came, plain), rtp::SrtpOpener::Result::Opened);
}

TEST_F(DeskSrtp, WhatComesBeforeTheAnswerIsHeardOnceItsKeyIsThere)
{
    support::RtpSource source(9);
    const auto invite = placeWith(media::Srtp::Offered);
    const auto body = invite.substr(invite.find("\r\n\r\n") + 4);
    const auto there = *sip::parseSdp(body).audio()->endpoint();
    const auto theirs = rtp::freshKey(SrtpSuite::AesCm128Sha80, 1);
    const auto sealer = std::shared_ptr<rtp::SrtpSealer>(rtp::SrtpSealer::open(theirs));
    source.sealedBy([sealer](const std::string &clear) {
        std::string sealed;
        return sealer->rtp(clear, sealed) ? sealed : std::string();
    });
    for (int i = 0; i < 20; ++i)
        source.tone(there, 440);
    ASSERT_TRUE(
        support::stepUntil([&] { return call().media && call().media->srtp.keyless == 20; }, 20s));
    answer(invite, std::to_string(source.local().port) + " RTP/AVP 0",
           "a=crypto:" + rtp::sdesValue(theirs) + "\r\n", "183 Session Progress");
    EXPECT_TRUE(
        support::stepUntil([&] { return call().media && call().media->packets == 20; }, 20s))
        << (call().media ? call().media->packets : 0);
    EXPECT_EQ(call().media->srtp.keyless, 0U);
}

TEST_F(DeskSrtp, WhoeverDemandsItIsSaidTo)
{
    const auto first = place();
    answer(first, "4000 RTP/SAVP 0", keyLine(SrtpSuite::AesCm128Sha80));
    ASSERT_TRUE(reaches(Stage::Answered));
    EXPECT_TRUE(support::stepUntil([&] { return noticed("wants encrypted audio (RTP/SAVP)"); }));
    const auto second = place();
    answer(second, "4000 RTP/SAVP 0", "", "488 Not Acceptable Here");
    ASSERT_TRUE(reaches(Stage::Failed, 1));
    EXPECT_NE(call(1).sentence.find("takes encrypted audio (RTP/SAVP)"), std::string::npos)
        << call(1).sentence;
    m_peer.send(Peer::reply(placeWith(media::Srtp::Required), "488 Not Acceptable Here", "x"));
    ASSERT_TRUE(reaches(Stage::Failed, 2));
    EXPECT_NE(call(2).sentence.find("was required"), std::string::npos) << call(2).sentence;
}

TEST_F(DeskSrtp, ACallerWhoWantsItGetsIt)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    support::RtpSource source(9);
    const auto theirs = rtp::freshKey(SrtpSuite::AesCm256Sha80, 5);
    auto line = rtp::sdesValue(theirs);
    line.replace(line.find("AES_256_CM"), 10, "AES_CM_256"); // as many write it
    m_peer.send(invite("secure", desk_test::sdp(std::to_string(source.local().port) + " RTP/SAVP 0",
                                                "a=crypto:" + line + "\r\n")));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    const auto answered = next("SIP/2.0 200");
    EXPECT_NE(answered.find(" RTP/SAVP 0\r\n"), std::string::npos) << answered;
    ASSERT_EQ(keysIn(answered).size(), 1U) << answered;
    EXPECT_EQ(keysIn(answered)[0].rfind("5 AES_CM_256_HMAC_SHA1_80 ", 0), 0U) << answered;
    const auto opener = rtp::SrtpOpener::open(rtp::sdesKeys(keysIn(answered)[0]).at(0));
    std::string came, plain;
    ASSERT_TRUE(support::stepUntil([&] { return !(came = source.receive()).empty(); }, 20s));
    EXPECT_EQ(opener->rtp(came, plain), rtp::SrtpOpener::Result::Opened);
}

TEST_F(DeskSrtp, ACallerWhoseKeysCannotBeTakenIsDeclined)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    m_peer.send(invite(
        "f8", desk_test::sdp("4000 RTP/SAVP 0", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\n")));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    EXPECT_FALSE(next("SIP/2.0 488").empty());
    EXPECT_TRUE(support::stepUntil([&] { return noticed("no key that Earshot can take"); }));
}

TEST_F(DeskSrtp, AReInviteBringsANewKey)
{
    support::RtpSource source(9);
    const auto invite = placeWith(media::Srtp::Required);
    const auto port = std::to_string(source.local().port);
    answer(invite, port + " RTP/SAVP 0", keyLine(SrtpSuite::AesCm128Sha80));
    ASSERT_TRUE(reaches(Stage::Answered));
    const auto rtp = [&] {
        const auto body = invite.substr(invite.find("\r\n\r\n") + 4);
        return *sip::parseSdp(body).audio()->endpoint();
    }();
    const auto fresh = rtp::freshKey(SrtpSuite::AesCm128Sha80, 4);
    const std::string sdp =
        desk_test::sdp(port + " RTP/SAVP 0", "a=crypto:" + rtp::sdesValue(fresh) + "\r\n");
    const auto contact = Peer::header(invite, "Contact");
    m_peer.send(
        "INVITE " + contact.substr(1, contact.size() - 2) + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
        m_peer.local() + ";branch=z9hG4bKrekeying\r\nMax-Forwards: 70\r\nFrom: " +
        Peer::header(invite, "To") + ";tag=b\r\nTo: " + Peer::header(invite, "From") +
        "\r\nCall-ID: " + Peer::header(invite, "Call-ID") + "\r\nCSeq: 1 INVITE\r\nContact: <" +
        m_peer.uri() + ">\r\nContent-Type: application/sdp\r\nContent-Length: " +
        std::to_string(sdp.size()) + "\r\n\r\n" + sdp);
    const auto answered = next("SIP/2.0 200");
    ASSERT_EQ(keysIn(answered).size(), 1U) << answered;
    EXPECT_EQ(keysIn(answered)[0].rfind("4 AES_CM_128_HMAC_SHA1_80 ", 0), 0U) << answered;
    const auto sealer = std::shared_ptr<rtp::SrtpSealer>(rtp::SrtpSealer::open(fresh));
    source.sealedBy([sealer](const std::string &clear) {
        std::string sealed;
        return sealer->rtp(clear, sealed) ? sealed : std::string();
    });
    auto due = std::chrono::steady_clock::now();
    EXPECT_TRUE(support::stepUntil([&] { return call().media && call().media->packets > 10; }, 20s,
                                   [&] {
                                       if (std::chrono::steady_clock::now() < due)
                                           return;
                                       due += 20ms;
                                       source.tone(rtp, 440);
                                   }));
}

} // namespace
