// SPDX-License-Identifier: Apache-2.0
// How a flow ends: by what came on it, and by the end of the program.
#include "ear.h"
#include "registrar.h"

#include <gmock/gmock.h>

namespace {

using base::FlowState;
using ear::Ear;
using peer::Registrar;
using peer::Way;
using testing::HasSubstr;

engine::Options quickFlows()
{
    auto out = ear::quick();
    out.firstPing = std::chrono::milliseconds(20);
    out.backOffBase = std::chrono::milliseconds(20);
    return out;
}

engine::Account bobAt(const std::string &edge)
{
    engine::Account out;
    out.aor = "sip:bob@example.test";
    out.proxies = {edge};
    return out;
}

TEST(FlowEnd, WhatIsNoSipEndsAFlowAndItRecovers)
{
    Registrar registrar;
    Ear ear(quickFlows());
    ear.engine->addAccount(bobAt(registrar.proxy()));
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Up; }));
    registrar.peer().send(registrar.way("1"), "\x80 no SIP\r\n");
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) >= 1; }));
    for (const auto &event : ear.flows()) {
        if (event.report.state == FlowState::Failed) {
            EXPECT_THAT(event.report.reason, HasSubstr("bytes that are not SIP"));
        }
    }
    EXPECT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Up) >= 2; }));
    EXPECT_EQ(registrar.peer().connections(), 2U);
}

TEST(FlowEnd, ARegisterWithoutAnAnswerIsTakenBackAtTheEnd)
{
    peer::Peer silent([](peer::Peer &, const sip::Message &, const Way &) {});
    {
        Ear ear(quickFlows());
        ear.engine->addAccount(bobAt(silent.uri() + ";transport=tcp"));
        ASSERT_TRUE(support::stepUntil([&] { return silent.count("REGISTER") == 1; }));
    }
    ASSERT_TRUE(support::stepUntil([&] { return silent.count("REGISTER") == 2; }));
    const auto all = silent.texts();
    const auto first = sip::parse(all[0]), second = sip::parse(all[1]);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(second->value(sip::HeaderId::Expires), "0");
    EXPECT_EQ(second->value(sip::HeaderId::CSeq), "2 REGISTER");
    EXPECT_EQ(second->callId(), first->callId());
    EXPECT_EQ(silent.connections(), 1U);
}

} // namespace
