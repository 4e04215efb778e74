// SPDX-License-Identifier: Apache-2.0
// A call that comes in over a flow of an account: who may ask for the account's credentials.
#include "incoming.h"
#include "registrar.h"

#include <gmock/gmock.h>

namespace {

using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Registrar;
using peer::Way;
using testing::HasSubstr;
using testing::Not;

constexpr const char *kEdge = "Digest realm=\"edge\", nonce=\"n\", qop=\"auth\"";

/// Bob's account; somebody calls him, is answered, and refuses the first BYE with a challenge.
class CalledOverAFlow : public testing::Test
{
public:
    CalledOverAFlow()
    {
        registrar.challenge = kEdge;
        registrar.others(follow());
    }
    Peer::Handler follow()
    {
        return [this](Peer &self, const sip::Message &message, const Way &way) {
            if (message.isRequest() && message.method == sip::Method::Bye) {
                auto response = sip::responseTo(message, ++byes == 1 ? 407 : 200, "", "");
                for (const auto &challenge : byes == 1 ? challenges : std::vector<std::string>())
                    response.header("Proxy-Authenticate", challenge);
                self.send(way, response.text());
            }
            if (message.isRequest() || message.status != 200 ||
                message.method != sip::Method::Invite || !acks)
                return;
            self.send(way, sip::Writer::request("ACK", "sip:bob@127.0.0.1")
                               .header("Via", via(way.stream, self) + "ack")
                               .header("From", message.value(sip::HeaderId::From))
                               .header("To", message.value(sip::HeaderId::To))
                               .header("Call-ID", message.callId())
                               .header("CSeq", "7 ACK")
                               .text());
        };
    }
    static std::string via(bool stream, const Peer &peer)
    {
        return std::string("SIP/2.0/") + (stream ? "TCP" : "UDP") +
               " 127.0.0.1:" + std::to_string(peer.port()) + ";branch=z9hG4bK";
    }
    void registerBob(base::Transport transport)
    {
        engine::Account bob;
        bob.aor = "sip:bob@example.test";
        bob.proxies = {transport == base::Transport::Tcp ? registrar.proxy() : registrar.uri()};
        bob.transport = transport;
        bob.credentials = {"bob", "secret"};
        account = ear.engine->addAccount(bob);
        ASSERT_TRUE(support::stepUntil([&] {
            return ear.state(1) == base::FlowState::Provisional ||
                   ear.state(1) == base::FlowState::Up;
        }));
    }
    static std::string invite(bool stream, const Peer &peer, const std::string &contact)
    {
        return sip::Writer::request("INVITE", stream ? "sip:bob@127.0.0.1;transport=tcp"
                                                     : "sip:bob@127.0.0.1")
            .header("Via", via(stream, peer) + "inv")
            .header("From", "<sip:alice@example.test>;tag=al")
            .header("To", "<sip:bob@example.test>")
            .header("Call-ID", "incoming-2")
            .header("CSeq", "7 INVITE")
            .header("Contact", "<" + contact + ">")
            .header("Max-Forwards", "70")
            .body("application/sdp", ear::kOffer)
            .text();
    }
    void callOverTheFlow()
    {
        registerBob(base::Transport::Tcp);
        registrar.peer().send(registrar.way("1"), invite(true, registrar.peer(),
                                                         "sip:alice@127.0.0.1:9;transport=tcp"));
    }
    /// Answers the call that comes, and hangs it up.
    void answerAndHangUp()
    {
        ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
        const auto incoming = ear.first(CallStep::Incoming);
        EXPECT_EQ(incoming.regId, 1U); // the account's call, else this proves nothing
        ear.engine->answer(incoming.call, ear::kAnswer);
        ASSERT_TRUE(ear.waitFor(CallStep::Answered));
        ear.engine->hangUp(incoming.call);
        ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    }
    void expectNoCredentials(const Peer &caller)
    {
        EXPECT_EQ(byes, 1);
        EXPECT_EQ(ear.first(CallStep::Ended).status, 407);
        for (const auto &text : caller.texts()) {
            if (text.compare(0, 4, "BYE ") == 0) {
                EXPECT_THAT(text, Not(HasSubstr("Authorization")));
            }
        }
        const auto notes = ear.told(base::LocalKind::Note);
        EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [&](const auto &each) {
            return each.sentence.find("asks for the account's password") != std::string::npos;
        }));
    }

    /// What the edge got first: a BYE, or the REGISTER that takes the binding back.
    std::string firstGoodbye()
    {
        for (const auto &text : registrar.peer().texts()) {
            if (text.starts_with("BYE "))
                return "BYE";
            if (text.starts_with("REGISTER ") && text.find("expires=0") != std::string::npos)
                return "REGISTER";
        }
        return {};
    }

    std::atomic<int> byes{0};
    bool acks = true; // our 200
    engine::AccountHandle account;
    std::vector<std::string> challenges{kEdge};
    Registrar registrar;
    Ear ear{ear::quick(std::chrono::milliseconds(200))};
};

TEST_F(CalledOverAFlow, TheEdgesChallengeToOurByeIsAnswered)
{
    callOverTheFlow();
    answerAndHangUp();
    EXPECT_EQ(ear.first(CallStep::Ended).status, 200);
    EXPECT_EQ(byes, 2);
    EXPECT_THAT(registrar.peer().texts(),
                testing::Contains(testing::AllOf(
                    HasSubstr("BYE sip:alice@127.0.0.1:9"),
                    HasSubstr("Proxy-Authorization: Digest username=\"bob\", realm=\"edge\""),
                    HasSubstr("uri=\"sip:alice@127.0.0.1:9"))));
}

/// RFC 5626: the BYE has no other way than the flow.
TEST_F(CalledOverAFlow, ACallEndsBeforeItsFlow)
{
    acks = false;
    byes = 1; // no challenge
    ASSERT_NO_FATAL_FAILURE(callOverTheFlow());
    ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
    ear.engine->answer(ear.first(CallStep::Incoming).call, ear::kAnswer);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.peer().copies("SIP/2.0 200") > 0; }));
    ear.engine->removeAccount(account);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == base::FlowState::Off; }));
    EXPECT_EQ(firstGoodbye(), "BYE");
}

/// The account's un-REGISTER waits for its call; behind the REGISTER of the account that takes its
/// place it would take that one's binding away.
TEST_F(CalledOverAFlow, AnAccountThatIsAddedAgainRegistersBehindTheGoodbye)
{
    acks = false;
    byes = 1;
    ASSERT_NO_FATAL_FAILURE(callOverTheFlow());
    ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
    ear.engine->answer(ear.first(CallStep::Incoming).call, ear::kAnswer);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.peer().copies("SIP/2.0 200") > 0; }));
    ear.engine->removeAccount(account);
    const auto former = account;
    registerBob(base::Transport::Tcp);
    std::size_t goodbye = 0, again = 0; // how many REGISTERs until then
    const auto look = [&] {
        std::size_t count = 0;
        goodbye = again = 0;
        const auto texts = registrar.registers("1");
        for (const auto &text : texts) {
            ++count;
            const bool same = sip::parse(text)->callId() == sip::parse(texts.front())->callId();
            if (same && text.find("expires=0") != std::string::npos)
                goodbye = count;
            else if (!same && again == 0)
                again = count;
        }
        return goodbye > 0 && again > 0;
    };
    ASSERT_TRUE(support::stepUntil(look));
    EXPECT_LT(goodbye, again);
    const auto up = [&] {
        const auto all = ear.flows();
        return all.back().account != former && base::isRegistered(all.back().report.state);
    };
    EXPECT_TRUE(support::stepUntil(up));
}

TEST_F(CalledOverAFlow, TheEndOfTheProgramKeepsThatOrder)
{
    acks = false;
    byes = 1;
    ASSERT_NO_FATAL_FAILURE(callOverTheFlow());
    ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
    ear.engine->answer(ear.first(CallStep::Incoming).call, ear::kAnswer);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.peer().copies("SIP/2.0 200") > 0; }));
    ear.engine.reset();
    EXPECT_EQ(firstGoodbye(), "BYE");
}

TEST_F(CalledOverAFlow, AnotherRealmIsToldNothing)
{
    challenges = {"Digest realm=\"elsewhere\", nonce=\"n\", qop=\"auth\""};
    callOverTheFlow();
    answerAndHangUp();
    expectNoCredentials(registrar.peer());
}

TEST_F(CalledOverAFlow, OfTwoRealmsOnlyTheEdgesIsAnswered)
{
    challenges = {"Digest realm=\"elsewhere\", nonce=\"n\", qop=\"auth\"", kEdge};
    callOverTheFlow();
    answerAndHangUp();
    EXPECT_EQ(byes, 2);
    const auto texts = registrar.peer().texts();
    EXPECT_THAT(texts, testing::Contains(HasSubstr("Proxy-Authorization: Digest")));
    EXPECT_THAT(texts, Not(testing::Contains(HasSubstr("realm=\"elsewhere\""))));
}

TEST_F(CalledOverAFlow, AWeakerAlgorithmThanTheRegistersIsToldNothing)
{
    registrar.challenge = std::string(kEdge) + ", algorithm=SHA-256";
    callOverTheFlow();
    answerAndHangUp();
    expectNoCredentials(registrar.peer());
}

TEST_F(CalledOverAFlow, AStrongerAlgorithmIsAnswered)
{
    challenges = {std::string(kEdge) + ", algorithm=SHA-256"};
    callOverTheFlow();
    answerAndHangUp();
    EXPECT_EQ(byes, 2);
    EXPECT_EQ(ear.first(CallStep::Ended).status, 200);
}

TEST_F(CalledOverAFlow, WhoeverCallsTheFlowsPortIsToldNothing)
{
    registerBob(base::Transport::Udp);
    Peer stranger(follow());
    stranger.sendTo(registrar.way("1").remote.port, invite(false, stranger, stranger.uri("alice")));
    answerAndHangUp();
    expectNoCredentials(stranger);
}

TEST_F(CalledOverAFlow, TheEdgeOfAUdpFlowIsAnswered)
{
    registerBob(base::Transport::Udp);
    registrar.peer().sendTo(registrar.way("1").remote.port,
                            invite(false, registrar.peer(), registrar.peer().uri("alice")));
    answerAndHangUp();
    EXPECT_EQ(byes, 2);
    EXPECT_EQ(ear.first(CallStep::Ended).status, 200);
}

} // namespace
