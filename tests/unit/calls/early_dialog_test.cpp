// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <gtest/gtest.h>

namespace {

using calls::EarlyState;
using calls::State;
using calls_test::kAlice;
using calls_test::kBob;
using calls_test::kProxy;
using calls_test::Stage;
using support::Fields;

std::string reliable(int rseq)
{
    return "Require: 100rel\r\nRSeq: " + std::to_string(rseq) + "\r\n";
}
std::string rack(int rseq, int cseq = 1)
{
    return "RAck: " + std::to_string(rseq) + " " + std::to_string(cseq) + " INVITE\r\n";
}

TEST(EarlyDialogs, KeepTwoReliableForksApart)
{
    Stage stage;
    stage.request("INVITE");
    const auto a = stage.response(183, "INVITE", {.toTag = "a", .extra = reliable(1), .sdp = true});
    const auto b = stage.response(183, "INVITE", {.toTag = "b", .extra = reliable(1), .sdp = true});
    const auto prackB =
        stage.request("PRACK", {.branch = "pb", .toTag = "b", .cseq = 2, .extra = rack(1)});
    const auto prackA =
        stage.request("PRACK", {.branch = "pa", .toTag = "a", .cseq = 2, .extra = rack(1)});
    const auto okB = stage.response(200, "PRACK", {.branch = "pb", .toTag = "b", .cseq = 2});
    const auto noA = stage.response(481, "PRACK", {.branch = "pa", .toTag = "a", .cseq = 2});
    const auto second = stage.response(180, "INVITE", {.toTag = "b", .extra = reliable(2)});

    const auto call = stage.call();
    ASSERT_EQ(call->earlyDialogs.size(), 2U);
    const auto *dialogA = call->dialog("a");
    const auto *dialogB = call->dialog("b");
    ASSERT_TRUE(dialogA != nullptr && dialogB != nullptr);
    ASSERT_EQ(dialogA->reliables.size(), 1U);
    EXPECT_EQ(dialogA->reliables[0].response, a);
    EXPECT_EQ(dialogA->reliables[0].prack, prackA);
    EXPECT_EQ(dialogA->reliables[0].prackFinal, noA);
    EXPECT_EQ(dialogA->reliables[0].prackStatus, 481);
    EXPECT_TRUE(dialogA->reliables[0].hasSdp);
    ASSERT_EQ(dialogB->reliables.size(), 2U);
    EXPECT_EQ(dialogB->reliables[0].response, b);
    EXPECT_EQ(dialogB->reliables[0].prack, prackB);
    EXPECT_EQ(dialogB->reliables[0].prackFinal, okB);
    EXPECT_EQ(dialogB->reliables[1].response, second);
    EXPECT_EQ(dialogB->reliables[1].rseq, 2U);
    EXPECT_FALSE(dialogB->reliables[1].prack.valid());
    EXPECT_EQ(call->dialog("c"), nullptr);
}

TEST(EarlyDialogs, EndWhenAnotherForkAnswers)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(183, "INVITE", {.toTag = "a", .sdp = true});
    stage.response(180, "INVITE", {.toTag = "b"});
    const auto ok = stage.response(200, "INVITE", {.toTag = "b", .sdp = true});
    auto call = stage.call();
    EXPECT_EQ(call->winner, 1U);
    EXPECT_EQ(call->earlyDialogs[0].state, EarlyState::Terminated);
    EXPECT_EQ(call->earlyDialogs[0].ended, stage.wire.trace.row(ok).time);
    EXPECT_EQ(call->earlyDialogs[1].state, EarlyState::Confirmed);

    // A second 2xx: that dialog is up as well until its BYE, the winner stays (RFC 3261
    // section 13.2.2.4).
    stage.response(200, "INVITE", {.toTag = "a"});
    call = stage.call();
    EXPECT_EQ(call->winner, 1U);
    EXPECT_EQ(call->earlyDialogs[0].state, EarlyState::Confirmed);
    EXPECT_EQ(call->finalResponse, ok);
    stage.request("BYE", {.branch = "bye", .toTag = "a", .cseq = 2});
    call = stage.call();
    EXPECT_EQ(call->earlyDialogs[0].state, EarlyState::Terminated);
    EXPECT_EQ(call->earlyDialogs[1].state, EarlyState::Confirmed);
    EXPECT_EQ(call->state, State::Answered) << "only the surplus dialog was hung up";
    EXPECT_FALSE(call->bye.valid());
}

TEST(EarlyDialogs, EndBy199AndByByeButTheCallGoesOn)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(183, "INVITE", {.toTag = "a", .sdp = true});
    stage.response(183, "INVITE", {.toTag = "b", .sdp = true});
    stage.response(199, "INVITE", {.toTag = "a"});
    stage.response(199, "INVITE", {.toTag = "never-seen"});
    stage.request("BYE", {.branch = "bye", .toTag = "b", .cseq = 2});
    const auto call = stage.call();
    ASSERT_EQ(call->earlyDialogs.size(), 2U) << "a 199 creates none";
    EXPECT_EQ(call->earlyDialogs[0].state, EarlyState::Terminated);
    EXPECT_EQ(call->earlyDialogs[1].state, EarlyState::Terminated);
    EXPECT_EQ(call->state, State::Early);
}

TEST(EarlyDialogs, AreOneAcrossHopsWithTheirReliableResponses)
{
    Stage stage;
    stage.request("INVITE");
    stage.relayed(kBob, "INVITE", {.branch = "p"});
    const Fields inner{.branch = "p", .toTag = "bob", .extra = reliable(7), .sdp = true};
    stage.answered(kBob, 183, "INVITE", inner);
    stage.answered(kBob, 183, "INVITE", inner);
    const auto outer =
        stage.response(183, "INVITE", {.toTag = "bob", .extra = reliable(7), .sdp = true});
    const auto prack =
        stage.request("PRACK", {.branch = "pr", .toTag = "bob", .cseq = 2, .extra = rack(7)});
    stage.relayed(kBob, "PRACK", {.branch = "p-pr", .toTag = "bob", .cseq = 2, .extra = rack(7)});
    stage.answered(kBob, 200, "PRACK", {.branch = "p-pr", .toTag = "bob", .cseq = 2});
    const auto ok = stage.response(200, "PRACK", {.branch = "pr", .toTag = "bob", .cseq = 2});
    const auto call = stage.call();
    ASSERT_EQ(call->earlyDialogs.size(), 1U);
    ASSERT_EQ(call->earlyDialogs[0].reliables.size(), 1U);
    EXPECT_EQ(call->earlyDialogs[0].reliables[0].response, outer);
    EXPECT_EQ(call->earlyDialogs[0].reliables[0].prack, prack);
    EXPECT_EQ(call->earlyDialogs[0].reliables[0].prackFinal, ok);
    EXPECT_EQ(call->earlyDialogs[0].provisionals, std::vector{outer});
    EXPECT_EQ(call->retransmissions, 1U);
}

TEST(EarlyDialogs, KeepARefusedForkThatOnlyTheProxySaw)
{
    Stage stage;
    stage.request("INVITE");
    stage.relayed(kBob, "INVITE", {.branch = "p.0"});
    stage.answered(kBob, 183, "INVITE", {.branch = "p.0", .toTag = "a", .sdp = true});
    stage.response(183, "INVITE", {.toTag = "a", .sdp = true});
    stage.response(183, "INVITE", {.toTag = "b", .sdp = true});
    stage.answered(kBob, 486, "INVITE", {.branch = "p.0", .toTag = "a"});
    const auto call = stage.call();
    EXPECT_EQ(call->dialog("a")->state, EarlyState::Terminated);
    EXPECT_EQ(call->dialog("b")->state, EarlyState::Early);
    EXPECT_EQ(call->state, State::Early);
}

TEST(EarlyDialogs, TakeThePrackThatWasSentAgainWithCredentials)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(183, "INVITE", {.toTag = "bob", .extra = reliable(7), .sdp = true});
    stage.request("PRACK", {.branch = "pr1", .toTag = "bob", .cseq = 2, .extra = rack(7)});
    stage.response(407, "PRACK", {.branch = "pr1", .toTag = "bob", .cseq = 2});
    EXPECT_EQ(stage.call()->earlyDialogs.at(0).reliables.at(0).prackStatus, 407);
    const auto again =
        stage.request("PRACK", {.branch = "pr2", .toTag = "bob", .cseq = 3, .extra = rack(7)});
    stage.response(407, "PRACK", {.branch = "pr1", .toTag = "bob", .cseq = 2}); // repeated, late
    const auto ok = stage.response(200, "PRACK", {.branch = "pr2", .toTag = "bob", .cseq = 3});
    const auto call = stage.call();
    const auto &reliable = call->earlyDialogs.at(0).reliables.at(0);
    EXPECT_EQ(reliable.prack, again);
    EXPECT_EQ(reliable.prackFinal, ok);
    EXPECT_EQ(reliable.prackStatus, 200);
}

TEST(EarlyDialogs, RememberTheLastEarlyMediaAuthorisation)
{
    Stage stage;
    stage.request("INVITE", {.extra = "P-Early-Media: supported\r\n"});
    stage.response(183, "INVITE",
                   {.toTag = "a", .extra = "P-Early-Media: inactive\r\n", .sdp = true});
    stage.response(183, "INVITE", {.toTag = "b", .sdp = true});
    EXPECT_EQ(stage.call()->dialog("a")->earlyMedia, "inactive");
    EXPECT_EQ(stage.call()->dialog("b")->earlyMedia, "");
    stage.wire.send(kProxy, kAlice,
                    support::request("UPDATE", {.branch = "u",
                                                .sentBy = "192.0.2.2:5060",
                                                .fromTag = "a",
                                                .toTag = "alice",
                                                .extra = "P-Early-Media: sendrecv\r\n"}));
    EXPECT_EQ(stage.call()->dialog("a")->earlyMedia, "sendrecv");
}

TEST(EarlyDialogs, DoNotMatchAPrackOfAnotherDialogOrNumber)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(183, "INVITE", {.toTag = "a", .extra = reliable(5)});
    stage.request("PRACK", {.branch = "1", .toTag = "b", .cseq = 2, .extra = rack(5)});
    stage.request("PRACK", {.branch = "2", .toTag = "a", .cseq = 3, .extra = rack(6)});
    stage.request("PRACK", {.branch = "3", .toTag = "a", .cseq = 4, .extra = rack(5, 9)});
    EXPECT_FALSE(stage.call()->earlyDialogs.at(0).reliables.at(0).prack.valid());
    const auto right =
        stage.request("PRACK", {.branch = "4", .toTag = "a", .cseq = 5, .extra = rack(5)});
    EXPECT_EQ(stage.call()->earlyDialogs.at(0).reliables.at(0).prack, right);
}

TEST(EarlyDialogs, OneWithoutToTagIsOneToo)
{
    Stage stage;
    const auto invite = stage.request("INVITE");
    const auto early = stage.response(183, "INVITE", {.sdp = true});
    const auto answer = stage.response(200, "INVITE", {.toTag = "b", .sdp = true});
    const auto call = stage.call();
    ASSERT_EQ(call->earlyDialogs.size(), 2U); // a response without tag is none of "b"
    EXPECT_EQ(call->earlyDialogs[0].toTag, "");
    EXPECT_EQ(call->earlyDialogs[0].firstSdp, early);
    EXPECT_EQ(call->earlyDialogs[0].state, calls::EarlyState::Terminated);
    EXPECT_EQ(call->earlyDialogs[1].answer, answer);
    EXPECT_EQ(call->winner, 1U);
    EXPECT_EQ(call->rows.at(0).row, invite);
    EXPECT_EQ(call->rows.at(0).earlyDialog, ~0U) << "no INVITE has a To-tag";
    EXPECT_EQ(call->rows.at(1).earlyDialog, 0U);
}

TEST(EarlyDialogs, OneWithoutToTagIsAnsweredAndEnds)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(100, "INVITE", {});
    EXPECT_TRUE(stage.call()->earlyDialogs.empty());
    stage.response(180, "INVITE", {});
    stage.response(200, "INVITE", {.sdp = true});
    ASSERT_EQ(stage.call()->earlyDialogs.size(), 1U);
    EXPECT_EQ(stage.call()->winner, 0U);
    EXPECT_EQ(stage.call()->earlyDialogs[0].state, calls::EarlyState::Confirmed);
    stage.request("BYE", {.branch = "bye", .cseq = 2});
    EXPECT_EQ(stage.call()->earlyDialogs[0].state, calls::EarlyState::Terminated);
}

} // namespace
