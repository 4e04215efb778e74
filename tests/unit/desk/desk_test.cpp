// SPDX-License-Identifier: Apache-2.0
// The desk with real engine and media on loopback, against a peer that is a raw socket.
#include "desk_stage.h"

#include <sip/sdp.h>
#include <support/kernel_stamps.h>
#include <support/rtp_source.h>
#include <support/step_until.h>

namespace {

using desk_test::DeskTest;
using desk_test::Peer;
using desk_test::Stage;
using namespace std::chrono_literals;

TEST_F(DeskTest, AnswersAnOfferlessInviteOnTheAddressItCameTo)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    m_peer.send(invite("late", {}));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    m_desk->answer(call(1).handle); // pressed twice: one answer, one pair of ports
    const auto answer = next("SIP/2.0 200");
    ASSERT_FALSE(answer.empty());
    const auto body = answer.substr(answer.find("\r\n\r\n") + 4); // the parse only views it
    const auto parsed = sip::parseSdp(body);
    ASSERT_NE(parsed.audio(), nullptr) << answer;
    EXPECT_EQ(parsed.audio()->endpoint()->address.text(), "127.0.0.1");
    EXPECT_GE(parsed.audio()->formats.size(), 3U) << "our offer names every codec";
}

TEST_F(DeskTest, AnswersUnderTheOfferersPayloadNumber)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    m_peer.send(
        invite("opus", desk_test::sdp("4000 RTP/AVP 111", "a=rtpmap:111 opus/48000/2\r\n")));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    const auto answer = next("SIP/2.0 200");
    EXPECT_NE(answer.find("RTP/AVP 111\r\n"), std::string::npos) << answer;
}

TEST_F(DeskTest, NoCommonCodecIsDeclinedWith488AndSaid)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    m_peer.send(invite("none", desk_test::sdp("4000 RTP/AVP 9")));
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    m_desk->answer(call(1).handle);
    EXPECT_FALSE(next("SIP/2.0 488").empty());
    EXPECT_TRUE(reaches(Stage::Ended, 1));
    EXPECT_TRUE(noticed("no codec"));
}

TEST_F(DeskTest, ACallCancelledBeforeTheAnswerEnds)
{
    ASSERT_NO_FATAL_FAILURE(ringOut());
    const auto request = invite("gone", desk_test::sdp("4000 RTP/AVP 0"));
    m_peer.send(request);
    ASSERT_TRUE(reaches(Stage::Ringing, 1));
    std::string cancel = request.substr(0, request.find("Contact: ")) + "Content-Length: 0\r\n\r\n";
    cancel.replace(0, 6, "CANCEL");
    cancel.replace(cancel.find("CSeq: 1 INVITE"), 14, "CSeq: 1 CANCEL");
    m_peer.send(cancel);
    EXPECT_TRUE(reaches(Stage::Ended, 1));
    EXPECT_EQ(call(1).status, 487);
    m_desk->answer(call(1).handle); // too late: nothing happens
    EXPECT_TRUE(call(1).recordings.empty());
}

TEST_F(DeskTest, AudioSentBehindA183StandsBehindIt)
{
    const auto request = place();
    ASSERT_FALSE(request.empty());
    const auto body = request.substr(request.find("\r\n\r\n") + 4);
    ASSERT_TRUE(support::awaitKernelStamps());
    const auto offer = sip::parseSdp(body);
    ASSERT_NE(offer.audio(), nullptr);
    const support::RtpSource source(7);
    rtp::RtpPacket audio; // written beforehand: it leaves microseconds after the 183
    audio.ssrc = 7;
    audio.payload = std::string_view("the content does not matter here");
    const std::string packet = rtp::writeRtp(audio);
    const auto to = offer.audio()->endpoint();
    m_peer.send(Peer::reply(request, "183 Session Progress", "a", {},
                            desk_test::sdp(std::to_string(source.local().port) + " RTP/AVP 0")));
    source.raw(*to, packet);
    const auto &session = m_desk->session();
    const auto view = [&] { return session.calls().empty() ? nullptr : session.calls().front(); };
    const auto isTheirs = [](const auto &bound) { return bound.towardsCaller; };
    base::Instant progress;
    ASSERT_TRUE(support::stepUntil([&] {
        const auto call = view();
        if (!call || std::none_of(call->streams.begin(), call->streams.end(), isTheirs))
            return false;
        for (const auto &row : call->call->rows) {
            if (session.trace().row(row.row).status == 183)
                progress = session.trace().row(row.row).time;
        }
        return progress.known();
    })) << "the 183 and the stream it announces";
    const auto call = view();
    const auto bound = std::find_if(call->streams.begin(), call->streams.end(), isTheirs);
    EXPECT_LT(progress, bound->stream->first);
    EXPECT_LT(bound->stream->first - progress, 1s);
}

TEST_F(DeskTest, ForksEndAndTheWinnerStays)
{
    const auto request = place();
    ASSERT_FALSE(request.empty());
    const auto contact = "Contact: <" + m_peer.uri() + ">\r\n";
    m_peer.send(Peer::reply(request, "183 Session Progress", "a", contact,
                            desk_test::sdp("4000 RTP/AVP 0")));
    ASSERT_TRUE(reaches(Stage::Early));
    m_peer.send(Peer::reply(request, "199 Early Dialog Terminated", "a", contact));
    m_peer.send(Peer::reply(request, "180 Ringing", "b", contact));
    ASSERT_TRUE(reaches(Stage::Ringing));
    m_peer.send(Peer::reply(request, "200 OK", "b", contact, desk_test::sdp("4002 RTP/AVP 0")));
    EXPECT_TRUE(reaches(Stage::Answered));
    const auto ack = next("ACK");
    EXPECT_NE(Peer::header(ack, "To").find("tag=b"), std::string::npos) << ack;
    m_desk->hangUp(call().handle);
    const auto bye = next("BYE");
    ASSERT_FALSE(bye.empty());
    m_peer.send(Peer::reply(bye, "200 OK", "b"));
    EXPECT_TRUE(reaches(Stage::Ended));
    EXPECT_EQ(call().status, 200);
}

TEST_F(DeskTest, ClosingItHangsUp)
{
    const auto request = place();
    ASSERT_FALSE(request.empty());
    const auto contact = "Contact: <" + m_peer.uri() + ">\r\n";
    m_peer.send(Peer::reply(request, "200 OK", "b", contact, desk_test::sdp("4002 RTP/AVP 0")));
    ASSERT_TRUE(reaches(Stage::Answered));
    const auto began = std::chrono::steady_clock::now();
    m_desk.reset();
    EXPECT_FALSE(next("BYE").empty());
    EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST_F(DeskTest, AnotherStoryTakesTheAccountOfTheOneBeforeAway)
{
    ASSERT_TRUE(m_desk->startStory("flow-failover"));
    ASSERT_TRUE(support::stepUntil([&] { return m_desk->accounts().size() == 1; }, 30s));
    const auto first = m_desk->accounts().front().handle;
    ASSERT_TRUE(m_desk->startStory("early-media")); // in the middle of a step
    ASSERT_TRUE(support::stepUntil(
        [&] { return m_desk->story().running && m_desk->story().name == "early-media"; }, 30s));
    EXPECT_TRUE(m_desk->accounts().empty()) << "account " << first.value << " is still there";
    m_desk->stopStory();
    EXPECT_TRUE(support::stepUntil([&] { return !m_desk->story().running; }, 30s));
    EXPECT_EQ(m_desk->story().error, "");
}

TEST_F(DeskTest, ACodecThatIsNotKnownIsAnErrorAtOnce)
{
    desk::CallOptions options;
    options.target = m_peer.uri();
    options.codecs = "G999";
    const auto placed = m_desk->place(options);
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().code, base::ErrorCode::BadInput);
    EXPECT_TRUE(m_desk->calls().empty());
}

} // namespace
