// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unit/legs/switchboard.h>

namespace {

using legs_test::Invite;
using legs_test::Switchboard;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LegBook, SessionIdTiesLegs)
{
    Switchboard board;
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob",
                  "Session-ID: ab30317f1a784dc48ff824d0d3715d86;"
                  "remote=00000000000000000000000000000000\r\n"});
    board.invite({"b", "10.0.9.1:5060", "10.0.9.7:5060", "trunk", "4711",
                  "Session-ID: 47755a9de7794ba387653f2099600ef2;"
                  "remote=ab30317f1a784dc48ff824d0d3715d86\r\n"});
    board.invite({"c", "10.0.9.1:5060", "10.0.9.8:5060", "trunk", "4712",
                  "Session-ID: 00000000000000000000000000000001;"
                  "remote=00000000000000000000000000000000\r\n"});
    ASSERT_EQ(board.joined("a"), std::vector<std::string>{"b"});
    EXPECT_EQ(board.joined("b"), std::vector<std::string>{"a"});
    EXPECT_THAT(board.joined("c"), IsEmpty());
    const auto join = board.joins("a").front();
    EXPECT_GE(join.score, 90);
    EXPECT_THAT(join.reasons.front(), HasSubstr("ab30317f1a784dc48ff824d0d3715d86"));
}

TEST(LegBook, AnyHeaderMayNameTheOtherCall)
{
    for (const std::string header : {"X-CID: ", "X-Call-ID: ", "X-Asterisk-Parent: ", "P-Leg: <"}) {
        Switchboard board;
        board.invite({"first-leg-9f8", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob", {}});
        board.invite(
            {"second-leg-1", "10.0.9.1:5060", "10.0.9.7:5060", "x", "4711",
             header + "first-leg-9f8@example.test" + (header.back() == '<' ? ">" : "") + "\r\n"});
        EXPECT_EQ(board.joined("first-leg-9f8"), std::vector<std::string>{"second-leg-1"})
            << header;
        EXPECT_THAT(board.joins("second-leg-1").front().reasons.front(),
                    HasSubstr("other Call-ID"));
    }
}

TEST(LegBook, TheNamedCallMayComeLater)
{
    Switchboard board;
    board.invite({"second-leg-1", "10.0.9.1:5060", "10.0.9.7:5060", "x", "4711",
                  "X-Original-Call-ID: first-leg-9f8@example.test\r\n"});
    board.invite({"first-leg-9f8", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob", {}});
    EXPECT_EQ(board.joined("first-leg-9f8"), std::vector<std::string>{"second-leg-1"});
}

TEST(LegBook, SharedCorrelationValuesAndIcid)
{
    Switchboard board;
    const std::string mark = "X-Genesys-CallUUID: 0A1B2C3D4E5F\r\n";
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob", mark});
    board.invite({"b", "10.0.9.1:5060", "10.0.9.7:5060", "x", "4711", mark});
    const std::string icid = "P-Charging-Vector: icid-value=\"1234bc9876e\";orig-ioi=home\r\n";
    board.invite({"c", "10.0.0.11:5060", "10.0.0.1:5060", "carol", "dan", icid});
    board.invite({"d", "10.0.9.1:5060", "10.0.9.7:5060", "y", "4712", icid});
    EXPECT_EQ(board.joined("a"), std::vector<std::string>{"b"});
    EXPECT_EQ(board.joined("c"), std::vector<std::string>{"d"});
}

TEST(LegBook, AValueThatEverybodyHasMeansNothing)
{
    Switchboard board;
    for (int i = 0; i < 40; ++i)
        board.invite({"call" + std::to_string(i * 7919),
                      "10.0.0." + std::to_string(10 + i) + ":5060", "10.0.0.1:5060",
                      "u" + std::to_string(i), "n" + std::to_string(i),
                      "X-Session-Group: customers-of-today\r\n"});
    for (int i = 0; i < 40; ++i)
        EXPECT_THAT(board.joined("call" + std::to_string(i * 7919)), IsEmpty()) << i;
}

TEST(LegBook, CallIdsWithWhatIsAddedToThem)
{
    for (const auto &[a, b] :
         std::vector<std::pair<std::string, std::string>>{{"7f3a9c1d", "7f3a9c1d_b2b-1"},
                                                          {"7f3a9c1d", "B2B.123.7f3a9c1d"},
                                                          {"7f3a9c1d_pbx-1", "7f3a9c1d_b2b-1"},
                                                          {"7f3a9c1d-legA", "7f3a9c1d-legB"}}) {
        Switchboard board;
        board.invite({a, "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob", {}});
        board.invite({b, "10.0.9.1:5060", "10.0.9.7:5060", "x", "4711", {}});
        EXPECT_EQ(board.joined(a), std::vector<std::string>{b}) << a << " " << b;
    }
    Switchboard board; // numbers counted up by a generator are no decoration
    board.invite({"call-number-1", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob", {}});
    board.invite({"call-number-2", "10.0.9.1:5060", "10.0.9.7:5060", "x", "4711", {}});
    EXPECT_THAT(board.joined("call-number-1"), IsEmpty());
}

TEST(LegBook, SameNumbersThroughOneHost)
{
    Switchboard board;
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "+4930123456", "004989111222", {}});
    board.invite({"b", "10.0.0.1:5060", "10.0.9.7:5060", "030123456", "+49 (89) 111222", {}});
    ASSERT_EQ(board.joined("b"), std::vector<std::string>{"a"});
    const auto join = board.joins("b").front();
    EXPECT_GE(join.score, legs::kThreshold);
    EXPECT_LT(join.score, 100);
    EXPECT_THAT(join.reasons,
                ElementsAre(HasSubstr("caller is the same"), HasSubstr("number called is the same"),
                            HasSubstr("went to 10.0.0.1:5060"), HasSubstr(" ms after")));
}

TEST(LegBook, AnotherPortOfTheHostIsNamedAsSuch)
{
    Switchboard board;
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "+4930123456", "004989111222", {}});
    board.invite({"b", "10.0.0.1:5080", "10.0.9.7:5060", "030123456", "+49 (89) 111222", {}});
    ASSERT_EQ(board.joined("b"), std::vector<std::string>{"a"});
    EXPECT_THAT(board.joins("b").front().reasons,
                testing::Contains("The earlier call went to 10.0.0.1:5060, and the later one came "
                                  "from port 5080 of the same host."));
}

TEST(LegBook, TwoCallsOfOurOwnAreNoLegsOfOneAnother)
{
    for (const bool ours : {false, true}) {
        Switchboard board;
        board.wire.ours = ours;
        board.invite({"a", "10.0.0.10:40001", "10.0.0.1:5060", "+4930123456", "+4989111222", {}});
        board.invite({"b", "10.0.0.10:40002", "10.0.0.2:5060", "+4930123456", "+4989111222", {}});
        EXPECT_EQ(board.joined("b").empty(), ours);
    }
}

TEST(LegBook, SameNumberDialledByTwoUsersIsNoJoin)
{
    Switchboard board;
    board.invite({"a1", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "0891112223", {}});
    board.invite({"a2", "10.0.0.11:5060", "10.0.0.1:5060", "2002", "0891112223", {}});
    EXPECT_THAT(board.joined("a1"), IsEmpty());
    board.invite({"b2", "10.0.0.1:5060", "10.0.9.7:5060", "2002", "0891112223", {}});
    board.invite({"b1", "10.0.0.1:5060", "10.0.9.7:5060", "2001", "0891112223", {}});
    EXPECT_EQ(board.joined("a1"), std::vector<std::string>{"b1"});
    EXPECT_EQ(board.joined("a2"), std::vector<std::string>{"b2"});
}

TEST(LegBook, WhatFitsTwiceIsNotTaken)
{
    Switchboard board; // the caller's number is hidden behind the trunk's
    board.invite({"a1", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "0891112223", {}});
    board.invite({"a2", "10.0.0.11:5060", "10.0.0.1:5060", "2002", "0891112223", {}});
    board.invite({"b", "10.0.0.1:5060", "10.0.9.7:5060", "trunk", "0891112223", {}});
    EXPECT_THAT(board.joined("b"), IsEmpty());

    Switchboard one;
    one.invite({"a1", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "0891112223", {}});
    one.invite({"b", "10.0.0.1:5060", "10.0.9.7:5060", "trunk", "0891112223", {}});
    EXPECT_EQ(one.joined("b"), std::vector<std::string>{"a1"});
}

TEST(LegBook, ARedialIsNoLegOfTheCallBefore)
{
    Switchboard board;
    board.invite({"a1", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "0891112223", {}});
    board.invite({"b1", "10.0.0.1:5060", "10.0.9.7:5060", "2001", "0891112223", {}});
    board.fails("b1", 486);
    board.fails("a1", 486);
    board.invite({"a2", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "0891112223", {}});
    board.invite({"b2", "10.0.0.1:5060", "10.0.9.7:5060", "2001", "0891112223", {}});
    EXPECT_EQ(board.joined("a1"), std::vector<std::string>{"b1"});
    EXPECT_EQ(board.joined("b2"), std::vector<std::string>{"a2"});
    EXPECT_EQ(board.joined("a2"), std::vector<std::string>{"b2"});
}

TEST(LegBook, ALegThatOutlivesTheOtherIsNone)
{
    Switchboard board;
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "0891112223", {}});
    board.invite({"b", "10.0.0.1:5060", "10.0.9.7:5060", "2001", "0891112223", {}});
    board.bye("a");
    EXPECT_EQ(board.joined("b"), std::vector<std::string>{"a"});
    board.wire.time = board.wire.time + std::chrono::seconds(60);
    board.bye("b");
    EXPECT_THAT(board.joined("b"), IsEmpty());
}

TEST(LegBook, OfferThatIsHandedOn)
{
    Switchboard board; // two addresses of one box, numbers hidden: the offer tells
    const std::string sdp = "v=0\r\no=alice 53655765 1 IN IP4 10.0.0.10\r\ns=-\r\n"
                            "c=IN IP4 10.0.0.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "2001", "100", {}, sdp});
    board.invite({"b", "192.0.2.1:5060", "192.0.2.7:5060", "trunk", "0891112223", {}, sdp});
    EXPECT_EQ(board.joined("b"), std::vector<std::string>{"a"});
}

TEST(LegBook, RingGroupJoinsEveryPhone)
{
    Switchboard board;
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "0301234567", "500", {}});
    board.invite({"b1", "10.0.0.1:5060", "10.0.0.21:5060", "0301234567", "201", {}});
    board.invite({"b2", "10.0.0.1:5060", "10.0.0.22:5060", "0301234567", "202", {}});
    EXPECT_THAT(board.joined("a"), testing::UnorderedElementsAre("b1", "b2"));
    EXPECT_EQ(board.joined("b2"), std::vector<std::string>{"a"});
}

TEST(LegBook, DiversionTellsWhomTheCallWasFor)
{
    Switchboard board;
    board.invite({"a", "10.0.0.10:5060", "10.0.0.1:5060", "0301234567", "201", {}});
    board.invite({"b", "192.0.2.1:5060", "192.0.2.7:5060", "0301234567", "01719999999",
                  "Diversion: <sip:201@pbx.test>;reason=unconditional\r\n"});
    ASSERT_EQ(board.joined("b"), std::vector<std::string>{"a"});
}

TEST(LegBook, TransferByReferAndByReplaces)
{
    Switchboard board;
    board.invite({"first", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "bob", {}});
    board.refer("first", "10.0.0.1:5060", "10.0.0.10:5060", "<sip:carol@example.test>");
    board.invite({"moved", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "carol",
                  "Referred-By: <sip:bob@example.test>\r\n"});
    ASSERT_EQ(board.joined("first"), std::vector<std::string>{"moved"});
    auto join = board.joins("moved").front();
    EXPECT_EQ(join.relation, legs::Relation::Transfer);
    EXPECT_GE(join.score, 90);
    EXPECT_THAT(join.reasons.front(), HasSubstr("REFER"));

    board.invite({"attended", "10.0.0.12:5060", "10.0.0.1:5060", "dan", "carol",
                  "Replaces: moved@example.test;to-tag=t;from-tag=f\r\n"});
    join = board.joins("attended").front();
    EXPECT_EQ(join.relation, legs::Relation::Transfer);
    EXPECT_EQ(join.callId, "moved@example.test");
    EXPECT_THAT(join.reasons.front(), HasSubstr("Replaces"));
}

TEST(LegBook, AThousandCallsAtOnce)
{
    Switchboard board;
    board.wire.step = std::chrono::microseconds(100);
    for (int i = 0; i < 1000;
         ++i) { // every second caller shares his last digit with the one before
        const std::string caller = "+4930700" + std::to_string(10000 + i);
        board.invite({"in" + std::to_string(i),
                      "10.1.0.10:" + std::to_string(20000 + i),
                      "10.0.0.1:5060",
                      caller,
                      "+498000",
                      {}});
        if (i >= 5) // the B2BUA takes its time
            board.invite({"out" + std::to_string(i - 5),
                          "10.0.0.1:5060",
                          "10.0.9.7:5060",
                          "0" + std::to_string(30700 * 100000LL + 10000 + i - 5),
                          "08000",
                          {}});
    }
    int joined = 0;
    for (int i = 0; i < 995; ++i) {
        const auto found = board.joined("out" + std::to_string(i));
        ASSERT_LE(found.size(), 1U) << i;
        if (found.empty())
            continue;
        EXPECT_EQ(found.front(), "in" + std::to_string(i));
        ++joined;
    }
    EXPECT_EQ(joined, 995);
}

TEST(LegBook, AThousandCallsThatLookAllTheSame)
{
    Switchboard board; // callers and callees alike: nothing tells who belongs to whom
    for (int i = 0; i < 1000; ++i)
        board.invite({"in" + std::to_string(i),
                      "10.1.0.10:" + std::to_string(20000 + i),
                      "10.0.0.1:5060",
                      "sipp",
                      "service",
                      {}});
    for (int i = 0; i < 1000; ++i)
        board.invite(
            {"out" + std::to_string(i), "10.0.0.1:5060", "10.0.9.7:5060", "sipp", "service", {}});
    for (int i = 0; i < 1000; ++i)
        EXPECT_THAT(board.joined("out" + std::to_string(i)), IsEmpty()) << i;
}

TEST(LegBook, ACallThatSeemsToLeadToEverythingStaysCheap)
{
    Switchboard board;
    board.wire.step = std::chrono::microseconds(1);
    board.invite({"in-first", "10.1.0.10:5060", "10.0.0.1:5060", "2001", "500", {}});
    for (int i = 0; i < 5000; ++i)
        board.invite({"out" + std::to_string(i),
                      "10.0.0.1:5060",
                      "10.0.9.7:5060",
                      "2001",
                      std::to_string(900000 + i),
                      {}});
    EXPECT_LE(board.joined("in-first").size(), 64U);
}

TEST(LegBook, ManglesNothingOutOfOddInvites)
{
    Switchboard board;
    board.invite({"", "", "", "", "", {}});
    board.invite(
        {"@", "10.0.0.1:5060", "", "++", "0000", "Session-ID:\r\nDiversion: \r\nReplaces: ;\r\n"});
    board.invite({"x", "", "10.0.0.1:5060", "%",
                  "tel:", "X-CID: <\r\nHistory-Info: <sip:>;index=\r\n",
                  "o=\r\nc=\r\nm=audio\r\nm=audio 99999999 RTP\r\nc=IN IP4 \r\n"});
    board.refer("x", "", "", "<<>>");
    EXPECT_THAT(board.joined("x"), IsEmpty());
}

std::string sdpOf(const std::string &session, const std::string &host, int port)
{
    return port == 0 ? std::string()
                     : "v=0\r\no=x " + session + " 1 IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " +
                           host + "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP 0\r\n";
}

/// Two calls at once through one back-to-back user agent that changes all numbers.
struct TwoCalls {
    Switchboard board;
    void invites(const std::array<std::string, 4> &offers)
    {
        board.invite({"in-1x", "10.0.0.10:5060", "10.0.0.1:5060", "alice", "s1", {}, offers[0]});
        board.invite({"in-2y", "10.0.0.11:5060", "10.0.0.1:5060", "carol", "s2", {}, offers[1]});
        board.invite({"o-3z", "10.0.0.1:6060", "10.0.9.7:5060", "trunk", "4711", {}, offers[2]});
        board.invite({"o-4w", "10.0.0.1:6061", "10.0.9.8:5060", "trunk", "4712", {}, offers[3]});
    }
};

TEST(LegBook, AnswersOfOneSessionTieLegs)
{
    TwoCalls two; // offers are made anew, answers are handed on
    two.invites({sdpOf("1001", "10.0.0.10", 4000), sdpOf("1002", "10.0.0.11", 4000),
                 sdpOf("2001", "10.0.0.1", 9000), sdpOf("2002", "10.0.0.1", 9002)});
    two.board.answers("o-4w", sdpOf("3002", "10.0.9.8", 7000));
    two.board.answers("o-3z", sdpOf("3001", "10.0.9.7", 7000));
    two.board.answers("in-1x", sdpOf("3001", "10.0.9.7", 7000));
    two.board.answers("in-2y", sdpOf("3002", "10.0.9.8", 7000));
    EXPECT_EQ(two.board.joined("in-1x"), std::vector<std::string>{"o-3z"});
    EXPECT_EQ(two.board.joined("in-2y"), std::vector<std::string>{"o-4w"});
    EXPECT_THAT(two.board.joins("in-1x").front().reasons,
                ::testing::IsSupersetOf({HasSubstr("Both answers are of one SDP session"),
                                         HasSubstr("Both answers want media at 10.0.9.7:7000")}));
}

TEST(LegBook, AnOfferThatAnotherLegAnsweredWithTiesLegs)
{
    TwoCalls two; // third party call control (RFC 3725 section 4.1)
    two.invites({"", "", sdpOf("1001", "10.0.0.10", 4000), sdpOf("1002", "10.0.0.11", 4000)});
    two.board.answers("in-2y", sdpOf("1002", "10.0.0.11", 4000));
    two.board.answers("in-1x", sdpOf("1001", "10.0.0.10", 4000));
    EXPECT_EQ(two.board.joined("in-1x"), std::vector<std::string>{"o-3z"});
    EXPECT_EQ(two.board.joined("in-2y"), std::vector<std::string>{"o-4w"});
    EXPECT_THAT(two.board.joins("in-1x").front().reasons,
                ::testing::Contains(
                    HasSubstr("The answer of the earlier call and the offer of the later one")));
}

TEST(LegBook, AnswersThatAreAlikeForEverybodyTieNothing)
{
    TwoCalls two; // one media server with one port and one session for all
    two.invites({sdpOf("1001", "10.0.0.10", 4000), sdpOf("1002", "10.0.0.11", 4000),
                 sdpOf("2001", "10.0.0.1", 9000), sdpOf("2002", "10.0.0.1", 9002)});
    for (const char *call : {"o-3z", "o-4w", "in-1x", "in-2y"})
        two.board.answers(call, sdpOf("5555", "10.0.9.9", 10000));
    for (const char *call : {"o-3z", "o-4w", "in-1x", "in-2y"})
        EXPECT_THAT(two.board.joined(call), IsEmpty()) << call;
}

TEST(LegBook, KeepsToItsBoundAndCounts)
{
    Switchboard board(64);
    for (int i = 0; i < 500; ++i) {
        const std::string number = std::to_string(7000000 + i);
        board.invite({"in" + number,
                      "10.1.0.10:" + std::to_string(20000 + i),
                      "10.0.0.1:5060",
                      number,
                      "0891112223",
                      {}});
        board.invite({"out" + number, "10.0.0.1:5060", "10.0.9.7:5060", number, "0891112223", {}});
    }
    EXPECT_GT(board.book.evicted(), 900U);
    EXPECT_EQ(board.joined("out7000499"), std::vector<std::string>{"in7000499"});
    EXPECT_EQ(board.joined("in7000490"), std::vector<std::string>{"out7000490"});
    EXPECT_THAT(board.joined("out7000000"), IsEmpty());
}

} // namespace
