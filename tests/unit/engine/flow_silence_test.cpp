// SPDX-License-Identifier: Apache-2.0
// The silent drill: a flow that is lost without a word to its edge, over TCP and over UDP.
#include "ear.h"
#include "registrar.h"

#include <gmock/gmock.h>

namespace {

using base::FlowState;
using ear::Ear;
using peer::Registrar;
using testing::HasSubstr;
using namespace std::chrono_literals;

class SilentFlow : public testing::Test
{
public:
    static engine::Options options()
    {
        auto out = ear::quick();
        out.firstPing = 20ms;
        out.pongTimeout = 400ms;
        return out;
    }
    base::FlowReport last() const { return ear.flows().back().report; }

    void isNoticedByItsKeepAliveAlone(const char *transport);

    Registrar registrar;
    Ear ear{options()};
};

void SilentFlow::isNoticedByItsKeepAliveAlone(const char *transport)
{
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {registrar.uri() + ";transport=" + transport};
    const auto handle = ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Up) > 0; }));
    const auto before = last().local;
    const int pings = registrar.pingsSeen;
    ear.engine->drill(handle, 1, engine::Drill::Silence);
    ASSERT_TRUE(support::stepUntil([&] {
        return last().reason.find("nothing passes") != std::string::npos;
    })) << last().reason;
    ear.engine->ping(handle, 1);
    registrar.peer().send(registrar.way("1"), "OPTIONS sip:lost SIP/2.0\r\n\r\n");
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) > 0; }));
    ASSERT_TRUE(support::stepUntil([&] { return last().state == FlowState::Up; }));
    EXPECT_NE(last().local, before);
    const auto failed = [](const auto &each) { return each.report.state == FlowState::Failed; };
    const auto all = ear.flows();
    const auto at = std::find_if(all.begin(), all.end(), failed);
    ASSERT_NE(at, all.end());
    EXPECT_THAT(at->report.reason, testing::StartsWith("No "));
    EXPECT_EQ(registrar.peer().ended(), 0U) << "the edge was told";
    EXPECT_EQ(registrar.pingsSeen, pings + 1) << "only the new flow's ping arrives";
    for (const auto &text : registrar.peer().texts())
        EXPECT_THAT(text, testing::StartsWith("REGISTER ")) << "something came of the OPTIONS";
}

TEST_F(SilentFlow, OverTcpIsMadeAnew)
{
    isNoticedByItsKeepAliveAlone("tcp");
    EXPECT_EQ(last().losses, 1);
}

TEST_F(SilentFlow, OverUdpIsMadeAnew)
{
    isNoticedByItsKeepAliveAlone("udp");
    EXPECT_EQ(last().losses, 1);
}

} // namespace
