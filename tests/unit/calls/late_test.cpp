// SPDX-License-Identifier: Apache-2.0
// What comes when its transaction has done its work, and requests that reach an element twice.
#include "stage.h"

#include <gtest/gtest.h>

namespace {

using calls::EarlyState;
using calls::State;
using calls_test::kAlice;
using calls_test::kBob;
using calls_test::kCarol;
using calls_test::kProxy;
using calls_test::Stage;
using namespace std::chrono_literals;

std::vector<trace::RowId> order(const calls::Call &call)
{
    std::vector<trace::RowId> out;
    for (const auto &row : call.rows)
        out.push_back(row.row);
    return out;
}

class Files : public testing::Test
{
protected:
    /// What comes from here on is of that file and begins at that time.
    void from(std::uint32_t file, std::chrono::microseconds at)
    {
        stage.wire.trace.readFrom(file);
        stage.wire.time = start + at;
    }
    Stage stage;
    const base::Instant start = stage.wire.time;
};

TEST_F(Files, a100StandsBelowItsInviteThoughTheOtherClockIsAhead)
{
    from(1, 100ms);
    const auto invite = stage.request("INVITE");
    from(2, 30ms);
    const auto trying = stage.response(100);
    from(2, 90ms);
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob"});
    from(1, 95ms);
    const auto ack = stage.request("ACK", {.branch = "a", .toTag = "bob"});
    const auto call = stage.call();
    EXPECT_EQ(order(*call), (std::vector{invite, trying, ok, ack}));
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->last, start + 100ms);
}

TEST_F(Files, aRequestSentAgainIsNoCauseOfWhatCameBefore)
{
    from(1, 1000ms);
    const auto again = stage.request("INVITE"); // the first one was not captured
    from(2, 520ms);
    const auto trying = stage.response(100);
    EXPECT_EQ(order(*stage.call()), (std::vector{trying, again}));
}

TEST_F(Files, stampsOfOneFileAreTakenAsTheyAre)
{
    from(1, 100ms);
    const auto invite = stage.request("INVITE");
    from(1, 30ms);
    const auto trying = stage.response(100);
    EXPECT_EQ(order(*stage.call()), (std::vector{trying, invite}));
}

/// Two interfaces of one capture, or a driver that stamps its two directions apart.
TEST_F(Files, stampsOfOneFileAreALittleApart)
{
    from(1, 100ms);
    const auto trying = stage.response(100);
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob"});
    from(1, 90ms);
    const auto ack = stage.request("ACK", {.branch = "a", .toTag = "bob"});
    from(1, 105ms);
    const auto invite = stage.request("INVITE");
    EXPECT_EQ(order(*stage.call()), (std::vector{invite, trying, ok, ack}));
    EXPECT_EQ(stage.call()->first, start + 105ms);
}

TEST_F(Files, aPrackStampedALittleEarlyStandsBelowWhatItConfirms)
{
    from(1, 100ms);
    const auto invite = stage.request("INVITE");
    from(1, 1500ms);
    const auto prack = stage.request(
        "PRACK", {.branch = "p", .toTag = "b", .cseq = 2, .extra = "RAck: 7 1 INVITE\r\n"});
    from(1, 1501ms);
    const auto reliable =
        stage.response(183, "INVITE", {.toTag = "b", .extra = "Require: 100rel\r\nRSeq: 7\r\n"});
    EXPECT_EQ(order(*stage.call()), (std::vector{invite, reliable, prack}));
}

TEST_F(Files, anAckStampedALittleEarlyStandsBelowItsFinalResponse)
{
    from(1, 100ms);
    const auto invite = stage.request("INVITE");
    from(1, 200ms);
    const auto ack = stage.request("ACK", {.toTag = "bob"});
    from(1, 201ms);
    const auto busy = stage.response(486, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(order(*stage.call()), (std::vector{invite, busy, ack}));
}

TEST_F(Files, aCancelStampedALittleEarlyStandsBelowItsInvite)
{
    from(1, 100ms);
    const auto cancel = stage.request("CANCEL");
    from(1, 100ms + 1us);
    const auto invite = stage.request("INVITE");
    EXPECT_EQ(order(*stage.call()), (std::vector{invite, cancel}));
}

TEST_F(Files, rowsThatWouldCauseEachOtherStayWhereTheyAre)
{
    stage.wire.step = {};
    std::vector<trace::RowId> sent;
    sent.push_back(stage.request("INVITE"));
    sent.push_back(
        stage.request("PRACK", {.branch = "p", .toTag = "b", .extra = "RAck: 7 1 X\r\n"}));
    sent.push_back(stage.response(
        183, "PRACK", {.branch = "p", .toTag = "b", .extra = "Require: 100rel\r\nRSeq: 7\r\n"}));
    EXPECT_EQ(order(*stage.call()), sent);
}

/// RFC 3261 section 8.2.2.2: a request that reached the callee over two ways.
TEST(MergedRequest, thatIsRefused482IsATransactionOfItsOwn)
{
    Stage stage;
    stage.relayed(kBob, "INVITE", {.branch = "p.0"});
    stage.wire.send(kCarol, kBob,
                    support::request("INVITE", {.branch = "c.0", .sentBy = "192.0.2.4:5060"}));
    stage.answered(kBob, 180, "INVITE", {.branch = "p.0", .toTag = "bob"});
    stage.wire.send(
        kBob, kCarol,
        support::response(482, "INVITE",
                          {.branch = "c.0", .sentBy = "192.0.2.4:5060", .toTag = "merged"}));
    EXPECT_EQ(stage.call()->state, State::Early);
    stage.answered(kBob, 200, "INVITE", {.branch = "p.0", .toTag = "bob"});
    const auto call = stage.call();
    ASSERT_EQ(call->transactions.size(), 2U);
    EXPECT_EQ(call->transactions[0].finalStatus, 200);
    EXPECT_EQ(call->transactions[1].finalStatus, 482);
    EXPECT_EQ(call->retransmissions, 0U);
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->finalStatus, 200);
}

/// RFC 3261 section 16.3: a request may pass a proxy again if its Request-URI changed.
TEST(Spiral, throughAProxyIsATransactionForEachHop)
{
    Stage stage;
    const auto hop = [&](const char *from, const char *to, std::string branch, const char *sentBy) {
        const support::Fields fields{.branch = std::move(branch), .sentBy = sentBy};
        stage.wire.send(from, to, support::request("INVITE", fields));
    };
    stage.request("INVITE");
    hop(kProxy, kCarol, "p1", "192.0.2.2:5060");
    hop(kCarol, kProxy, "c1", "192.0.2.4:5060");
    hop(kProxy, kBob, "p2", "192.0.2.2:5060");
    hop(kProxy, kBob, "p2", "192.0.2.2:5060"); // sent again after a while
    const auto back = [&](const char *from, const char *to, std::string branch,
                          const char *sentBy) {
        const support::Fields fields{.branch = std::move(branch), .sentBy = sentBy, .toTag = "bob"};
        stage.wire.send(from, to, support::response(200, "INVITE", fields));
    };
    back(kBob, kProxy, "p2", "192.0.2.2:5060");
    back(kProxy, kCarol, "c1", "192.0.2.4:5060");
    back(kCarol, kProxy, "p1", "192.0.2.2:5060");
    back(kProxy, kAlice, "one", "192.0.2.1:5060");
    const auto call = stage.call();
    ASSERT_EQ(call->transactions.size(), 4U);
    for (const auto &transaction : call->transactions)
        EXPECT_EQ(transaction.finalStatus, 200);
    EXPECT_EQ(call->retransmissions, 1U);
    EXPECT_EQ(call->earlyDialogs.size(), 1U);
    EXPECT_EQ(call->state, State::Answered);
}

/// RFC 6026 section 7.1: the 2xx of every fork passes the transaction that accepted the first.
TEST(LateResponse, OfAnotherForkIsADialogOfItsOwn)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(200, "INVITE", {.toTag = "a"});
    stage.request("ACK", {.branch = "x", .toTag = "a"});
    stage.response(200, "INVITE", {.toTag = "b"});
    stage.request("ACK", {.branch = "y", .toTag = "b"});
    stage.request("BYE", {.branch = "z", .toTag = "b", .cseq = 2});
    const auto call = stage.call();
    ASSERT_EQ(call->earlyDialogs.size(), 2U);
    EXPECT_EQ(call->dialog("a")->state, EarlyState::Confirmed);
    EXPECT_EQ(call->dialog("b")->state, EarlyState::Terminated);
    EXPECT_EQ(call->winner, 0U);
    EXPECT_EQ(call->state, State::Answered) << "the dialog that was answered first goes on";
    EXPECT_EQ(call->retransmissions, 0U);
}

TEST(LateResponse, ChangesNothingOfWhatWasDecided)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(180, "INVITE", {.toTag = "bob"});
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob"});
    stage.request("ACK", {.branch = "x", .toTag = "bob"});
    stage.wire.time = stage.wire.time + 600ms;
    stage.request("INVITE");                         // was on its way
    stage.response(180, "INVITE", {.toTag = "bob"}); // overtaken by the 200
    stage.response(200, "INVITE", {.toTag = "bob"}); // timer G: the ACK was lost
    stage.request("ACK", {.branch = "x", .toTag = "bob"});
    stage.response(486, "INVITE", {.toTag = "bob"}); // from nowhere
    const auto call = stage.call();
    EXPECT_EQ(call->state, State::Answered);
    EXPECT_EQ(call->finalStatus, 200);
    EXPECT_EQ(call->finalResponse, ok);
    EXPECT_EQ(call->retransmissions, 4U);
    EXPECT_EQ(call->dialog("bob")->state, EarlyState::Confirmed);
}

TEST(LateResponse, ToARequestThatTimedOutIsStillItsOwn)
{
    Stage stage;
    stage.request("OPTIONS");
    stage.wire.time = stage.wire.time + 40s; // timer F was 32 s
    stage.response(200, "OPTIONS", {.toTag = "bob"});
    stage.wire.time = stage.wire.time + 10s; // and timer J as well
    stage.response(200, "OPTIONS", {.toTag = "bob"});
    const auto call = stage.call();
    ASSERT_EQ(call->transactions.size(), 1U);
    EXPECT_EQ(call->transactions[0].finalStatus, 200);
    EXPECT_EQ(call->transactions[0].responseRepeats.size(), 1U);
    EXPECT_EQ(call->retransmissions, 1U);
}

} // namespace
