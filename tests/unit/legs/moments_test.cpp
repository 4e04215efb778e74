// SPDX-License-Identifier: Apache-2.0
// Calls to one number in which the same happens at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unit/legs/switchboard.h>

namespace {

using legs_test::Switchboard;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A carrier's trunk: another caller, another address on the other side, the number as it is
/// dialled at home.
TEST(LegBook, WhatHappensInBothAtOnceTiesCallsToOneNumber)
{
    const auto calls = [](Switchboard &board, bool together, const std::string &second,
                          const std::string &product = "SBC") {
        board.server = "Server: SBC\r\n";
        board.invite({"in", "192.0.2.10:5060", "192.0.2.100:5060", "49301111", "+4930123456"});
        board.invite({"out", "203.0.113.100:5060", "203.0.113.200:5060", "4989111", second,
                      "User-Agent: " + product + "\r\n"});
        board.rings("out");
        if (!together)
            board.wire.time = board.wire.time + std::chrono::seconds(1);
        board.rings("in");
        board.wire.time = board.wire.time + std::chrono::seconds(3);
        board.accepts("out");
        if (!together)
            board.wire.time = board.wire.time + std::chrono::seconds(1);
        board.accepts("in");
        board.wire.time = board.wire.time + std::chrono::seconds(9);
        board.bye("in");
        if (!together)
            board.wire.time = board.wire.time + std::chrono::seconds(1);
        board.bye("out");
    };
    for (const std::string second : {"+4930123456", "030123456"}) {
        Switchboard board;
        calls(board, true, second);
        EXPECT_THAT(board.joined("in"), ElementsAre("out")) << second;
        ASSERT_EQ(board.joins("out").size(), 1U);
        EXPECT_THAT(board.joins("out")[0].reasons,
                    Contains(HasSubstr("Ringing, the answer, the end came in both calls")));
    }
    Switchboard apart;
    calls(apart, false, "+4930123456");
    EXPECT_THAT(apart.joined("in"), IsEmpty()) << "two callers of one number";
    Switchboard other;
    calls(other, true, "+4930654321");
    EXPECT_THAT(other.joined("in"), IsEmpty()) << "another number";
    Switchboard phones;
    calls(phones, true, "+4930123456", "Phone");
    EXPECT_THAT(phones.joined("in"), IsEmpty()) << "two phones call one announcement at once";
}

/// A number that everybody calls: what happens in two of its calls at once happens by chance.
TEST(LegBook, OfANumberThatEverybodyCallsMomentsTieNothing)
{
    Switchboard board;
    board.server = "Server: SBC\r\n";
    for (int i = 0; i < 20; ++i)
        board.invite({"other" + std::to_string(i), "192.0.2.50:5060", "192.0.2.60:5060",
                      "4930" + std::to_string(1000 + i), "+4930123456"});
    board.invite({"in", "192.0.2.10:5060", "192.0.2.100:5060", "49301111", "+4930123456"});
    board.invite({"out", "203.0.113.100:5060", "203.0.113.200:5060", "4989111", "+4930123456",
                  "User-Agent: SBC\r\n"});
    for (const auto *call : {"out", "in"})
        board.rings(call);
    for (const auto *call : {"out", "in"})
        board.accepts(call);
    for (const auto *call : {"in", "out"})
        board.bye(call);
    EXPECT_THAT(board.joined("in"), IsEmpty());
}

} // namespace
