// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <gtest/gtest.h>

namespace {

using calls::EarlyState;
using calls::State;
using calls_test::kBob;
using calls_test::kCarol;
using calls_test::Stage;
using support::Fields;

TEST(CallState, FollowsAPlainCallFromInviteToBye)
{
    Stage stage;
    stage.request("INVITE");
    EXPECT_EQ(stage.call()->state, State::Calling);
    stage.response(100);
    EXPECT_EQ(stage.call()->state, State::Proceeding);
    const auto ringing = stage.response(180, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Early);
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob", .sdp = true});
    const auto ack = stage.request("ACK", {.branch = "two", .toTag = "bob"});
    const auto bye = stage.request("BYE", {.branch = "three", .toTag = "bob", .cseq = 2});
    stage.response(200, "BYE", {.branch = "three", .toTag = "bob", .cseq = 2});

    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Ended);
    EXPECT_EQ(call->kind, calls::Kind::Call);
    EXPECT_EQ(call->from, "alice@example.test");
    EXPECT_EQ(call->to, "bob@example.test");
    EXPECT_EQ(call->requestUri, "sip:bob@example.test");
    EXPECT_EQ(call->fromTag, "alice");
    EXPECT_EQ(call->finalStatus, 200);
    EXPECT_EQ(call->finalResponse, ok);
    EXPECT_EQ(call->firstProvisional, ringing);
    EXPECT_EQ(call->bye, bye);
    EXPECT_EQ(call->rows.size(), 7U);
    EXPECT_EQ(call->retransmissions, 0U);
    ASSERT_EQ(call->earlyDialogs.size(), 1U);
    EXPECT_EQ(call->winner, 0U);
    EXPECT_TRUE(call->earlyDialogs[0].alerting);
    EXPECT_EQ(call->earlyDialogs[0].answer, ok);
    EXPECT_EQ(call->earlyDialogs[0].answerSdp, ok);
    EXPECT_EQ(call->earlyDialogs[0].state, EarlyState::Terminated);
    ASSERT_EQ(call->transactions.size(), 3U); // INVITE, the ACK of a 2xx, BYE
    EXPECT_FALSE(call->transactions[0].ack.valid());
    EXPECT_EQ(call->transactions[1].request, ack);
    EXPECT_TRUE(call->transactions[2].inDialog);
    EXPECT_EQ(call->transactions[2].finalStatus, 200);
}

TEST(CallState, GoesOnWithTheSameCallAfterAChallenge)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(407, "INVITE", {.toTag = "proxy"});
    const auto ack = stage.request("ACK", {.toTag = "proxy"});
    EXPECT_EQ(stage.call()->state, State::Failed);
    EXPECT_EQ(stage.call()->finalStatus, 407);
    EXPECT_EQ(stage.call()->transactions[0].ack, ack);

    stage.request("INVITE", {.branch = "two", .cseq = 2});
    EXPECT_EQ(stage.call()->state, State::Calling);
    EXPECT_EQ(stage.call()->finalStatus, 0);
    stage.response(200, "INVITE", {.branch = "two", .toTag = "bob", .cseq = 2});
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->transactions.size(), 2U);
    EXPECT_EQ(call->earlyDialogs.size(), 1U) << "a 407's tag is no early dialog";
    EXPECT_EQ(stage.book.size(), 1U);
}

TEST(CallState, IsNotFailedByA430AtAMiddleHop)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(100);
    const auto first = stage.relayed(kBob, "INVITE", {.branch = "p.0"});
    stage.answered(kBob, 430, "INVITE", {.branch = "p.0", .toTag = "edge"});
    stage.relayed(kBob, "ACK", {.branch = "p.0", .toTag = "edge"});
    EXPECT_EQ(stage.call()->state, State::Proceeding);
    const auto second = stage.relayed(kCarol, "INVITE", {.branch = "p.1"});
    stage.answered(kCarol, 183, "INVITE", {.branch = "p.1", .toTag = "bob", .sdp = true});
    EXPECT_EQ(stage.call()->state, State::Proceeding) << "the originator has not got the 183 yet";
    const auto progress = stage.response(183, "INVITE", {.toTag = "bob", .sdp = true});
    stage.answered(kCarol, 200, "INVITE", {.branch = "p.1", .toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Early);
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob"});

    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->finalStatus, 200);
    EXPECT_EQ(call->finalResponse, ok);
    ASSERT_EQ(call->transactions.size(), 3U);
    EXPECT_EQ(call->transactions[1].request, first);
    EXPECT_EQ(call->transactions[1].finalStatus, 430);
    EXPECT_EQ(call->transactions[2].request, second);
    ASSERT_EQ(call->earlyDialogs.size(), 1U) << "one To-tag, two hops";
    ASSERT_EQ(call->earlyDialogs[0].provisionals.size(), 1U);
    EXPECT_EQ(call->earlyDialogs[0].provisionals[0], progress) << "as the originator saw it";
    EXPECT_EQ(call->earlyDialogs[0].firstSdp, progress);
    EXPECT_EQ(call->earlyDialogs[0].answer, ok);
}

TEST(CallState, TellsACancelledCallFromARefusedOne)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(180, "INVITE", {.toTag = "bob"});
    stage.request("CANCEL");
    stage.response(200, "CANCEL", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Early);
    stage.response(487, "INVITE", {.toTag = "bob"});
    stage.request("ACK", {.toTag = "bob"});
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Cancelled);
    EXPECT_EQ(call->finalStatus, 487);
    EXPECT_EQ(call->earlyDialogs.at(0).state, EarlyState::Terminated);
    ASSERT_EQ(call->transactions.size(), 2U);
    EXPECT_EQ(call->transactions[1].method, sip::Method::Cancel);
    EXPECT_EQ(call->transactions[1].finalStatus, 200);
    EXPECT_TRUE(call->transactions[0].ack.valid());

    Stage refused;
    refused.request("INVITE");
    refused.response(487, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(refused.call()->state, State::Failed) << "nobody cancelled";
}

TEST(CallState, LetsTheAnswerWinTheRaceAgainstTheCancel)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(180, "INVITE", {.toTag = "bob"});
    stage.request("CANCEL");
    stage.response(200, "INVITE", {.toTag = "bob"});
    stage.response(200, "CANCEL", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Answered);
    stage.request("ACK", {.branch = "two", .toTag = "bob"});
    stage.request("BYE", {.branch = "three", .toTag = "bob", .cseq = 2});
    EXPECT_EQ(stage.call()->state, State::Ended);
}

TEST(CallState, KeepsTheFirstFinalWhenTwoContradict)
{
    Stage stage;
    stage.request("INVITE");
    const auto first = stage.response(477, "INVITE", {.toTag = "sl.1"});
    const auto second = stage.response(477, "INVITE", {.toTag = "tm-2"});
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Failed);
    EXPECT_EQ(call->finalResponse, first);
    ASSERT_EQ(call->transactions.size(), 1U);
    EXPECT_EQ(call->transactions[0].finalResponse, first);
    EXPECT_EQ(call->transactions[0].responses, (std::vector<trace::RowId>{first, second}));
}

TEST(CallState, TakesALocalFailureAsTheOutcome)
{
    Stage stage;
    stage.request("INVITE");
    const auto event = stage.wire.local(base::LocalKind::TimedOut, 408, "call-1");
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Failed);
    EXPECT_EQ(call->finalStatus, 408);
    EXPECT_FALSE(call->finalResponse.valid()) << "no such response was on the wire";
    EXPECT_EQ(call->transactions.at(0).localFailure, event);
    EXPECT_EQ(call->transactions.at(0).finalStatus, 0);
    ASSERT_EQ(call->rows.size(), 2U);
    EXPECT_EQ(call->rows[1].row, event);
    EXPECT_EQ(call->rows[1].transaction, 0U);
}

TEST(CallState, TakesATimeoutAfterACancelForTheInvites)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(180, "INVITE", {.toTag = "bob"});
    stage.request("CANCEL");
    const auto event = stage.wire.local(base::LocalKind::TimedOut, 408, "call-1");
    EXPECT_EQ(stage.call()->state, State::Failed);
    EXPECT_EQ(stage.call()->transactions.at(0).localFailure, event);
    EXPECT_EQ(stage.call()->earlyDialogs.at(0).state, EarlyState::Terminated);
}

TEST(CallState, KnowsACallThatNeverReachedTheWire)
{
    Stage stage;
    stage.wire.local(base::LocalKind::Unresolvable, 503, "nowhere");
    const auto call = stage.call();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->state, State::Failed);
    EXPECT_EQ(call->finalStatus, 503);
    EXPECT_TRUE(call->transactions.empty());
}

/// RFC 3261 section 15.1.1: the edge died, so the BYE found no way; the caller is gone all the
/// same.
TEST(CallState, AByeThatCannotLeaveEndsTheCall)
{
    const auto answered = [](Stage &stage, base::LocalKind kind) {
        stage.request("INVITE");
        stage.response(200, "INVITE", {.toTag = "bob", .sdp = true});
        const auto ack = stage.request("ACK", {.branch = "two", .toTag = "bob"});
        base::LocalEvent event;
        event.kind = kind;
        event.code = 503;
        event.callId = stage.wire.trace.callId(stage.wire.trace.row(ack).call);
        event.toTag = "bob";
        stage.wire.local(event);
        return stage.call()->state;
    };
    Stage refused, noted;
    EXPECT_EQ(answered(refused, base::LocalKind::ConnectionRefused), State::Ended);
    EXPECT_TRUE(refused.call()->ended.known());
    EXPECT_EQ(answered(noted, base::LocalKind::Note), State::Answered) << "a hold that failed";
}

TEST(CallState, KnowsWhoWasToCallWhomThoughNothingLeft)
{
    Stage stage;
    base::LocalEvent event;
    event.kind = base::LocalKind::Unresolvable;
    event.callId = "nowhere";
    event.from = "sip:alice@example.test";
    event.to = "sip:bob@nowhere.test;transport=tcp";
    stage.wire.local(event);
    const auto call = stage.call();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->from, "alice@example.test");
    EXPECT_EQ(call->to, "bob@nowhere.test");
    EXPECT_EQ(call->requestUri, event.to);
}

TEST(CallState, AFlowThatNeverConnectedIsARegistrationNotACall)
{
    Stage stage;
    base::LocalEvent event;
    event.kind = base::LocalKind::FlowChanged;
    event.callId = "flow";
    event.flow = std::make_shared<const base::FlowReport>();
    stage.wire.local(event);
    stage.wire.local(base::LocalKind::ConnectionRefused, 503, "flow");
    const auto call = stage.call();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->kind, calls::Kind::Registration);
    EXPECT_EQ(call->state, State::Failed);
}

TEST(CallState, JoinsLocalEventsToTheirCallWithoutFailingIt)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(183, "INVITE", {.toTag = "bob", .sdp = true});
    const auto note = stage.wire.local(base::LocalKind::MediaStarted, 0, "call-1", "bob");
    EXPECT_EQ(stage.call()->state, State::Early);
    ASSERT_EQ(stage.call()->rows.size(), 3U);
    EXPECT_EQ(stage.call()->rows[2].row, note);
    EXPECT_EQ(stage.call()->rows[2].earlyDialog, 0U);
    stage.response(200, "INVITE", {.toTag = "bob"});
    stage.request("BYE", {.branch = "b", .toTag = "bob", .cseq = 2});
    const auto lost = stage.wire.local(base::LocalKind::TimedOut, 408, "call-1");
    EXPECT_EQ(stage.call()->state, State::Ended) << "a lost BYE does not undo the call";
    EXPECT_EQ(stage.call()->finalStatus, 200);
    EXPECT_EQ(stage.call()->transactions.at(1).localFailure, lost);
}

TEST(CallState, GoesOnAfterALocalFailureAtAnotherServer)
{
    Stage stage;
    stage.request("INVITE");
    stage.wire.local(base::LocalKind::ConnectionRefused, 503, "call-1");
    EXPECT_EQ(stage.call()->state, State::Failed);
    stage.wire.send(calls_test::kAlice, kCarol, support::request("INVITE", {.branch = "two"}));
    EXPECT_EQ(stage.call()->state, State::Calling);
    stage.wire.send(kCarol, calls_test::kAlice,
                    support::response(200, "INVITE", {.branch = "two", .toTag = "bob"}));
    EXPECT_EQ(stage.call()->state, State::Answered);
}

TEST(CallState, ReadsWhatItCanFromTheMiddleOfACall)
{
    Stage stage;
    stage.response(180, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Early);
    stage.response(200, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Answered);
    EXPECT_FALSE(stage.call()->invite.valid());

    Stage later;
    later.request("BYE", {.branch = "b", .toTag = "bob", .cseq = 7});
    EXPECT_EQ(later.call()->state, State::Ended);
    EXPECT_EQ(later.call()->kind, calls::Kind::Call);
}

TEST(CallState, TakesTheAckAsProofWhereTheOriginatorsResponsesAreMissing)
{
    Stage stage;
    stage.request("INVITE");
    stage.relayed(kBob, "INVITE", {.branch = "p"});
    const auto ok = stage.answered(kBob, 200, "INVITE", {.branch = "p", .toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Calling);
    stage.request("ACK", {.branch = "two", .toTag = "bob"});
    EXPECT_EQ(stage.call()->state, State::Answered);
    EXPECT_EQ(stage.call()->finalResponse, ok);
}

TEST(CallState, FollowsARegistrationThroughChallengeAndRefresh)
{
    Stage stage;
    stage.request("REGISTER");
    stage.response(401, "REGISTER", {.toTag = "r"});
    EXPECT_EQ(stage.call()->state, State::Failed);
    EXPECT_EQ(stage.call()->kind, calls::Kind::Registration);
    stage.request("REGISTER", {.branch = "two", .cseq = 2});
    EXPECT_EQ(stage.call()->state, State::Calling);
    stage.response(200, "REGISTER", {.branch = "two", .toTag = "r2", .cseq = 2});
    EXPECT_EQ(stage.call()->state, State::Answered);
    EXPECT_TRUE(stage.call()->earlyDialogs.empty());
    const auto accepted = stage.call()->answered;
    EXPECT_EQ(accepted, stage.call()->last);
    stage.request("REGISTER", {.branch = "refresh", .cseq = 3});
    stage.response(200, "REGISTER", {.branch = "refresh", .toTag = "r2", .cseq = 3});
    EXPECT_GT(stage.call()->last, accepted);
    EXPECT_EQ(stage.call()->answered, accepted) << "the first time that it was accepted";
    stage.request("REGISTER", {.branch = "three", .cseq = 4});
    stage.response(403, "REGISTER", {.branch = "three", .toTag = "r3", .cseq = 4});
    EXPECT_EQ(stage.call()->state, State::Failed);
    EXPECT_EQ(stage.call()->finalStatus, 403);

    Stage other;
    other.request("OPTIONS");
    other.response(200, "OPTIONS", {.toTag = "o"});
    EXPECT_EQ(other.call()->kind, calls::Kind::Other);
    EXPECT_EQ(other.call()->finalStatus, 200);
}

TEST(CallState, IsNotChangedByAReInvite)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(200, "INVITE", {.toTag = "bob"});
    stage.request("INVITE", {.branch = "re", .toTag = "bob", .cseq = 2});
    stage.response(488, "INVITE", {.branch = "re", .toTag = "bob", .cseq = 2});
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->finalStatus, 200);
    EXPECT_EQ(call->earlyDialogs.at(0).state, EarlyState::Confirmed);
    EXPECT_TRUE(call->transactions.at(1).inDialog);
}

TEST(CallState, ARegistrationThatNeverLeftIsNamedByItsFlow)
{
    Stage stage;
    base::LocalEvent event;
    event.kind = base::LocalKind::FlowChanged;
    event.callId = "flow";
    base::FlowReport report;
    report.aor = "sip:bob@example.test";
    event.flow = std::make_shared<const base::FlowReport>(report);
    stage.wire.local(std::move(event));
    ASSERT_TRUE(stage.call());
    EXPECT_EQ(stage.call()->kind, calls::Kind::Registration);
    EXPECT_EQ(stage.call()->to, "bob@example.test");
    EXPECT_EQ(stage.call()->from, "bob@example.test");
}

} // namespace
