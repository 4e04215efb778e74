// SPDX-License-Identifier: Apache-2.0
// A message beyond what the stack takes is skipped, and the connection it came on goes on: a flow
// is not lost for it, nor does a callee that answered stay alone.
#include "registrar.h"
#include "script.h"

#include <gmock/gmock.h>

namespace {

using base::FlowState;
using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Registrar;
using peer::Way;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::string options(Registrar &registrar, const std::string &branch, std::size_t body)
{
    return sip::Writer::request("OPTIONS", "sip:bob@127.0.0.1")
        .header("Via", "SIP/2.0/TCP 127.0.0.1:" + std::to_string(registrar.peer().port()) +
                           ";branch=z9hG4bK" + branch)
        .header("From", "<sip:edge@127.0.0.1>;tag=e")
        .header("To", "<sip:bob@127.0.0.1>")
        .header("Call-ID", branch)
        .header("CSeq", "1 OPTIONS")
        .header("Max-Forwards", "70")
        .body("text/plain", std::string(body, '\n'))
        .text();
}

engine::Options calm()
{
    auto out = ear::quick();
    out.firstPing = 20ms;
    out.pongTimeout = 30s;
    return out;
}

class LargeOnAFlow : public testing::TestWithParam<std::size_t>
{
};

TEST_P(LargeOnAFlow, IsSkippedAndTheNextRequestIsAnswered)
{
    Registrar registrar;
    std::atomic<int> answers{0};
    registrar.others([&](Peer &, const sip::Message &message, const Way &) {
        answers += message.status == 200 && message.callId() == "after" ? 1 : 0;
    });
    Ear ear(calm());
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {registrar.proxy()};
    ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Up) >= 1; }));
    registrar.peer().send(registrar.way("1"),
                          options(registrar, "large", GetParam()) + options(registrar, "after", 2));
    ASSERT_TRUE(support::stepUntil([&] { return answers == 1; }));
    EXPECT_EQ(ear.state(1), FlowState::Up);
    EXPECT_EQ(ear.states(1, FlowState::Failed), 0);
    EXPECT_EQ(registrar.peer().connections(), 1U);
    const auto told = ear.told(base::LocalKind::GuardRefused);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told.front().sentence,
                testing::AllOf(HasSubstr("OPTIONS sip:bob@127.0.0.1"), HasSubstr("skipped"),
                               HasSubstr("the connection is kept")));
}

INSTANTIATE_TEST_SUITE_P(Sizes, LargeOnAFlow, testing::Values(60'000, 65'536, 1'000'000),
                         [](const auto &each) { return std::to_string(each.param); });

/// Each would be a row and a pong of its own.
TEST(KeepAliveFlood, IsNeitherRecordedNorAnsweredAndTheNextRequestIs)
{
    Registrar registrar;
    std::atomic<int> answers{0};
    registrar.others([&](Peer &, const sip::Message &message, const Way &) {
        answers += message.status == 200 && message.callId() == "after" ? 1 : 0;
    });
    Ear ear(calm());
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {registrar.proxy()};
    ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Up) >= 1; }));
    constexpr std::size_t kPings = 50'000;
    std::string flood;
    for (std::size_t i = 0; i < kPings; ++i)
        flood += "\r\n\r\n";
    registrar.peer().send(registrar.way("1"), flood);
    registrar.peer().send(registrar.way("1"), options(registrar, "after", 2));
    ASSERT_TRUE(support::stepUntil([&] { return answers == 1; }));
    std::size_t recorded = 0;
    for (const auto &packet : ear.all())
        recorded += packet.outgoing ? 0 : packet.payload.text().size();
    EXPECT_LT(recorded, flood.size() / 10);
    EXPECT_LT(registrar.pongsSeen, 1000);
    const auto told = ear.told(base::LocalKind::GuardRefused);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_THAT(told.front().sentence, HasSubstr("floods us with keep-alives"));
}

TEST(Large, AnAnswerIsStillAcknowledgedAndTheCallCanBeEnded)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, peer::answer(self, message, 200, "a")
                           .body("application/sdp", ear::kAnswer + std::string(70'000, '\n'))
                           .text());
    }));
    Ear ear(calm());
    const auto call = ear.engine->place(to(callee, base::Transport::Tcp));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    EXPECT_TRUE(ear.waitFor(CallStep::Answered)); // told behind the ACK
    ear.engine->hangUp(call);
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("BYE") == 1; }));
    EXPECT_EQ(callee.connections(), 1U);
}

} // namespace
