// SPDX-License-Identifier: Apache-2.0
// Outgoing calls against a raw-socket callee.
#include "ear.h"
#include "peer.h"

#include <gmock/gmock.h>

namespace {

using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

engine::CallRequest to(const Peer &callee, base::Transport transport = base::Transport::Udp)
{
    engine::CallRequest out;
    out.target = callee.uri();
    out.transport = transport;
    out.offer = ear::kOffer;
    return out;
}

/// 100, 180, 200; BYE is answered.
void answerPlainly(Peer &self, const sip::Message &message, const Way &way)
{
    if (message.method == sip::Method::Invite && message.isRequest()) {
        self.send(way, sip::responseTo(message, 100, "", "").text());
        self.send(way, peer::answer(self, message, 180, "a").text());
        self.send(
            way,
            peer::answer(self, message, 200, "a").body("application/sdp", ear::kAnswer).text());
    } else if (message.method == sip::Method::Bye && message.isRequest()) {
        self.send(way, sip::responseTo(message, 200, "", "").text());
    }
}

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

} // namespace
