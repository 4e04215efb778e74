// SPDX-License-Identifier: Apache-2.0
#include <calls/call_book.h>
#include <gtest/gtest.h>
#include <session/flow_index.h>
#include <session/generations.h>
#include <session/media_index.h>
#include <session/stream_sorter.h>

#include "talk.h"

namespace {

TEST(Generations, keepsWhatIsUsedAndCountsWhatGoes)
{
    session::Generations<int, int> map(10);
    map.ensure(0) = 42;
    int given = 0;
    for (int i = 1; i < 100; ++i) {
        map.ensure(i, [&](int &) { ++given; }) = i;
        ASSERT_NE(map.find(0), nullptr) << i;
        EXPECT_LE(map.size(), 20U);
    }
    EXPECT_EQ(*map.find(0), 42);
    EXPECT_EQ(*map.find(99), 99);
    EXPECT_EQ(map.find(5), nullptr);
    EXPECT_EQ(map.evicted() + map.size(), 100U);
    EXPECT_EQ(static_cast<std::uint64_t>(given), map.evicted());
}

TEST(StreamSorter, halfMessagesOfManyConnectionsAreBounded)
{
    session::StreamSorter sorter;
    bool sip = false;
    const std::string half = talk::invite("x").substr(0, 150) + "X: " + std::string(20000, 'x');
    for (std::uint32_t id = 1; id < 6000; ++id)
        sorter.add(talk::stream(talk::at(0), id, half), sip);
    EXPECT_TRUE(sip);
    EXPECT_GT(sorter.evicted(), 0U); // 120 MB came, at most 64 stay
}

TEST(StreamSorter, connectionsWithoutEndAreBounded)
{
    session::StreamSorter sorter;
    bool sip = false;
    for (std::uint32_t id = 1; id <= 100000; ++id)
        sorter.add(talk::stream(talk::at(0), id, "\r\n"), sip);
    EXPECT_GE(sorter.evicted(), 100000U - 2 * 16384U);
}

TEST(MediaIndex, findsTheStreamsOfACallOnly)
{
    session::MediaIndex index;
    const std::string text = talk::invite("one");
    const auto message = sip::parse(text);
    ASSERT_TRUE(message);
    EXPECT_TRUE(index.learn({7}, message->sdp(), talk::at(0)));
    EXPECT_TRUE(index.namedInSdp(talk::kCallerMedia));
    EXPECT_FALSE(index.namedInSdp(talk::kCalleeMedia));
    EXPECT_EQ(index.clock(talk::kCallerMedia, 0), 8000U);
    EXPECT_EQ(index.clock(talk::kCallerMedia, 96), 0U);
    index.addStream({talk::at(10), {1}, {}}, talk::kCalleeMedia, talk::kCallerMedia);
    index.addStream({talk::at(10), {2}, {}}, talk::kCalleeMedia,
                    support::endpoint("192.0.2.1:40002"));
    index.addStream({talk::at(99), {3}, {}}, talk::kCallerMedia, talk::kCalleeMedia);
    EXPECT_EQ(index.streams({7}, talk::at(50)), std::vector<rtp::StreamId>{{1}});
    EXPECT_EQ(index.streams({7}, talk::at(100)), (std::vector<rtp::StreamId>{{3}, {1}}));
    EXPECT_TRUE(index.streams({8}, talk::at(100)).empty());
    ASSERT_EQ(index.calls(talk::kCallerMedia).size(), 1U);
    EXPECT_EQ(index.calls(talk::kCallerMedia)[0], calls::CallId{7});
}

TEST(FlowIndex, givesACallTheFlowsThatCanMatterToIt)
{
    trace::Trace trace;
    const std::string route = "Route: <sip:opaque42@edge.example.test;lr;ob>\r\n";
    std::string text = talk::invite("one");
    text.insert(text.find("Contact:"), route);
    const auto message = sip::parse(text);
    ASSERT_TRUE(message);
    calls::CallBook book(trace);
    const auto id = book.add(trace.add(
        trace::RowKind::Message, talk::datagram(talk::at(0), talk::kCaller, talk::kCallee, text),
        text, &*message));
    session::FlowIndex::Flows flows;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        flows::Flow flow;
        flow.id = {i};
        flow.userAgent = {base::Address::v4(0x0A000000U + i), 5060};
        flow.report.aor = std::to_string(i);
        if (i == 42)
            flow.token = "opaque42";
        if (i == 7)
            flow.userAgent = talk::kCaller;
        flows.push_back(std::make_shared<const flows::Flow>(flow));
    }
    session::FlowIndex index;
    index.rebuild(trace, flows);
    const auto near = index.of(*book.snapshot(id), trace);
    ASSERT_EQ(near.size(), 2U);
    EXPECT_EQ(near[0], flows[7]);
    EXPECT_EQ(near[1], flows[42]);
    flows.resize(10);
    index.rebuild(trace, flows);
    EXPECT_EQ(index.of(*book.snapshot(id), trace).size(), 10U); // few: all of them
}

} // namespace
