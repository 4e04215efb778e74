// SPDX-License-Identifier: Apache-2.0
#include <desk/disowned.h>
#include <gmock/gmock.h>
#include <support/wire.h>

namespace {

using desk::Disowned;

TEST(Doubt, ACallToAnAddressOfOursMeansItsFlows)
{
    desk::AccountInfo info;
    info.handle = {3};
    info.account.aor = "sip:bob@example.test";
    for (const std::uint32_t regId : {1U, 2U, 3U}) {
        info.flows[regId].regId = regId;
        info.flows[regId].state = regId == 3 ? base::FlowState::BackingOff : base::FlowState::Up;
    }
    const desk::Accounts430 accounts{{info.handle, info}};
    engine::CallEvent event;
    event.step = engine::CallStep::Failed;
    event.status = 430;
    desk::CallOptions call;
    call.target = "sip:bob@EXAMPLE.test;transport=tcp";
    const auto all = desk::doubtsOf(event, call, accounts);
    ASSERT_EQ(all.size(), 2U) << "a flow that is not registered is no use asking";
    EXPECT_EQ(all[0].regId, 1U);
    EXPECT_EQ(all[1].regId, 2U);
    EXPECT_THAT(all[0].why, testing::HasSubstr("430 Flow Failed"));

    event.account = info.handle;
    event.regId = 2; // whether the user chose that flow or not
    EXPECT_EQ(desk::doubtsOf(event, call, accounts).size(), 1U) << "it carried the call";
    call.target = "sip:carol@example.test";
    EXPECT_TRUE(desk::doubtsOf(event, call, accounts).empty());
    call.target = info.account.aor;
    event.local = true;
    EXPECT_TRUE(desk::doubtsOf(event, call, accounts).empty());
    event.local = false;
    event.status = 480;
    EXPECT_TRUE(desk::doubtsOf(event, call, accounts).empty());
}

class DisownedFlow : public testing::Test
{
protected:
    DisownedFlow()
    {
        m_flow.id = {7};
        m_flow.ours = true;
        m_flow.userAgent = base::Endpoint::parse("192.0.2.9:40001").value();
        m_flow.edge = base::Endpoint::parse("192.0.2.1:5060").value();
        m_flow.report.aor = "sip:bob@example.test";
        m_flow.report.regId = 2;
        m_info.handle = {3};
        m_info.account.aor = m_flow.report.aor;
        auto &now = m_info.flows[2];
        now = m_flow.report;
        now.state = base::FlowState::Up;
        now.local = m_flow.userAgent;
        now.remote = m_flow.edge;
        happens(flows::Happening::Registered);
    }
    void happens(flows::Happening what)
    {
        flows::FlowEvent event;
        event.what = what;
        event.status = what == flows::Happening::Disowned ? 430 : 200;
        event.row = m_wire.send("192.0.2.1:5060", "192.0.2.5:5060",
                                support::response(event.status, "INVITE"));
        m_flow.events.push_back(event);
    }
    std::vector<desk::Doubt> told()
    {
        return m_disowned.ofFlows({std::make_shared<const flows::Flow>(m_flow)},
                                  {{m_info.handle, m_info}}, m_wire.trace);
    }

    Disowned m_disowned;
    flows::Flow m_flow;
    desk::AccountInfo m_info;
    support::Wire m_wire;
};

TEST_F(DisownedFlow, IsToldOnce)
{
    EXPECT_TRUE(told().empty());
    happens(flows::Happening::Disowned);
    const auto first = told();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].account, m_info.handle);
    EXPECT_EQ(first[0].regId, 2U);
    EXPECT_THAT(first[0].why, testing::HasSubstr("192.0.2.1:5060 said 430"));
    EXPECT_TRUE(told().empty());
}

TEST_F(DisownedFlow, ThatWasRegisteredSinceOrReplacedIsNot)
{
    happens(flows::Happening::Disowned);
    happens(flows::Happening::Registered);
    EXPECT_TRUE(told().empty());
    happens(flows::Happening::Disowned);
    m_info.flows[2].local = base::Endpoint::parse("192.0.2.9:40002").value();
    EXPECT_TRUE(told().empty());
}

} // namespace
