// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <gtest/gtest.h>

namespace {

using calls::EarlyState;
using calls::State;
using calls_test::kBob;
using calls_test::kCarol;
using calls_test::kProxy;
using calls_test::Stage;

/// A capture behind a forking proxy: two branches of one INVITE, nothing of the caller's own hop.
class ForkedCall : public testing::Test
{
protected:
    void fork()
    {
        stage.relayed(kBob, "INVITE", {.branch = "p.0"});
        stage.relayed(kCarol, "INVITE", {.branch = "p.1"});
    }
    trace::RowId bob(int status)
    {
        return stage.answered(kBob, status, "INVITE", {.branch = "p.0", .toTag = "bob"});
    }
    trace::RowId carol(int status)
    {
        return stage.answered(kCarol, status, "INVITE", {.branch = "p.1", .toTag = "carol"});
    }

    Stage stage;
};

TEST_F(ForkedCall, IsNotRefusedWhileAnotherBranchRings)
{
    fork();
    bob(180);
    carol(180);
    carol(486);
    EXPECT_EQ(stage.call()->state, State::Early);
    EXPECT_EQ(stage.call()->dialog("carol")->state, EarlyState::Terminated);
    EXPECT_EQ(stage.call()->dialog("bob")->state, EarlyState::Early);
    const auto ok = bob(200);
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->finalResponse, ok);
    ASSERT_LT(call->winner, call->earlyDialogs.size());
    EXPECT_EQ(call->earlyDialogs[call->winner].toTag, "bob");
}

TEST_F(ForkedCall, KeepsTheDialogOfTheNewerBranchWhenTheOlderIsRefused)
{
    fork();
    bob(180);
    carol(180);
    bob(486);
    EXPECT_EQ(stage.call()->state, State::Early);
    EXPECT_EQ(stage.call()->dialog("carol")->state, EarlyState::Early);
    const auto busy = carol(480);
    EXPECT_EQ(stage.call()->state, State::Failed);
    EXPECT_EQ(stage.call()->dialog("carol")->state, EarlyState::Terminated);
    EXPECT_EQ(stage.call()->finalStatus, 486) << "the first refusal of equal worth";
    EXPECT_EQ(stage.call()->ended, stage.wire.trace.row(busy).time);
}

TEST_F(ForkedCall, IsAnsweredByABranchThatWasSilentWhenTheOtherRefused)
{
    fork();
    carol(486);
    EXPECT_EQ(stage.call()->state, State::Failed);
    const auto ok = bob(200);
    EXPECT_EQ(stage.call()->state, State::Answered);
    EXPECT_EQ(stage.call()->finalResponse, ok);
    EXPECT_FALSE(stage.call()->ended.known());
}

TEST_F(ForkedCall, EndsWithTheDeclineAndNotWithThe487ItCaused)
{
    fork();
    bob(180);
    carol(180);
    const auto decline = carol(603);
    stage.relayed(kBob, "CANCEL", {.branch = "p.0"});
    stage.answered(kBob, 200, "CANCEL", {.branch = "p.0"});
    bob(487);
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Failed);
    EXPECT_EQ(call->finalStatus, 603);
    EXPECT_EQ(call->finalResponse, decline);
}

TEST_F(ForkedCall, IsNotHeldOpenByABranchThatDiedAfterItsCancel)
{
    stage.relayed(kBob, "INVITE", {.branch = "p.0"});
    bob(180);
    stage.relayed(kBob, "CANCEL", {.branch = "p.0"}); // no answer: the phone is gone
    stage.relayed(kCarol, "INVITE", {.branch = "p.1"});
    carol(404);
    EXPECT_EQ(stage.call()->state, State::Failed);
    EXPECT_EQ(stage.call()->finalStatus, 404);
}

TEST(EarlyBye, OfOneForkIsNotTheEndOfTheCallThatAnotherAnswers)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(183, "INVITE", {.toTag = "a"});
    stage.response(183, "INVITE", {.toTag = "b"});
    stage.request("BYE", {.branch = "two", .toTag = "a", .cseq = 2});
    stage.response(200, "BYE", {.branch = "two", .toTag = "a", .cseq = 2});
    stage.response(200, "INVITE", {.toTag = "b"});
    EXPECT_EQ(stage.call()->state, State::Answered);
    EXPECT_FALSE(stage.call()->bye.valid());
    const auto bye = stage.request("BYE", {.branch = "three", .toTag = "b", .cseq = 3});
    EXPECT_EQ(stage.call()->state, State::Ended);
    EXPECT_EQ(stage.call()->bye, bye);
}

TEST(EarlyBye, ThatGetsA487IsACallGivenUp)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(180, "INVITE", {.toTag = "bob"});
    stage.request("BYE", {.branch = "two", .toTag = "bob", .cseq = 2});
    stage.response(200, "BYE", {.branch = "two", .toTag = "bob", .cseq = 2});
    stage.response(487, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Cancelled);
}

/// A back-to-back user agent may hand the Call-ID on: the far leg has a From-tag of its own.
TEST(FarLeg, UnderTheSameCallIdIsNoForkOfTheCall)
{
    Stage stage;
    const auto far = [](std::string branch, std::string toTag) {
        return support::Fields{.branch = std::move(branch),
                               .sentBy = "192.0.2.2:5060",
                               .fromTag = "b2b",
                               .toTag = std::move(toTag)};
    };
    stage.request("INVITE");
    stage.wire.send(kProxy, kBob, support::request("INVITE", far("far", "")));
    stage.wire.send(kBob, kProxy, support::response(180, "INVITE", far("far", "bob")));
    stage.response(180, "INVITE", {.toTag = "near"});
    stage.wire.send(kBob, kProxy, support::response(200, "INVITE", far("far", "bob")));
    EXPECT_EQ(stage.call()->dialog("near")->state, EarlyState::Early);
    stage.response(200, "INVITE", {.toTag = "near"});
    auto fields = far("bye", "bob");
    fields.cseq = 2;
    stage.wire.send(kProxy, kBob, support::request("BYE", fields));
    auto call = stage.call();
    ASSERT_EQ(call->earlyDialogs.size(), 1U);
    EXPECT_EQ(call->state, State::Answered) << "the caller's leg still stands";
    const auto bye = stage.request("BYE", {.branch = "end", .toTag = "near", .cseq = 2});
    call = stage.call();
    EXPECT_EQ(call->state, State::Ended);
    EXPECT_EQ(call->bye, bye);
}

TEST(NextCall, UnderTheSameCallIdKeepsNothingOfTheOneBefore)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(200, "INVITE", {.toTag = "bob"});
    stage.request("BYE", {.branch = "two", .toTag = "bob", .cseq = 2});
    stage.request("INVITE", {.branch = "three", .cseq = 3});
    stage.response(486, "INVITE", {.branch = "three", .toTag = "busy", .cseq = 3});
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Failed);
    EXPECT_EQ(call->winner, ~0U);
    EXPECT_FALSE(call->bye.valid());
    EXPECT_FALSE(call->answered.known());
}

TEST(FirstProvisional, IsNoNoticeThatAnEarlyDialogEnded)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(199, "INVITE", {.toTag = "a"});
    EXPECT_FALSE(stage.call()->firstProvisional.valid());
    const auto ringing = stage.response(180, "INVITE", {.toTag = "b"});
    EXPECT_EQ(stage.call()->firstProvisional, ringing);
}

} // namespace
