// SPDX-License-Identifier: Apache-2.0
// Many calls and requests at once, over one connection.
#include "connected.h"

#include <gmock/gmock.h>

namespace {

using engine::CallStep;
using incoming::Connected;
using testing::HasSubstr;

/// A connection to the engine that is not read by anybody else.
class Flood : public Connected
{
public:
    using Connected::Connected;
    std::string request(const std::string &method, int number)
    {
        return of("flood-" + std::to_string(number), method, 1, "flood" + std::to_string(number));
    }
    /// A call over this connection that was answered; its To-tag.
    std::string talk()
    {
        send(request("INVITE", 0));
        EXPECT_TRUE(ear.waitFor(CallStep::Incoming));
        ear.engine->answer(ear.first(CallStep::Incoming).call, ear::kAnswer);
        EXPECT_TRUE(came("200", 1, std::chrono::seconds(30)));
        const auto at = read.find("\nTo: ");
        const auto tag = read.find(";tag=", at) + 5;
        const auto out = read.substr(tag, read.find('\r', tag) - tag);
        send(of("flood-0", "ACK", 1, "ack", out));
        EXPECT_TRUE(ear.waitFor(CallStep::Answered));
        return out;
    }
    /// The sum of the numbers that stand in front of `unit` in all that was told.
    std::size_t sum(base::LocalKind kind, const std::string &unit)
    {
        std::size_t out = 0;
        for (const auto &each : ear.told(kind)) {
            const auto at = each.sentence.find(unit);
            if (at == std::string::npos)
                continue;
            const auto begin = each.sentence.find_last_not_of("0123456789", at - 1) + 1;
            out += static_cast<std::size_t>(std::stoul(each.sentence.substr(begin, at - begin)));
        }
        return out;
    }
};

TEST_F(Flood, CallsBeyondTheLimitAreTurnedAwayAndCounted)
{
    for (int i = 0; i < 19; ++i)
        send(request("INVITE", i));
    EXPECT_TRUE(came("486", 3, std::chrono::seconds(30)));
    EXPECT_EQ(ear.count(CallStep::Incoming), 16);
    // They may stand in two notes, if a second ended between them.
    const auto counted = [this] {
        return sum(base::LocalKind::Note, " incoming calls were answered with 486");
    };
    EXPECT_TRUE(support::stepUntil([&] { return counted() >= 3; }, std::chrono::seconds(30)));
    EXPECT_EQ(counted(), 3U);
}

TEST_F(Flood, RequestsOfAConnectionAreLimited)
{
    std::string burst;
    for (int i = 0; i < 2000; ++i)
        burst += request("OPTIONS", i);
    send(burst);
    EXPECT_THAT(told(base::LocalKind::GuardRefused, "More than 200 requests"),
                HasSubstr("127.0.0.1"));
    EXPECT_TRUE(came("200", 200, std::chrono::seconds(30)));
    // What was not answered is counted, every one of them, and told when its second is over.
    const auto dropped = [this] {
        return sum(base::LocalKind::GuardRefused, " of them were not answered") +
               sum(base::LocalKind::GuardRefused, " of them was not answered");
    };
    EXPECT_TRUE(support::stepUntil([&] { return dropped() + found("SIP/2.0 200") >= 2000; },
                                   std::chrono::seconds(30), [&] { receive(); }));
    EXPECT_EQ(dropped() + found("SIP/2.0 200"), 2000U);
}

TEST_F(Flood, AByeOfACallGetsThrough)
{
    const auto tag = talk();
    std::string burst;
    for (int i = 1; i <= 1000; ++i)
        burst += request("OPTIONS", i);
    send(burst + of("flood-0", "BYE", 2, "bye", tag));
    EXPECT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_TRUE(support::stepUntil([&] { return found("CSeq: 2 BYE\r\n") == 1; },
                                   std::chrono::seconds(30), [&] { receive(); }));
}

TEST_F(Flood, WithinACallThereIsALimitToo)
{
    const auto tag = talk();
    std::string burst;
    for (int i = 2; i <= 2000; ++i)
        burst += of("flood-0", "INFO", i, "info" + std::to_string(i), tag);
    send(burst);
    EXPECT_THAT(told(base::LocalKind::GuardRefused, "not answered"),
                HasSubstr("More than 200 requests"));
}

/// Calls that are over linger here for two minutes.
class LongFlood : public Flood
{
public:
    LongFlood() : Flood(std::chrono::seconds(2)) {}
};

TEST_F(LongFlood, CallsThatEndAtOnceDoNotFillTheMemory)
{
    std::size_t ended = 0;
    for (int i = 0; ended < 290 && i < 1000; ++i) {
        send(request("INVITE", i) + request("CANCEL", i));
        // What the limit dropped is not answered: the next second takes the next one.
        ended += came("487", ended + 1, std::chrono::milliseconds(1100)) ? 1 : 0;
    }
    ASSERT_EQ(ended, 290U);
    EXPECT_THAT(told(base::LocalKind::Note, "forgotten early"), HasSubstr("flood"));
}

} // namespace
