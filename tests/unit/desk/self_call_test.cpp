// SPDX-License-Identifier: Apache-2.0
// Which of the calls that come in is the one that we placed to our own address.
#include <desk/self_call.h>
#include <gmock/gmock.h>

using desk::AccountInfo;
using desk::CallInfo;
using desk::SelfCall;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant kThen{1'700'000'000'000'000'000};
constexpr engine::CallHandle kOwn{7};

AccountInfo bob(int flows = 1)
{
    AccountInfo out;
    out.handle = engine::AccountHandle{1};
    out.account.aor = "sip:bob@Example.test";
    for (int i = 1; i <= flows; ++i) {
        out.account.proxies.push_back("sip:edge" + std::to_string(i) + ".test");
        auto &flow = out.flows[static_cast<std::uint32_t>(i)];
        flow.state = base::FlowState::Up;
        flow.remote = *base::Endpoint::parse("192.0.2." + std::to_string(i) + ":5060");
    }
    return out;
}

CallInfo own()
{
    CallInfo out;
    out.handle = kOwn;
    out.callId = "ours";
    out.options.extras.flow = 1;
    return out;
}

CallInfo incoming(std::uint32_t handle, const std::string &callId, const std::string &from)
{
    CallInfo out;
    out.handle = {handle};
    out.callId = callId;
    out.from = from;
    out.incoming = true;
    out.stage = CallInfo::Stage::Ringing;
    return out;
}

/// With our own call under way, and then that one coming in.
SelfCall with(const CallInfo &info)
{
    SelfCall out(bob(2), kThen);
    out.add(own(), kOwn, kThen);
    out.add(info, kOwn, kThen + 40ms);
    return out;
}

/// What opening ports and devices takes is not the proxy's time.
TEST(SelfCall, TheTimeCountsFromTheInvite)
{
    SelfCall call(bob(2), kThen);
    call.add(own(), kOwn, kThen + 10ms);
    auto sent = own();
    sent.invites = {"first"};
    call.add(sent, kOwn, kThen + 1500ms);
    sent.invites.emplace_back("with credentials");
    call.add(sent, kOwn, kThen + 1520ms);
    call.add(incoming(9, "ours", "sip:bob@example.test"), kOwn, kThen + 1540ms);
    ASSERT_TRUE(call.reached());
    EXPECT_EQ(call.took(), 40ms);
    EXPECT_EQ(call.left(), kThen + 1500ms);
}

} // namespace

TEST(SelfCall, TheSameCallIdIsOurs)
{
    const auto call = with(incoming(8, "ours", "<sip:anybody@elsewhere.test>;tag=x"));
    EXPECT_TRUE(call.reached());
    EXPECT_EQ(call.took(), 40ms);
    EXPECT_THAT(call.conclusion(true, false), testing::AllOf(HasSubstr("having left over flow 1"),
                                                             Not(HasSubstr("back-to-back"))));
}

TEST(SelfCall, ABackToBackUserAgentIsKnownByTheCallersNameThatItKeeps)
{
    SelfCall call(bob(), kThen);
    const auto from = call.options(bob()).from;
    EXPECT_THAT(from, testing::EndsWith(" <sip:bob@Example.test>"));
    const auto name = from.substr(0, from.find(" <"));
    EXPECT_NE(name, SelfCall(bob(), kThen).options(bob()).from.substr(0, name.size()))
        << "each call has a name of its own";
    call.add(own(), kOwn, kThen);
    call.add(incoming(8, "another", "\"Earshot\" <sip:200@10.0.0.1>;tag=x"), kOwn, kThen);
    EXPECT_FALSE(call.reached());
    call.add(incoming(9, "another", name + " <sip:200@10.0.0.1>;tag=x"), kOwn, kThen + 5ms);
    EXPECT_TRUE(call.reached());
    EXPECT_THAT(call.conclusion(true, false), HasSubstr("our caller's name"));
}

TEST(SelfCall, ACallerIsOursByUserAndHost)
{
    EXPECT_TRUE(with(incoming(8, "other", "\"Bob\" <sip:bob@example.TEST>;tag=x")).reached());
    EXPECT_TRUE(with(incoming(8, "other", "<sip:b%6Fb@edge2.test;user=phone>;tag=x")).reached())
        << "whoever passes the call on may name himself";
    EXPECT_TRUE(with(incoming(8, "other", "<sip:bob@192.0.2.1>;tag=x")).reached());
    const auto namesake = with(incoming(8, "other", "<sip:bob@elsewhere.test>;tag=x"));
    EXPECT_FALSE(namesake.reached()) << "a namesake of another domain calls at that moment";
    EXPECT_THAT(namesake.conclusion(true, true), HasSubstr("it was not ours"));
    EXPECT_FALSE(with(incoming(8, "other", "<sip:alice@example.test>;tag=x")).reached());
}

TEST(SelfCall, WhatRangBeforeIsNotTheAnswer)
{
    const auto call = with(incoming(3, "other", "<sip:bob@example.test>;tag=x"));
    EXPECT_FALSE(call.reached());
    EXPECT_THAT(call.conclusion(true, true), Not(HasSubstr("came in meanwhile")));
}

TEST(SelfCall, TheOrderInWhichTheyAreToldDoesNotMatter)
{
    SelfCall call(bob(), kThen);
    call.add(incoming(8, "ours", "<sip:x@y.test>"), {}, kThen + 5ms); // not known to be placed yet
    EXPECT_FALSE(call.reached());
    call.add(own(), kOwn, kThen + 6ms);
    EXPECT_TRUE(call.reached());
    EXPECT_EQ(call.took(), 5ms);
}

TEST(SelfCall, LeavesByAnotherFlowThanTheOneInQuestion)
{
    const auto leaves = [](const AccountInfo &account, std::uint32_t asked) {
        return SelfCall(account, kThen, asked).options(account).extras.flow;
    };
    EXPECT_EQ(leaves(bob(3), 1), 2U);
    EXPECT_EQ(leaves(bob(3), 2), 1U);
    EXPECT_EQ(leaves(bob(1), 1), 0U) << "there is only one";
    EXPECT_EQ(leaves(bob(3), 0), 0U);
    auto lame = bob(3);
    lame.flows[2].state = base::FlowState::BackingOff;
    EXPECT_EQ(leaves(lame, 1), 3U);
}

TEST(SelfCall, TellsByWhichFlowItCameIn)
{
    const auto came = [](std::uint32_t asked, std::uint32_t by) {
        SelfCall out(bob(2), kThen, asked);
        out.add(own(), kOwn, kThen);
        auto info = incoming(8, "ours", "<sip:bob@example.test>");
        info.cameBy = by;
        out.add(info, kOwn, kThen + 40ms);
        return out;
    };
    const auto asked = came(2, 2);
    EXPECT_EQ(asked.cameBy(), 2U);
    EXPECT_FALSE(asked.elsewhere());
    EXPECT_THAT(asked.conclusion(true, false),
                testing::AllOf(HasSubstr("over flow 2, having left over flow 1."),
                               Not(HasSubstr("says nothing"))));
    const auto other = came(2, 1);
    EXPECT_TRUE(other.elsewhere());
    EXPECT_THAT(other.conclusion(true, false), HasSubstr("this says nothing of flow 2."));
    EXPECT_FALSE(came(0, 1).elsewhere());
    EXPECT_THAT(came(2, 0).conclusion(true, false), HasSubstr("over none of our flows"));
}

TEST(SelfCall, ARefusalThatSaysNothingOfReachabilityIsToldAsThat)
{
    const struct {
        int status;
        const char *words;
    } kCases[] = {{302, "cannot tell"},
                  {403, "cannot tell"},
                  {482, "cannot tell"},
                  {486, "cannot tell"},
                  {603, "cannot tell"},
                  {480, "registered but not reachable"},
                  {430, "has the flow of this registration no more"}};
    for (const auto &[status, words] : kCases) {
        SelfCall call(bob(), kThen);
        auto refused = own();
        refused.status = status;
        refused.stage = CallInfo::Stage::Failed;
        call.add(refused, kOwn, kThen);
        EXPECT_THAT(call.conclusion(true, false), HasSubstr(words)) << status;
        EXPECT_THAT(call.conclusion(false, false), HasSubstr("not registered")) << status;
    }
}
