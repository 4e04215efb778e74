// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <chrono>
#include <gtest/gtest.h>
#include <random>

namespace {

using calls_test::kAlice;
using calls_test::kBob;
using calls_test::kProxy;
using calls_test::Stage;
using support::Fields;

std::vector<trace::RowId> order(const calls::Call &call)
{
    std::vector<trace::RowId> out;
    for (const auto &row : call.rows)
        out.push_back(row.row);
    return out;
}

TEST(CallRows, FoldRetransmissionsOntoTheirOriginal)
{
    Stage stage;
    const auto invite = stage.request("INVITE");
    const auto again = stage.request("INVITE");
    const auto progress = stage.response(183, "INVITE", {.toTag = "bob", .sdp = true});
    const auto repeated = stage.response(183, "INVITE", {.toTag = "bob", .sdp = true});
    const auto changed = stage.response(183, "INVITE", {.toTag = "bob"});
    stage.response(486, "INVITE", {.toTag = "bob"});
    const auto ack = stage.request("ACK", {.toTag = "bob"});
    stage.response(486, "INVITE", {.toTag = "bob"});
    const auto ackAgain = stage.request("ACK", {.toTag = "bob"});

    const auto call = stage.call();
    EXPECT_EQ(call->retransmissions, 4U);
    ASSERT_EQ(call->transactions.size(), 1U);
    const auto &transaction = call->transactions[0];
    EXPECT_EQ(transaction.repeats, std::vector{again});
    EXPECT_EQ(transaction.responses.size(), 3U);
    EXPECT_EQ(transaction.responseRepeats.size(), 2U);
    EXPECT_EQ(transaction.responseRepeats[0], repeated);
    EXPECT_EQ(transaction.ack, ack);
    EXPECT_EQ(call->earlyDialogs.at(0).provisionals,
              (std::vector<trace::RowId>{progress, changed}));
    for (const auto &row : call->rows) {
        if (row.row == again) {
            EXPECT_EQ(row.original, invite);
        }
        if (row.row == ackAgain) {
            EXPECT_EQ(row.original, ack);
        }
        EXPECT_EQ(row.transaction, 0U);
    }
}

TEST(CallRows, DoNotTakeTheSameBytesOnAnotherHopForARetransmission)
{
    Stage stage;
    const std::string text = support::request("INVITE");
    stage.wire.send(kAlice, kProxy, text);
    stage.wire.send(kProxy, kBob, text); // a transparent relay
    stage.wire.send(kProxy, kAlice, text);
    EXPECT_EQ(stage.call()->retransmissions, 0U);
    EXPECT_EQ(stage.call()->transactions.size(), 2U) << "one transaction per hop";
}

TEST(CallRows, TellACopyOfOneDatagramFromARetransmission)
{
    Stage stage;
    stage.wire.step = std::chrono::microseconds(80); // a mirror port, both directions
    stage.request("INVITE");
    const auto copy = stage.request("INVITE");
    stage.wire.time = stage.wire.time + std::chrono::milliseconds(500);
    const auto again = stage.request("INVITE");
    const auto copyAgain = stage.request("INVITE");
    const auto call = stage.call();
    EXPECT_EQ(call->retransmissions, 1U);
    EXPECT_EQ(call->transactions.at(0).repeats, std::vector{again});
    EXPECT_EQ(call->rows[1].row, copy);
    EXPECT_TRUE(call->rows[1].copy);
    EXPECT_TRUE(call->rows[1].original.valid());
    EXPECT_FALSE(call->rows[2].copy);
    EXPECT_EQ(call->rows[3].row, copyAgain);
    EXPECT_TRUE(call->rows[3].copy);
}

TEST(CallRows, CountWhatWasSentTwiceHoweverQuickly)
{
    Stage stage;
    stage.wire.step = std::chrono::microseconds(80);
    stage.request("INVITE");
    stage.wire.sentAgain = true;
    const auto again = stage.request("INVITE"), flood = stage.request("INVITE");
    stage.wire.sentAgain = false;
    const auto copy = stage.request("INVITE");
    const auto call = stage.call();
    EXPECT_EQ(call->retransmissions, 2U);
    EXPECT_EQ(call->transactions.at(0).repeats, (std::vector{again, flood}));
    EXPECT_EQ(call->rows[3].row, copy);
    EXPECT_TRUE(call->rows[3].copy);
}

TEST(CallRows, StandInOrderOfTimeHoweverTheyArrive)
{
    Stage stage;
    const auto base = stage.wire.time;
    const auto at = [&](int ms) { stage.wire.time = base + std::chrono::milliseconds(ms); };
    at(30);
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob"});
    at(10);
    const auto ringing = stage.response(180, "INVITE", {.toTag = "bob"});
    at(40);
    const auto ack = stage.request("ACK", {.branch = "a", .toTag = "bob"});
    at(0);
    const auto invite = stage.request("INVITE");
    const auto call = stage.call();
    EXPECT_EQ(order(*call), (std::vector<trace::RowId>{invite, ringing, ok, ack}));
    EXPECT_EQ(call->state, calls::State::Answered);
    EXPECT_EQ(call->first, base);
    EXPECT_EQ(call->transactions.at(0).request, invite);
}

TEST(CallRows, NeverShowAnEffectAboveItsCauseWithinOneStamp)
{
    Stage stage;
    stage.wire.step = std::chrono::nanoseconds(0);
    const auto trying = stage.response(100);
    const auto ack = stage.request("ACK", {.branch = "a", .toTag = "bob"});
    const auto ok = stage.response(200, "INVITE", {.toTag = "bob"});
    const auto invite = stage.request("INVITE");
    const auto call = stage.call();
    EXPECT_EQ(order(*call), (std::vector<trace::RowId>{invite, trying, ok, ack}));
    EXPECT_EQ(call->state, calls::State::Answered);
}

TEST(CallRows, KeepTheOrderOfArrivalWhereStampsAreEqualAndNothingContradicts)
{
    Stage stage;
    stage.wire.step = std::chrono::nanoseconds(0);
    std::vector<trace::RowId> sent;
    sent.push_back(stage.request("INVITE"));
    sent.push_back(stage.response(100));
    sent.push_back(stage.response(180, "INVITE", {.toTag = "bob"}));
    sent.push_back(stage.request("CANCEL"));
    sent.push_back(stage.response(200, "CANCEL", {.toTag = "bob"}));
    sent.push_back(stage.response(487, "INVITE", {.toTag = "bob"}));
    sent.push_back(stage.request("ACK", {.toTag = "bob"}));
    EXPECT_EQ(order(*stage.call()), sent);
    EXPECT_EQ(stage.call()->state, calls::State::Cancelled);
}

TEST(CallRows, GiveTheSameCallForAnyOrderOfArrival)
{
    std::vector<std::pair<std::string, bool>> texts;
    const auto out = [&](std::string text) { texts.emplace_back(std::move(text), true); };
    const auto in = [&](std::string text) { texts.emplace_back(std::move(text), false); };
    out(support::request("INVITE"));
    in(support::response(100, "INVITE"));
    in(support::response(183, "INVITE", {.toTag = "a", .extra = "Require: 100rel\r\nRSeq: 1\r\n"}));
    out(support::request(
        "PRACK", {.branch = "p", .toTag = "a", .cseq = 2, .extra = "RAck: 1 1 INVITE\r\n"}));
    in(support::response(200, "PRACK", {.branch = "p", .toTag = "a", .cseq = 2}));
    in(support::response(200, "INVITE", {.toTag = "a"}));
    out(support::request("ACK", {.branch = "k", .toTag = "a"}));
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        std::vector<std::size_t> arrival(texts.size());
        for (std::size_t i = 0; i < arrival.size(); ++i)
            arrival[i] = i;
        std::shuffle(arrival.begin(), arrival.end(), random);
        Stage stage;
        for (const std::size_t i : arrival) {
            stage.wire.time = base::Instant{1'000'000'000 + static_cast<std::int64_t>(i) * 1000};
            stage.wire.send(texts[i].second ? kAlice : kProxy, texts[i].second ? kProxy : kAlice,
                            texts[i].first);
        }
        const auto call = stage.call();
        EXPECT_EQ(call->state, calls::State::Answered);
        ASSERT_EQ(call->earlyDialogs.size(), 1U);
        ASSERT_EQ(call->earlyDialogs[0].reliables.size(), 1U);
        EXPECT_EQ(call->earlyDialogs[0].reliables[0].prackStatus, 200);
        EXPECT_EQ(call->transactions.size(), 3U);
    }
}

TEST(CallRows, MatchAResponseThatComesFromAnotherAddress)
{
    Stage stage;
    stage.request("INVITE");
    stage.wire.send("192.0.2.77:9999", kAlice, support::response(200, "INVITE", {.toTag = "bob"}));
    EXPECT_EQ(stage.call()->transactions.size(), 1U);
    EXPECT_EQ(stage.call()->state, calls::State::Answered);
}

TEST(CallRows, FindTheOriginatorThoughTheNextHopWasStampedEarlier)
{
    Stage stage;
    stage.relayed(kBob, "INVITE",
                  {.branch = "p"}); // another capture point, its clock a little ahead
    const auto invite = stage.request("INVITE");
    stage.answered(kBob, 486, "INVITE", {.branch = "p", .toTag = "bob"});
    EXPECT_EQ(stage.call()->invite, invite);
    EXPECT_EQ(stage.call()->state, calls::State::Calling);
    stage.response(486, "INVITE", {.toTag = "bob"});
    EXPECT_EQ(stage.call()->state, calls::State::Failed);
}

TEST(CallRows, AreCappedAndTheRestIsCounted)
{
    Stage stage;
    stage.request("OPTIONS");
    for (std::size_t i = 0; i < calls::kMostRowsPerCall + 4; ++i)
        stage.response(200, "OPTIONS", {.toTag = std::to_string(i)});
    const auto call = stage.call();
    EXPECT_EQ(call->rows.size(), calls::kMostRowsPerCall);
    EXPECT_EQ(call->leftOut, 5U);
}

void refresh(Stage &stage, int times)
{
    for (int i = 1; i <= times; ++i) {
        const support::Fields fields{.branch = "r" + std::to_string(i), .cseq = i};
        stage.request("REGISTER", fields);
        support::Fields answer = fields;
        answer.toTag = "registrar";
        stage.response(200, "REGISTER", answer);
    }
}

TEST(CallRows, OfALiveRegistrationTheNewestStay)
{
    constexpr int kRefreshes = 3000;
    Stage stage;
    refresh(stage, kRefreshes);
    const auto call = stage.call();
    EXPECT_LE(call->rows.size(), 512U);
    EXPECT_EQ(call->rows.size() + call->leftOut, 2U * kRefreshes);
    EXPECT_EQ(call->kind, calls::Kind::Registration);
    EXPECT_EQ(call->state, calls::State::Answered);
    const trace::Row &first = stage.wire.trace.row(call->rows.front().row);
    EXPECT_EQ(first.status, 0) << "it begins with a response";
    const trace::Row &newest = stage.wire.trace.row(call->rows.back().row);
    EXPECT_EQ(newest.cseq, static_cast<std::uint32_t>(kRefreshes));
    EXPECT_EQ(newest.status, 200);
}

TEST(CallRows, OfALiveRegistrationSeenInOneDirectionTheNewestStayToo)
{
    constexpr int kRows = 3 * 512 + 4; // just after rows were let go
    Stage stage;
    for (int i = 1; i <= kRows; ++i) {
        support::Fields answer{.branch = "r" + std::to_string(i), .cseq = i};
        answer.toTag = "registrar";
        stage.response(200, "REGISTER", answer);
    }
    const auto call = stage.call();
    EXPECT_GE(call->rows.size(), 150U);
    EXPECT_LE(call->rows.size(), 512U);
    EXPECT_EQ(call->rows.size() + call->leftOut, static_cast<std::size_t>(kRows));
}

TEST(CallRows, OfARegistrationInAFileAllStay)
{
    Stage stage;
    stage.wire.trace.readFrom(1);
    refresh(stage, 3000);
    EXPECT_EQ(stage.call()->rows.size(), 6000U);
    EXPECT_EQ(stage.call()->leftOut, 0U);
}

TEST(CallRows, OfABiggestHostileCallFoldInTime)
{
    Stage stage;
    stage.wire.step = std::chrono::nanoseconds(0);
    stage.request("INVITE");
    for (std::size_t i = 0; i < calls::kMostRowsPerCall / 2; ++i) {
        stage.response(183, "INVITE", {.toTag = "t" + std::to_string(i)});
        stage.response(200, "INVITE", {.toTag = "t" + std::to_string(i)});
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto call = stage.call();
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(call->earlyDialogs.size(), calls::kMostRowsPerCall / 2);
    EXPECT_LT(took, std::chrono::seconds(10)) << "quadratic work would take far longer";
}

TEST(CallRows, SnapshotsAreSharedUntilSomethingChanges)
{
    Stage stage;
    stage.request("INVITE");
    const auto first = stage.call();
    EXPECT_EQ(first, stage.call());
    stage.response(100);
    EXPECT_NE(first, stage.call());
    EXPECT_EQ(first->rows.size(), 1U) << "a snapshot never changes";
    EXPECT_EQ(stage.book.snapshot(calls::CallId{99}), nullptr);
    EXPECT_EQ(stage.book.snapshot({}), nullptr);
}

TEST(CallRows, SurviveMessagesThatLackNearlyEverything)
{
    Stage stage;
    for (const char *text :
         {"INVITE sip:x SIP/2.0\r\nCall-ID: c\r\n\r\n", "SIP/2.0 200 OK\r\nCall-ID: c\r\n\r\n",
          "ACK sip:x SIP/2.0\r\nCall-ID: c\r\nCSeq: x\r\n\r\n",
          "PRACK sip:x SIP/2.0\r\nCall-ID: c\r\nRAck: 99999999999 x\r\n\r\n",
          "\r\n\r\nBYE sip:x SIP/2.0\r\nCall-ID: c\r\nVia: ;;\r\n\r\n"})
        stage.wire.send(kAlice, kProxy, text);
    ASSERT_TRUE(stage.call());
    EXPECT_EQ(stage.call()->rows.size(), 5U);
    stage.wire.send(kAlice, kProxy, "INVITE sip:x SIP/2.0\r\n\r\n");
    EXPECT_FALSE(stage.last.valid()) << "no Call-ID, no call";
}

} // namespace
