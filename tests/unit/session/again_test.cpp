// SPDX-License-Identifier: Apache-2.0
// The same two phones, the same ports and the same SSRC, one call after another.
#include "talk.h"

namespace {

using namespace talk;

struct Plan {
    std::int64_t every = 20'000; // ms from call to call
    int packets = 200;           // each way
    bool hungUp = true;          // the BYE was captured
    bool runsOn = false;         // the sender counts on from call to call
    int calls = 3;
    bool ownSsrc = false;
    int missing = -1; // the call whose BYE was not captured
};

void call(std::vector<base::Packet> &out, int number, const Plan &plan)
{
    const std::int64_t from = number * plan.every;
    const std::string id = "call-" + std::to_string(number);
    out.push_back(datagram(at(from), kCaller, kCallee, invite(id)));
    out.push_back(datagram(at(from + 2000), kCallee, kCaller,
                           message("SIP/2.0 200 OK", "1 INVITE", id, "to", sdp(kCalleeMedia))));
    out.push_back(datagram(at(from + 2010), kCaller, kCallee, ack(id)));
    for (int i = 0; i < plan.packets; ++i) {
        const int n = i + (plan.runsOn ? number * plan.packets : 0);
        const auto ssrc = [&](std::uint32_t of) {
            return plan.ownSsrc ? of + 16U * static_cast<std::uint32_t>(number) : of;
        };
        const auto voice = [&](std::uint32_t source) {
            return support::rtp(static_cast<std::uint16_t>(n), static_cast<std::uint32_t>(n) * 160U,
                                source, std::string(160, '\x10'));
        };
        out.push_back(
            datagram(at(from + 2020 + 20 * i), kCalleeMedia, kCallerMedia, voice(ssrc(7))));
        out.push_back(
            datagram(at(from + 2021 + 20 * i), kCallerMedia, kCalleeMedia, voice(ssrc(9))));
    }
    if (plan.hungUp && number != plan.missing)
        out.push_back(datagram(at(from + 2030 + 20 * plan.packets), kCaller, kCallee,
                               message("BYE sip:b@example.test SIP/2.0", "2 BYE", id, "to")));
}

std::unique_ptr<session::Session> run(const Plan &plan)
{
    std::vector<base::Packet> packets;
    for (int i = 0; i < plan.calls; ++i)
        call(packets, i, plan);
    auto session = open(false);
    push(*session, packets);
    EXPECT_TRUE(session->settle(kLimit));
    return session;
}

void expectOwnStreams(const Plan &plan)
{
    const auto session = run(plan);
    const auto calls = session->calls();
    ASSERT_EQ(calls.size(), static_cast<std::size_t>(plan.calls));
    for (const auto &view : calls) {
        EXPECT_EQ(view->streams.size(), 2U) << view->call->callId;
        for (const auto &bound : view->streams) {
            EXPECT_EQ(bound.stream->packets, static_cast<std::uint64_t>(plan.packets));
            EXPECT_GE(bound.stream->first, view->call->first);
            EXPECT_EQ(bound.stream->sequenceResets, 0U);
            EXPECT_EQ(bound.stream->lost, 0U);
        }
    }
}

TEST(Again, eachCallHasItsOwnPackets)
{
    expectOwnStreams({});
}

TEST(Again, aSenderThatCountsOnIsCutToo)
{
    Plan plan;
    plan.runsOn = true;
    expectOwnStreams(plan);
}

TEST(Again, aMissingByeSwallowsNoLaterCall)
{
    Plan plan;
    plan.hungUp = false;
    expectOwnStreams(plan);
    plan.runsOn = true;
    expectOwnStreams(plan);
}

/// A hold, or a pause of a codec that sends nothing in silence.
/// However many follow: more than a place keeps claims of.
TEST(Again, aMissingByeSwallowsNoneOfManyLaterCalls)
{
    Plan plan;
    plan.calls = 20;
    plan.packets = 60;
    plan.missing = 4;
    expectOwnStreams(plan);
    plan.ownSsrc = true;
    expectOwnStreams(plan);
}

TEST(Again, silenceAloneCutsNothing)
{
    std::vector<base::Packet> packets;
    call(packets, 0, {20'000, 100, false, false, 1});
    for (int i = 0; i < 100; ++i)
        packets.push_back(datagram(at(120'000 + 20 * i), kCalleeMedia, kCallerMedia,
                                   support::rtp(static_cast<std::uint16_t>(100 + i),
                                                static_cast<std::uint32_t>(100 + i) * 160U, 7,
                                                std::string(160, '\x10'))));
    const auto session = open(false);
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    EXPECT_EQ(session->calls()[0]->streams.size(), 2U);
}

/// Two calls at once through the same sockets, as load generators make them: nobody can tell whose
/// a packet is, and nothing is cut.
TEST(Again, callsAtTheSameTimeShareTheirStreams)
{
    std::vector<base::Packet> packets;
    call(packets, 0, {20'000, 400, true, false, 1});
    std::vector<base::Packet> second;
    call(second, 1, {3'000, 0, true, false, 1});
    packets.insert(packets.end(), second.begin(), second.end());
    std::stable_sort(packets.begin(), packets.end(),
                     [](const auto &a, const auto &b) { return a.time < b.time; });
    const auto session = open(false);
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 2U);
    for (const auto &bound : session->calls()[0]->streams)
        EXPECT_EQ(bound.stream->packets, 400U);
}

TEST(Again, aSocketOfMoreCallsThanAreLookedAt)
{
    constexpr int kCalls = 1500;
    std::vector<base::Packet> packets;
    const auto ends = [](int call) {
        return base::Endpoint{kCallerMedia.address, static_cast<std::uint16_t>(10'000 + 2 * call)};
    };
    for (int i = 0; i < kCalls; ++i) {
        const std::string id = "call-" + std::to_string(i);
        const bool shared = i % 2 == 0; // who offers: the socket of all, or one of many
        packets.push_back(datagram(at(i), kCaller, kCallee,
                                   message("INVITE sip:b@example.test SIP/2.0", "1 INVITE", id, "",
                                           sdp(shared ? kCalleeMedia : ends(i)))));
        packets.push_back(datagram(
            at(kCalls + i), kCallee, kCaller,
            message("SIP/2.0 200 OK", "1 INVITE", id, "to", sdp(shared ? ends(i) : kCalleeMedia))));
    }
    for (int n = 0; n < 2; ++n) {
        for (int i = 0; i < kCalls; ++i) {
            const auto voice = [&](std::uint32_t ssrc) {
                return support::rtp(static_cast<std::uint16_t>(n),
                                    static_cast<std::uint32_t>(n) * 160U, ssrc,
                                    std::string(160, '\x10'));
            };
            packets.push_back(datagram(at(4000 + 3000 * n + i), kCalleeMedia, ends(i),
                                       voice(static_cast<std::uint32_t>(2 * i))));
            packets.push_back(datagram(at(4000 + 3000 * n + i), ends(i), kCalleeMedia,
                                       voice(static_cast<std::uint32_t>(2 * i + 1))));
        }
    }
    const auto session = open(false);
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    const auto calls = session->calls();
    ASSERT_EQ(calls.size(), static_cast<std::size_t>(kCalls));
    for (const auto &view : calls)
        ASSERT_EQ(view->streams.size(), 2U) << view->call->callId;
}

} // namespace
