// SPDX-License-Identifier: Apache-2.0
// Outgoing calls against a raw-socket callee: answered, changed, hung up by either side.
#include "script.h"

#include <gmock/gmock.h>

namespace {

using callee::answerPlainly;
using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

class Calls : public testing::TestWithParam<base::Transport>
{
};

TEST_P(Calls, AreAnsweredAndHungUp)
{
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee, GetParam()));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    const auto answered = ear.first(CallStep::Answered);
    EXPECT_EQ(answered.status, 200);
    EXPECT_EQ(answered.toTag, "a");
    EXPECT_EQ(answered.sdp, ear::kAnswer);
    EXPECT_EQ(answered.remote.port, callee.port());
    EXPECT_EQ(ear.count(CallStep::Provisional), 2);
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("BYE"), 1);
    EXPECT_EQ(ear.count(CallStep::Failed), 0);
}

INSTANTIATE_TEST_SUITE_P(Transports, Calls,
                         testing::Values(base::Transport::Udp, base::Transport::Tcp),
                         [](const auto &each) {
                             return std::string(base::transportText(each.param));
                         });

TEST(Call, ALargeRequestIsToldOnceAndGoesOverUdp)
{
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    auto request = to(callee);
    request.extras.headers.emplace_back("X-Padding", std::string(1500, 'x'));
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_EQ(ear.told(base::LocalKind::LargeRequest).size(), 1U);
    EXPECT_THAT(ear.told(base::LocalKind::LargeRequest).front().sentence, HasSubstr("bytes"));
    EXPECT_EQ(callee.connections(), 0U); // no silent try over TCP
}

TEST(Call, OwnHeadersCannotInjectLines)
{
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    auto request = to(callee);
    request.extras.headers = {{"X-Note", " one "}, {"Subject", "hello"}, {"User-Agent", "other"}};
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const std::string inviteText = callee.texts().front();
    const auto invite = sip::parse(inviteText);
    ASSERT_TRUE(invite.has_value());
    ASSERT_NE(invite->find("X-Note"), nullptr);
    EXPECT_EQ(invite->find("X-Note")->value, "one");
    EXPECT_EQ(invite->value(sip::HeaderId::Subject), "hello");
    EXPECT_EQ(invite->value(sip::HeaderId::UserAgent), "other");
    for (const auto &[name, value] : {std::pair{"Bad Name", "x"},
                                      {"X-Note", "a\r\nX-Evil: b"},
                                      {"X-Note", "a\n"},
                                      {"Via", "x"},
                                      {"v", "x"},
                                      {"", "x"},
                                      {"t", "x"},
                                      {"Contact", "*"},
                                      {"route", "<sip:a>"}}) {
        auto bad = to(callee);
        bad.extras.headers = {{name, value}};
        const auto checked = engine::Engine::check(bad);
        ASSERT_FALSE(checked.has_value()) << name;
        EXPECT_EQ(checked.error().code, base::ErrorCode::BadInput);
    }
    auto bad = to(callee);
    bad.extras.headers = {{"X-Note", "a\r\nX-Evil: b"}};
    ear.engine->place(bad);
    EXPECT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(callee.count("INVITE"), 1);
}

TEST(Call, ALateOfferIsAnsweredInTheAck)
{
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    auto request = to(callee);
    request.description.clear();
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    const std::string ackText = callee.texts().back();
    const auto ack = sip::parse(ackText);
    EXPECT_THAT(std::string(ack->sdp()), HasSubstr("a=inactive"));
}

TEST(Call, TheCalleeMayHangUpAndChangeTheSession)
{
    std::uint16_t port = 0;
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    for (const auto &packet : ear.all())
        if (packet.outgoing)
            port = packet.source.port;
    const std::string inviteText = callee.texts().front();
    const auto invite = sip::parse(inviteText);
    const auto inDialog = [&](const std::string &method, int cseq) {
        return sip::Writer::request(method, "sip:me@127.0.0.1")
            .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(callee.port()) +
                               ";branch=z9hG4bK" + method)
            .header("From", "<sip:bob@127.0.0.1>;tag=a")
            .header("To", std::string(invite->value(sip::HeaderId::From)))
            .header("Call-ID", invite->callId())
            .header("CSeq", std::to_string(cseq) + " " + method)
            .header("Contact", "<" + callee.uri() + ">");
    };
    const auto answered = [&](const std::string &what) {
        return support::stepUntil([&] {
            for (const auto &text : callee.texts())
                if (text.find(what) != std::string::npos && text.compare(0, 8, "SIP/2.0 ") == 0)
                    return true;
            return false;
        });
    };
    callee.sendTo(port, inDialog("UPDATE", 1).body("application/sdp", ear::kAnswer).text());
    EXPECT_TRUE(answered("CSeq: 1 UPDATE"));
    EXPECT_THAT(callee.texts().back(),
                testing::AllOf(HasSubstr("SIP/2.0 200"), HasSubstr("m=audio 40000")));
    callee.sendTo(port, inDialog("REFER", 2).text());
    EXPECT_TRUE(answered("CSeq: 2 REFER"));
    EXPECT_THAT(callee.texts().back(), HasSubstr("SIP/2.0 603")); // never followed by itself
    callee.sendTo(port, inDialog("BYE", 3).text());
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_TRUE(answered("CSeq: 3 BYE"));
}

TEST(Call, ClosingTheEngineEndsCallsWithinTwoSeconds)
{
    Peer callee([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.text.find("ring@") != std::string_view::npos &&
            message.method == sip::Method::Invite && message.isRequest())
            self.send(way, sip::responseTo(message, 180, "", "r").text());
        else
            answerPlainly(self, message, way);
        if (message.method == sip::Method::Cancel && message.isRequest())
            self.send(way, sip::responseTo(message, 200, "", "r").text());
    });
    Ear ear;
    auto ringing = to(callee);
    ringing.target = callee.uri("ring");
    ear.engine->place(ringing);
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(ear.waitFor(CallStep::Provisional, 3));
    const auto before = base::now();
    ear.engine.reset();
    EXPECT_LT(base::now() - before, std::chrono::seconds(2));
    EXPECT_EQ(callee.count("BYE"), 1);
    EXPECT_GE(callee.count("CANCEL"), 1);
}

TEST(Call, TwoEnginesCallEachOther)
{
    Ear bob(ear::quick());
    Peer probe([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 603, "", "x").text());
    });
    bob.engine->place(to(probe));
    ASSERT_TRUE(bob.waitFor(CallStep::Failed));
    std::uint16_t port = 0;
    for (const auto &packet : bob.all())
        if (packet.outgoing)
            port = packet.source.port;
    Ear alice(ear::quick());
    engine::CallRequest request;
    request.target = "sip:bob@127.0.0.1:" + std::to_string(port);
    request.description = ear::kOffer;
    const auto call = alice.engine->place(request);
    ASSERT_TRUE(bob.waitFor(CallStep::Incoming));
    const auto incoming = bob.first(CallStep::Incoming);
    EXPECT_EQ(incoming.sdp, ear::kOffer);
    bob.engine->ring(incoming.call, 183, ear::kAnswer, true);
    bob.engine->answer(incoming.call, ear::kAnswer); // has to wait for the PRACK
    ASSERT_TRUE(alice.waitFor(CallStep::Answered) && bob.waitFor(CallStep::Answered));
    EXPECT_EQ(alice.count(CallStep::PrackDone), 1);
    EXPECT_EQ(bob.count(CallStep::PrackDone), 1);
    alice.engine->hangUp(call);
    EXPECT_TRUE(alice.waitFor(CallStep::Ended) && bob.waitFor(CallStep::Ended));

    const auto second = alice.engine->place(request);
    ASSERT_TRUE(bob.waitFor(CallStep::Incoming, 2));
    bob.engine->ring(bob.calls().back().call, 180, "", false);
    ASSERT_TRUE(support::stepUntil([&] { return alice.calls().back().status == 180; }));
    alice.engine->hangUp(second);
    EXPECT_TRUE(alice.waitFor(CallStep::Ended, 2) && bob.waitFor(CallStep::Ended, 2));

    alice.engine->place(request);
    ASSERT_TRUE(bob.waitFor(CallStep::Incoming, 3));
    bob.engine->decline(bob.calls().back().call, 603);
    ASSERT_TRUE(alice.waitFor(CallStep::Failed));
    EXPECT_EQ(alice.first(CallStep::Failed).status, 603);
}

} // namespace
