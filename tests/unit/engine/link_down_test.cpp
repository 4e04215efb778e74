// SPDX-License-Identifier: Apache-2.0
// A computer whose link goes down: its flows are not told to be reachable, and are asked anew when
// it is back.
#include "flow_machine.h"

#include <algorithm>
#include <engine/network_news.h>
#include <gmock/gmock.h>

namespace {

using base::FlowState;
using engine::KeeperAct;
using machine::Machine;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(LinkDown, NobodyIsReachedUntilItIsBackAndTheRegistrarAnswered)
{
    Machine flow;
    flow.comeUp();
    ASSERT_TRUE(flow.keeper.report().reachableSince.known());
    flow.after(5s);
    flow.keeper.linkDown(flow.now, "eth0");
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_FALSE(flow.keeper.report().reachableSince.known());
    EXPECT_EQ(flow.keeper.report().reachableUntil, flow.now);
    EXPECT_THAT(flow.keeper.report().reason, HasSubstr("network is down (eth0)"));
    const auto told = flow.reasons.size();
    flow.keeper.linkDown(flow.now, "eth0"); // the system repeats itself
    flow.keeper.bytes(flow.now);            // what had come before
    EXPECT_EQ(flow.keeper.state(), FlowState::Suspect);
    EXPECT_EQ(flow.reasons.size(), told);
    flow.keeper.take();
    flow.after(5s);
    flow.keeper.linkUp(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre(KeeperAct::Refresh));
    flow.after(5ms);
    flow.keeper.result(flow.now, machine::granted());
    EXPECT_EQ(flow.keeper.state(), FlowState::Up);
    EXPECT_TRUE(flow.keeper.report().reachableSince.known());
    flow.keeper.linkUp(flow.now);
    EXPECT_THAT(flow.keeper.take(), ElementsAre()) << "it had not been down";
}

TEST(LinkDown, IsWhatAFlowDiesOfThen)
{
    Machine flow;
    flow.comeUp();
    flow.keeper.linkDown(flow.now, "eth0");
    flow.keeper.closed(flow.now, "The network is silent: TCP gave up sending again.");
    EXPECT_TRUE(std::any_of(flow.reasons.begin(), flow.reasons.end(), [](const auto &each) {
        return each.find("network is down. The network is silent") != std::string::npos;
    }));
}

TEST(LinkDown, IsNotSaidOfALinkThatRunsOrOfNobodysAddress)
{
    EXPECT_EQ(engine::linkThatIsDown(base::Address::v4(0x7F000001)), "");
    EXPECT_EQ(engine::linkThatIsDown(base::Address::v4(0xC0000201)), "");
}

} // namespace
