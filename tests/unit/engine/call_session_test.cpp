// SPDX-License-Identifier: Apache-2.0
// The answered call: hold and resume, glare, session timers, INFO, transfer.
#include "script.h"

#include <gmock/gmock.h>
#include <sip/uri.h>

namespace {

using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

/// Answers every INVITE, UPDATE, INFO and REFER; `on` may take a request over by returning true.
class Phone
{
public:
    using On = std::function<bool(Peer &, const sip::Message &, const Way &)>;
    explicit Phone(On on = {}, std::string extra = {})
        : m_on(std::move(on)), m_extra(std::move(extra))
    {
    }
    void operator()(Peer &self, const sip::Message &message, const Way &way)
    {
        if (!message.isRequest() || message.method == sip::Method::Ack ||
            (m_on && m_on(self, message, way)))
            return;
        auto response = peer::answer(self, message, 200, "a");
        response.header("Allow", "INVITE, ACK, BYE, UPDATE, INFO, REFER");
        if (!m_extra.empty())
            response.header("Session-Expires", m_extra);
        if (message.method == sip::Method::Invite || !message.sdp().empty())
            response.body("application/sdp", ear::kAnswer);
        self.send(way, response.text());
    }

private:
    On m_on;
    std::string m_extra;
};

std::vector<std::string> all(const Peer &callee, const std::string &method)
{
    std::vector<std::string> out;
    for (const auto &text : callee.texts())
        if (text.compare(0, method.size() + 1, method + " ") == 0)
            out.push_back(text);
    return out;
}

TEST(CallSession, HoldAndResumeByReInviteAndUpdate)
{
    Peer callee{Phone()};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hold(call, true, false);
    ASSERT_TRUE(ear.waitFor(CallStep::Held, 1));
    EXPECT_TRUE(ear.first(CallStep::Held).held);
    ear.engine->hold(call, false, true);
    ASSERT_TRUE(ear.waitFor(CallStep::Held, 2));
    EXPECT_FALSE(ear.calls().back().held);
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 2; }));
    const auto invites = all(callee, "INVITE");
    ASSERT_EQ(invites.size(), 2U);
    EXPECT_THAT(invites[1], HasSubstr("a=sendonly"));
    EXPECT_THAT(invites[1], HasSubstr("Contact:"));
    const auto updates = all(callee, "UPDATE");
    ASSERT_EQ(updates.size(), 1U);
    EXPECT_THAT(updates[0], HasSubstr("a=sendrecv"));
}

TEST(CallSession, GlareWaitsAndTriesAgain)
{
    std::atomic<int> refused{0};
    Peer callee{Phone([&](Peer &self, const sip::Message &message, const Way &way) {
        const bool again = message.method == sip::Method::Invite && !message.toTag().empty();
        if (!again || refused++ > 0)
            return false;
        self.send(way, peer::answer(self, message, 491, "a").text());
        return true;
    })};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const auto began = base::now();
    ear.engine->hold(call, true, false);
    ASSERT_TRUE(ear.waitFor(CallStep::Held));
    EXPECT_TRUE(ear.first(CallStep::Held).held);
    EXPECT_GE(base::now() - began, std::chrono::milliseconds(2100)); // RFC 3261 section 14.1
    EXPECT_EQ(all(callee, "INVITE").size(), 3U);
}

TEST(CallSession, ARefusedChangeLeavesTheCallAndA481EndsIt)
{
    std::atomic<int> status{488};
    Peer callee{Phone([&](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method != sip::Method::Invite || message.toTag().empty())
            return false;
        self.send(way, peer::answer(self, message, status, "a").text());
        return true;
    })};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hold(call, true, false);
    ASSERT_TRUE(ear.waitFor(CallStep::Held, 1));
    EXPECT_FALSE(ear.first(CallStep::Held).held);
    EXPECT_EQ(ear.first(CallStep::Held).status, 488);
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
    status = 481;
    ear.engine->hold(call, true, false);
    EXPECT_TRUE(ear.waitFor(CallStep::Ended));
}

/// Accepts a REFER, and tells in its NOTIFY what became of it.
Phone::On transferring(std::string end)
{
    return [end = std::move(end)](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method != sip::Method::Refer)
            return false;
        self.send(way, peer::answer(self, message, 202, "a").text());
        const auto contact = sip::parseNameAddress(message.value(sip::HeaderId::Contact));
        self.send(way, sip::Writer::request("NOTIFY", contact.uriText)
                           .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(self.port()) +
                                              ";branch=z9hG4bKnotify1")
                           .header("From", message.value(sip::HeaderId::To))
                           .header("To", message.value(sip::HeaderId::From))
                           .header("Call-ID", message.callId())
                           .header("CSeq", "1 NOTIFY")
                           .header("Contact", "<" + self.uri() + ">")
                           .header("Event", "refer")
                           .header("Subscription-State", "terminated;reason=noresource")
                           .header("Max-Forwards", "70")
                           .body("message/sipfrag", "SIP/2.0 " + end + "\r\n")
                           .text());
        return true;
    };
}

TEST(CallSession, ATransferThatCameToNothingIsSaidInWords)
{
    Peer callee{Phone(transferring("486 Busy Here"))};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->transfer(call, "sip:carol@127.0.0.1:9");
    const auto ended = [&] { return ear.calls().back().status == 486; };
    ASSERT_TRUE(support::stepUntil(ended));
    EXPECT_EQ(ear.calls().back().sentence, "The transfer did not come about: 486 Busy Here.");
    EXPECT_EQ(ear.count(CallStep::Ended), 0) << "the call stands";
}

TEST(CallSession, InfoAndTransferAreSentAndTheTransferIsFollowed)
{
    Peer callee{Phone(transferring("200 OK"))};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->sendInfo(call, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("INFO") == 1; }));
    EXPECT_THAT(all(callee, "INFO").front(), HasSubstr("Signal=5"));
    ear.engine->transfer(call, "sip:carol@127.0.0.1:9");
    ASSERT_TRUE(ear.waitFor(CallStep::Transfer, 2));
    EXPECT_THAT(all(callee, "REFER").front(), HasSubstr("Refer-To: <sip:carol@127.0.0.1:9>"));
    EXPECT_TRUE(ear.waitFor(CallStep::Ended)); // the transferor's part is done
    EXPECT_EQ(callee.count("BYE"), 1);
}

TEST(CallSession, AReferOfThePeerIsToldAndNeverFollowed)
{
    Peer callee{Phone()};
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const std::string text = callee.texts().front();
    const auto invite = sip::parse(text);
    std::uint16_t port = 0;
    for (const auto &packet : ear.all())
        if (packet.outgoing)
            port = packet.source.port;
    callee.sendTo(port,
                  sip::Writer::request("REFER", "sip:me@127.0.0.1")
                      .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(callee.port()) +
                                         ";branch=z9hG4bKrefer1")
                      .header("From", "<sip:bob@127.0.0.1>;tag=a")
                      .header("To", invite->value(sip::HeaderId::From))
                      .header("Call-ID", invite->callId())
                      .header("CSeq", "7 REFER")
                      .header("Contact", "<" + callee.uri() + ">")
                      .header("Refer-To", "<sip:+1900555010@127.0.0.1>")
                      .header("Max-Forwards", "70")
                      .text());
    ASSERT_TRUE(ear.waitFor(CallStep::TransferAsked));
    EXPECT_THAT(ear.first(CallStep::TransferAsked).target, HasSubstr("+1900555010"));
    ASSERT_TRUE(support::stepUntil([&] { return callee.texts().back().find("603") == 8; }));
    EXPECT_EQ(ear.count(CallStep::InviteSent), 1);
}

TEST(CallSession, ATransferToACostlyNumberIsRefused)
{
    Peer callee{Phone()};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->transfer(call, "sip:0%39-00123456@127.0.0.1");
    ASSERT_TRUE(ear.waitFor(CallStep::Transfer, 1));
    EXPECT_THAT(ear.first(CallStep::Transfer).sentence, HasSubstr("premium"));
    ear.engine->transfer(call, "sip:carol@127.0.0.1?Subject=a\r\nX-Evil: 1");
    ASSERT_TRUE(ear.waitFor(CallStep::Transfer, 2));
    EXPECT_THAT(ear.calls().back().sentence, HasSubstr("line end"));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("REFER"), 0);
}

/// What the answerer calls itself costs nobody anything: its call stands already.
TEST(CallSession, AnAttendedTransferNamesTheAnswererWhateverItsNumber)
{
    Peer callee{Phone()}, target{Phone([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method != sip::Method::Invite)
            return false;
        self.send(way, sip::responseTo(message, 200, "", "b")
                           .header("Contact", "<" + self.uri("+1900555010") + ">")
                           .body("application/sdp", ear::kAnswer)
                           .text());
        return true;
    })};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered, 1));
    const auto with = ear.engine->place(to(target));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered, 2));
    ear.engine->transfer(call, "", with);
    ASSERT_TRUE(ear.waitFor(CallStep::Transfer, 1));
    EXPECT_EQ(ear.first(CallStep::Transfer).sentence, "");
    ASSERT_EQ(callee.count("REFER"), 1);
    EXPECT_THAT(all(callee, "REFER").front(),
                HasSubstr("Refer-To: <" + target.uri("+1900555010") + "?Replaces="));
}

TEST(CallSession, A422IsAnsweredWithWhatItAsksFor)
{
    std::atomic<int> seen{0};
    Peer callee{Phone(
        [&](Peer &self, const sip::Message &message, const Way &way) {
            if (message.method != sip::Method::Invite || seen++ > 0)
                return false;
            self.send(way, sip::responseTo(message, 422, "", "x").header("Min-SE", "1800").text());
            return true;
        },
        "1800;refresher=uac")};
    Ear ear(ear::quick());
    auto request = to(callee);
    request.extras.sessionExpires = 90;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const auto invites = all(callee, "INVITE");
    ASSERT_EQ(invites.size(), 2U);
    EXPECT_THAT(invites[0], testing::AllOf(HasSubstr("Session-Expires: 90"), HasSubstr("timer")));
    EXPECT_THAT(invites[1],
                testing::AllOf(HasSubstr("Session-Expires: 1800"), HasSubstr("Min-SE: 1800")));
}

TEST(CallSession, TheSessionIsRefreshedAtHalfItsTime)
{
    Peer callee{Phone({}, "2;refresher=uac")};
    Ear ear(ear::quick());
    auto request = to(callee);
    request.extras.sessionExpires = 90;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("UPDATE") >= 2; }));
    const auto updates = all(callee, "UPDATE");
    EXPECT_THAT(updates.front(), HasSubstr("Session-Expires: 2;refresher=uac"));
    EXPECT_EQ(ear.count(CallStep::Held), 0);
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
}

TEST(CallSession, WithoutTheirRefreshTheCallEnds)
{
    Peer callee{Phone({}, "2;refresher=uas")};
    Ear ear(ear::quick());
    auto request = to(callee);
    request.extras.sessionExpires = 90;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(ear.told(base::LocalKind::TimedOut).size(), 1U);
}

} // namespace
