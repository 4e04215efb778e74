// SPDX-License-Identifier: Apache-2.0
// Key presses by telephone events (RFC 4733): whoever offers them gets them in every answer of
// ours, under the offerer's number, and what then comes is no stranger to media.
#include "desk_stage.h"

#include <support/rtp_source.h>

namespace {

using desk_test::DeskTest;
using desk_test::Peer;
using desk_test::Stage;

std::string offer(const support::RtpSource &source, int events)
{
    const auto number = std::to_string(events);
    return desk_test::sdp(std::to_string(source.local().port) + " RTP/AVP 0 8 " + number,
                          "a=rtpmap:" + number + " telephone-event/8000\r\na=fmtp:" + number +
                              " 0-16\r\n");
}

std::string bodyOf(const std::string &message)
{
    const auto at = message.find("\r\n\r\n");
    return at != std::string::npos ? message.substr(at + 4) : std::string();
}

/// Every 20 ms one packet of a tone, and one of an event under that number, until the condition
/// holds.
template <class Condition>
bool pressUntil(support::RtpSource &source, const base::Endpoint &to, int events,
                const Condition &condition)
{
    auto due = std::chrono::steady_clock::now();
    std::uint16_t sequence = 1000;
    return support::stepUntil(condition, std::chrono::seconds(20), [&] {
        if (std::chrono::steady_clock::now() < due)
            return;
        due += std::chrono::milliseconds(20);
        source.tone(to, 440);
        rtp::RtpPacket packet;
        packet.payloadType = static_cast<std::uint8_t>(events);
        packet.sequence = sequence++;
        packet.ssrc = 7;
        packet.payload = std::string_view("\x05\x0A\x00\xA0", 4); // key 5
        source.raw(to, rtp::writeRtp(packet));
    });
}

class DeskEvents : public DeskTest
{
protected:
    /// What the peer does within the call that it placed.
    std::string within(const std::string &answer, const std::string &method, int number,
                       const std::string &body) const
    {
        std::string out = method + " sip:earshot@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP " +
                          m_peer.local() + ";branch=z9hG4bKw" + std::to_string(number) + method +
                          "\r\nMax-Forwards: 70\r\n";
        for (const char *name : {"From", "To", "Call-ID"})
            out += std::string(name) + ": " + Peer::header(answer, name) + "\r\n";
        out += "CSeq: " + std::to_string(number) + " " + method + "\r\nContact: <" + m_peer.uri() +
               ">\r\n";
        if (!body.empty())
            out += "Content-Type: application/sdp\r\n";
        return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    /// Twenty packets in a row, half of them events, have a number that media knows. The first may
    /// come before it has heard of our answer, which the engine gives by itself.
    bool takes(support::RtpSource &source, const base::Endpoint &to, int events, std::size_t index)
    {
        std::optional<media::Status> since;
        return pressUntil(source, to, events, [&] {
            const auto now = call(index).media;
            if (!now || now->packets == 0)
                return false;
            if (!since || since->wrongPayloadType != now->wrongPayloadType)
                since = now;
            return now->packets >= since->packets + 20;
        });
    }
    bool found(const std::string &rule) const
    {
        const auto calls = m_desk->session().calls();
        return std::any_of(calls.begin(), calls.end(), [&](const auto &view) {
            return std::any_of(view->findings.begin(), view->findings.end(),
                               [&](const auto &finding) { return finding.rule == rule; });
        });
    }
};

TEST_F(DeskEvents, AnIncomingCallTakesThemAndAChangeOfItToo)
{
    support::RtpSource source(7);
    ASSERT_NO_FATAL_FAILURE(ringOut());
    m_peer.send(invite("keys", offer(source, 101)));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    const auto first = next("SIP/2.0 200");
    EXPECT_NE(first.find(" RTP/AVP 0 101\r\n"), std::string::npos) << first;
    m_peer.send(within(first, "ACK", 1, {}));
    ASSERT_TRUE(reaches(Stage::Answered, 1));
    for (const auto &[method, number, events] :
         {std::tuple("UPDATE", 2, 98), std::tuple("INVITE", 3, 99)}) {
        m_peer.send(within(first, method, number, offer(source, events)));
        const auto answer = next("SIP/2.0 200");
        EXPECT_NE(answer.find(" RTP/AVP 0 " + std::to_string(events) + "\r\n"), std::string::npos)
            << method << ": " << answer;
        const auto body = bodyOf(answer);
        const auto ours = sip::parseSdp(body);
        ASSERT_NE(ours.audio(), nullptr) << answer;
        const auto to = *ours.audio()->endpoint();
        if (number == 3)
            m_peer.send(within(first, "ACK", 3, {}));
        EXPECT_TRUE(takes(source, to, events, 1)) << method;
    }
    EXPECT_TRUE(m_desk->session().settle(std::chrono::seconds(5)));
    EXPECT_FALSE(found("neg-dtmf-lost"));
}

TEST_F(DeskEvents, AnOfferMadeFirstInAChangeIsTakenToo)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    m_peer.send(invite("later", desk_test::sdp("4000 RTP/AVP 0")));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    const auto first = next("SIP/2.0 200");
    EXPECT_EQ(first.find("telephone-event"), std::string::npos) << "nobody offered them";
    m_peer.send(within(first, "ACK", 1, {}));
    const support::RtpSource source(7);
    m_peer.send(within(first, "INVITE", 2, offer(source, 97)));
    const auto second = next("SIP/2.0 200");
    EXPECT_NE(second.find(" RTP/AVP 0 97\r\n"), std::string::npos) << second;
    m_peer.send(within(first, "ACK", 2, {}));
}

TEST_F(DeskEvents, ALateOfferOfThemIsAnsweredUnderItsNumber)
{
    desk::CallOptions options;
    options.lateOffer = true;
    const auto request = place(options);
    ASSERT_FALSE(request.empty());
    support::RtpSource source(7);
    m_peer.send(Peer::reply(request, "200 OK", "b", "Contact: <" + m_peer.uri() + ">\r\n",
                            offer(source, 96)));
    const auto ack = next("ACK");
    EXPECT_NE(ack.find(" RTP/AVP 0 96\r\n"), std::string::npos) << ack;
    ASSERT_TRUE(reaches(Stage::Answered));
    const auto body = bodyOf(ack);
    const auto to = *sip::parseSdp(body).audio()->endpoint();
    EXPECT_TRUE(takes(source, to, 96, 0));
    EXPECT_TRUE(m_desk->session().settle(std::chrono::seconds(5)));
    EXPECT_FALSE(found("neg-dtmf-lost"));
}

} // namespace
