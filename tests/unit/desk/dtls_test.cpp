// SPDX-License-Identifier: Apache-2.0
// DTLS-SRTP in whole calls: what we offer and answer, the handshake on the way of the RTP, the
// sound behind it, and what is said where it fails.
#include "desk_stage.h"

#include <media/dtls.h>
#include <rtp/srtp.h>
#include <sip/sdp.h>
#include <sip/sdp_dtls.h>
#include <support/rtp_source.h>

namespace {

using desk_test::Peer;
using desk_test::Stage;
using namespace std::chrono_literals;

std::string bodyOf(const std::string &message)
{
    return message.substr(message.find("\r\n\r\n") + 4);
}

/// A socket that shakes hands and then sends a tone under the keys that came of it.
class DtlsPhone
{
public:
    DtlsPhone() : m_source(9), m_identity(*media::DtlsIdentity::make()) {}
    /// The other side's description is known.
    void hears(const std::string &message, bool weBegin)
    {
        m_body = bodyOf(message);
        const auto sdp = sip::parseSdp(m_body);
        m_there = *sdp.usedAudio()->endpoint();
        m_peer.clear();
        for (const auto each : sip::fingerprints(sdp, *sdp.usedAudio()))
            m_peer.emplace_back(each);
        m_link = media::DtlsLink::make(
            m_identity, weBegin, [this](std::string_view bytes) { m_source.raw(m_there, bytes); });
    }
    void step()
    {
        for (std::string came = m_source.receive(); !came.empty(); came = m_source.receive()) {
            if (media::looksLikeDtls(came))
                m_link->received(came);
            else if (m_opener && m_opener->rtp(came, m_plain) == rtp::SrtpOpener::Result::Opened)
                ++m_opened;
            else
                ++m_strange;
        }
        m_link->turn();
        if (!m_sealer && m_link->keys()) {
            m_sealer = rtp::SrtpSealer::open(m_link->keys()->ours);
            m_opener = rtp::SrtpOpener::open(m_link->keys()->theirs.at(0));
            m_source.sealedBy([sealer = m_sealer](const std::string &clear) {
                std::string sealed;
                return sealer->rtp(clear, sealed) ? sealed : std::string();
            });
        }
        if (m_sealer && std::chrono::steady_clock::now() >= m_due) {
            m_due = std::chrono::steady_clock::now() + 20ms;
            m_source.tone(m_there, 440);
        }
    }
    bool knowsThePeer() const { return m_link->isAnnounced(m_peer); }
    std::string fingerprint() const { return m_identity->fingerprint(); }
    std::string port() const { return std::to_string(m_source.local().port); }
    std::string lines(const std::string &setup) const
    {
        return "a=fingerprint:" + fingerprint() + "\r\na=setup:" + setup + "\r\na=rtcp-mux\r\n";
    }
    std::string sdp(const std::string &setup) const
    {
        return desk_test::sdp(port() + " UDP/TLS/RTP/SAVP 0", lines(setup));
    }
    std::uint64_t opened() const { return m_opened; }

private:
    support::RtpSource m_source;
    std::shared_ptr<const media::DtlsIdentity> m_identity;
    std::unique_ptr<media::DtlsLink> m_link;
    std::shared_ptr<rtp::SrtpSealer> m_sealer;
    std::unique_ptr<rtp::SrtpOpener> m_opener;
    std::string m_body, m_plain;
    base::Endpoint m_there;
    std::vector<std::string> m_peer;
    std::chrono::steady_clock::time_point m_due;
    std::uint64_t m_opened = 0, m_strange = 0;
};

class DeskDtls : public desk_test::DeskTest
{
protected:
    std::string placeDtls(bool late = false)
    {
        desk::CallOptions options;
        options.srtp = media::Srtp::Dtls;
        options.lateOffer = late;
        return place(options);
    }
    void reply(const std::string &invite, const std::string &status, const std::string &sdp)
    {
        m_peer.send(Peer::reply(invite, status, "b", "Contact: <" + m_peer.uri() + ">\r\n", sdp));
    }
    bool heard(DtlsPhone &phone, std::size_t index = 0)
    {
        return support::stepUntil(
            [&] {
                const auto info = call(index);
                return info.media && info.media->packets > 10 && info.media->playing &&
                       phone.opened() > 3;
            },
            20s, [&] { phone.step(); });
    }
};

TEST_F(DeskDtls, TheOfferLeavesThePartsAndTheEarlyMediaIsHeard)
{
    for (const bool peerBegins : {true, false}) {
        const std::size_t index = m_desk->calls().size();
        DtlsPhone phone;
        const auto invite = placeDtls();
        EXPECT_NE(invite.find(" UDP/TLS/RTP/SAVP "), std::string::npos) << invite;
        EXPECT_NE(invite.find("a=setup:actpass\r\n"), std::string::npos) << invite;
        EXPECT_NE(invite.find("a=fingerprint:sha-256 "), std::string::npos) << invite;
        EXPECT_NE(invite.find("a=rtcp-mux\r\n"), std::string::npos) << invite;
        EXPECT_EQ(invite.find("a=crypto"), std::string::npos) << invite;
        phone.hears(invite, peerBegins);
        reply(invite, "183 Session Progress", phone.sdp(peerBegins ? "active" : "passive"));
        ASSERT_TRUE(heard(phone, index)) << peerBegins;
        EXPECT_TRUE(phone.knowsThePeer());
        EXPECT_EQ(call(index).media->srtp.suite, "AES_CM_128_HMAC_SHA1_80");
        EXPECT_EQ(call(index).media->srtp.trouble, "");
        EXPECT_EQ(call(index).stage, Stage::Early);
        const auto before = call(index).media->packets;
        reply(invite, "200 OK", phone.sdp(peerBegins ? "active" : "passive"));
        ASSERT_TRUE(reaches(Stage::Answered, index));
        EXPECT_TRUE(support::stepUntil([&] { return call(index).media->packets > before + 10; },
                                       20s, [&] { phone.step(); }))
            << "the same association goes on";
    }
}

TEST_F(DeskDtls, AnotherCertificateIsToldAndNothingOfItHeard)
{
    DtlsPhone phone, other;
    const auto invite = placeDtls();
    phone.hears(invite, true);
    reply(invite, "183 Session Progress",
          desk_test::sdp(phone.port() + " UDP/TLS/RTP/SAVP 0", other.lines("active")));
    ASSERT_TRUE(support::stepUntil([&] { return noticed("not the one that its SDP announced"); },
                                   20s, [&] { phone.step(); }));
    ASSERT_TRUE(support::stepUntil(
        [&] { return call().media && call().media->srtp.keyless + call().media->srtp.refused > 5; },
        20s, [&] { phone.step(); }));
    EXPECT_EQ(call().media->packets, 0U);
    EXPECT_EQ(phone.opened(), 0U);
}

TEST_F(DeskDtls, AnAnswerWithoutAFingerprintEndsTheCall)
{
    const auto invite = placeDtls();
    reply(invite, "200 OK", desk_test::sdp("4000 UDP/TLS/RTP/SAVP 0", ""));
    const auto bye = next("BYE");
    ASSERT_FALSE(bye.empty());
    m_peer.send(Peer::reply(bye, "200 OK", "b"));
    ASSERT_TRUE(reaches(Stage::Ended));
    EXPECT_NE(call().sentence.find("by DTLS"), std::string::npos) << call().sentence;
    EXPECT_TRUE(noticed("brings no a=fingerprint"));
}

TEST_F(DeskDtls, WhoeverDemandsItIsSaidTo)
{
    const auto invite = place();
    reply(invite, "488 Not Acceptable Here",
          desk_test::sdp("4000 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:sha-1 AA\r\n"));
    ASSERT_TRUE(reaches(Stage::Failed));
    EXPECT_NE(call().sentence.find("call with SRTP by DTLS"), std::string::npos) << call().sentence;
}

TEST_F(DeskDtls, ACallerWhoOffersItGetsIt)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    DtlsPhone phone;
    m_peer.send(invite("dtls", phone.sdp("actpass")));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    const auto answered = next("SIP/2.0 200");
    EXPECT_NE(answered.find(" UDP/TLS/RTP/SAVP 0\r\n"), std::string::npos) << answered;
    EXPECT_NE(answered.find("a=setup:active\r\n"), std::string::npos) << answered;
    EXPECT_NE(answered.find("a=rtcp-mux\r\n"), std::string::npos) << answered;
    phone.hears(answered, false);
    EXPECT_TRUE(heard(phone, 1));
    EXPECT_TRUE(phone.knowsThePeer());
}

TEST_F(DeskDtls, ACallBegunWithoutItTakesItWhenItIsOffered)
{
    const auto first = place();
    EXPECT_EQ(first.find("a=fingerprint"), std::string::npos) << first;
    const support::RtpSource plain(7);
    reply(first, "200 OK", desk_test::sdp(std::to_string(plain.local().port) + " RTP/AVP 0"));
    ASSERT_FALSE(next("ACK").empty());
    ASSERT_TRUE(reaches(Stage::Answered));
    DtlsPhone phone;
    const auto within = [&](const std::string &method, const std::string &body) {
        return method + " sip:earshot@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " + m_peer.local() +
               ";branch=z9hG4bKre" + method +
               "\r\nMax-Forwards: 70\r\nFrom: " + Peer::header(first, "To") +
               ";tag=b\r\nTo: " + Peer::header(first, "From") +
               "\r\nCall-ID: " + Peer::header(first, "Call-ID") + "\r\nCSeq: 7 " + method +
               "\r\nContact: <" + m_peer.uri() + ">\r\n" +
               (body.empty() ? "" : "Content-Type: application/sdp\r\n") +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    m_peer.send(within("INVITE", phone.sdp("actpass")));
    const auto answered = next("SIP/2.0 200");
    EXPECT_NE(answered.find(" UDP/TLS/RTP/SAVP 0\r\n"), std::string::npos) << answered;
    EXPECT_NE(answered.find("a=setup:active\r\n"), std::string::npos) << answered;
    phone.hears(answered, false);
    m_peer.send(within("ACK", {}));
    EXPECT_TRUE(heard(phone));
    EXPECT_TRUE(phone.knowsThePeer());
    EXPECT_TRUE(call().media->srtp.dtls);
}

TEST_F(DeskDtls, ALateOfferMayBeOfIt)
{
    DtlsPhone phone;
    const auto invite = placeDtls(true);
    EXPECT_EQ(invite.find("m=audio"), std::string::npos) << invite;
    reply(invite, "200 OK", phone.sdp("actpass"));
    const auto ack = next("ACK");
    EXPECT_NE(ack.find("a=setup:active\r\n"), std::string::npos) << ack;
    phone.hears(ack, false);
    EXPECT_TRUE(heard(phone));
}

} // namespace
