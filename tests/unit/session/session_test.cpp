// SPDX-License-Identifier: Apache-2.0
#include "talk.h"

#include <algorithm>
#include <mutex>

namespace {

using namespace talk;
using testing::HasSubstr;

bool has(const session::CallView &view, std::string_view rule)
{
    return std::any_of(view.findings.begin(), view.findings.end(),
                       [&](const diagnosis::Finding &finding) { return finding.rule == rule; });
}

TEST(Session, packetsInUpdatesOut)
{
    std::vector<std::shared_ptr<const session::Update>> updates;
    const auto session = open(
        false, [&](std::shared_ptr<const session::Update> update) { updates.push_back(update); });
    push(*session, earlyMediaCall("one"));
    ASSERT_TRUE(session->settle(kLimit));
    const auto calls = session->calls();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0]->call->callId, "one");
    EXPECT_EQ(calls[0]->call->finalStatus, 430);
    EXPECT_EQ(calls[0]->call->rows.size(), 4U);
    EXPECT_EQ(calls[0]->now, at(3010));
    EXPECT_FALSE(calls[0]->live);
    ASSERT_EQ(calls[0]->streams.size(), 1U);
    EXPECT_EQ(calls[0]->streams[0].stream->packets, 10U);
    EXPECT_TRUE(calls[0]->streams[0].towardsCaller);
    EXPECT_EQ(calls[0]->streams[0].earlyDialog, 0U);
    ASSERT_FALSE(updates.empty());
    for (std::size_t i = 0; i < updates.size(); ++i)
        EXPECT_EQ(updates[i]->number, i + 1);
    EXPECT_EQ(updates.back(), session->last());
    EXPECT_EQ(updates.back()->messages, 4U);
    EXPECT_EQ(updates.back()->rtpPackets, 10U);
    EXPECT_EQ(updates.back()->rtpStreams, 1U);
    EXPECT_EQ(updates.back()->packets, 14U);
    EXPECT_EQ(updates.back()->dropped, 0U);
    EXPECT_EQ(session->trace().size(), 4U);
}

TEST(Session, settleOfNothingReturnsAtOnce)
{
    const auto session = open(true);
    EXPECT_TRUE(session->settle(kLimit));
    EXPECT_TRUE(session->calls().empty());
}

TEST(Session, settleSeesEverythingPushedBefore)
{
    const auto session = open(true);
    for (int round = 0; round < 50; ++round) {
        push(*session,
             {datagram(base::now(), kCaller, kCallee, invite(fmt::format("call{}", round)))});
        ASSERT_TRUE(session->settle(kLimit));
        ASSERT_EQ(session->calls().size(), static_cast<std::size_t>(round + 1));
    }
}

TEST(Session, publishedSnapshotsStayAsTheyWere)
{
    const auto session = open(false);
    push(*session, {datagram(at(0), kCaller, kCallee, invite("one"))});
    ASSERT_TRUE(session->settle(kLimit));
    const auto before = session->calls().at(0);
    const auto rows = before->call->rows.size();
    push(*session, {datagram(at(9), kCallee, kCaller, failure("one"))});
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_EQ(before->call->rows.size(), rows);
    EXPECT_EQ(before->call->finalStatus, 0);
    EXPECT_EQ(session->calls().at(0)->call->finalStatus, 430);
    EXPECT_NE(session->calls().at(0), before);
}

TEST(Session, liveCallIsFoundWantingByTimeAlone)
{
    const auto session = open(true);
    const base::Instant start = base::now();
    push(*session, {datagram(start, kCaller, kCallee, invite("silent")),
                    datagram(start + 10ms, kCallee, kCaller, progress("silent"))});
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_FALSE(has(*session->calls().at(0), "em-183-sdp-no-rtp"));
    EXPECT_TRUE(session->calls().at(0)->live);
    EXPECT_TRUE(support::stepUntil(
        [&] { return has(*session->calls().at(0), "em-183-sdp-no-rtp"); }, kLimit));
    EXPECT_GE(session->calls().at(0)->now, start + 2s);
}

TEST(Session, fileTimeMovesOnWithLaterPackets)
{
    const auto session = open(false);
    push(*session, {datagram(at(0), kCaller, kCallee, invite("silent")),
                    datagram(at(10), kCallee, kCaller, progress("silent"))});
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_FALSE(has(*session->calls().at(0), "em-183-sdp-no-rtp"));
    base::Packet tick;
    tick.kind = base::PacketKind::Local;
    tick.time = at(5000);
    tick.local = std::make_shared<base::LocalEvent>();
    push(*session, {tick});
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_EQ(session->last()->looseRows.size(), 1U);
    EXPECT_TRUE(has(*session->calls().at(0), "em-183-sdp-no-rtp"));
}

TEST(Session, streamSplitAtEveryByteGivesTheSameMessages)
{
    const std::string text = invite("tcp") + "\r\n\r\n" + ack("tcp");
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        const auto session = open(false);
        push(*session, {stream(at(0), 1, text.substr(0, cut)), stream(at(1), 1, text.substr(cut))});
        ASSERT_TRUE(session->settle(kLimit));
        ASSERT_EQ(session->last()->messages, 2U) << cut;
        ASSERT_EQ(session->calls().size(), 1U) << cut;
        EXPECT_EQ(session->trace().text({0}), invite("tcp")) << cut;
    }
}

TEST(Session, connectionCapturedFromInsideABinaryBodyIsRead)
{
    const auto session = open(false);
    push(*session, {stream(at(0), 1, "", base::PacketKind::StreamGap),
                    stream(at(1), 1, std::string(80, '\x02') + "\r\n--b--\r\n"),
                    stream(at(2), 1, invite("later"))});
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    EXPECT_EQ(session->calls()[0]->call->callId, "later");
}

TEST(Session, connectionEndsGetRows)
{
    const auto session = open(false);
    push(*session,
         {stream(at(0), 1, invite("tcp")), stream(at(1), 1, "", base::PacketKind::StreamFin),
          stream(at(2), 2, invite("tcp2").substr(0, 200)),
          stream(at(3), 2, "", base::PacketKind::StreamReset)});
    ASSERT_TRUE(session->settle(kLimit));
    std::vector<trace::RowKind> kinds;
    for (std::uint32_t i = 0; i < session->trace().size(); ++i)
        kinds.push_back(session->trace().row({i}).kind);
    EXPECT_THAT(kinds, testing::ElementsAre(trace::RowKind::Message, trace::RowKind::Fin,
                                            trace::RowKind::Cut, trace::RowKind::Reset));
}

TEST(Session, otherProtocolsLeaveNoTrace)
{
    const auto session = open(false);
    const auto away = [](base::Packet packet) {
        packet.source.port = 51000;
        packet.destination.port = 8080;
        return packet;
    };
    const base::Endpoint web = support::endpoint("192.0.2.9:3478"),
                         dns = support::endpoint("192.0.2.9:53");
    const std::string stun = std::string("\0\1\0\0\x21\x12\xA4\x42", 8) + std::string(12, 'x');
    push(*session,
         {away(stream(at(0), 1, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
          away(stream(at(1), 1, invite("hidden"))),
          away(stream(at(2), 2, std::string("\x16\x03\x01\x02\0", 5) + std::string(300, 'x'))),
          away(stream(at(3), 2, "", base::PacketKind::StreamFin)),
          datagram(at(4), kCallerMedia, web, stun),
          datagram(at(5), kCallerMedia, dns, std::string("\x80\x01\0\0\0\1\0\0\0\0\0\0\3www", 16)),
          datagram(at(6), kCallerMedia, web, "hello there")});
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_EQ(session->trace().size(), 0U);
    EXPECT_EQ(session->last() == nullptr ? 0U : session->last()->rtpPackets, 0U);
}

TEST(Session, keepAlivesOfFlowsAreRows)
{
    const auto session = open(false);
    const std::string ping = std::string("\0\1\0\0\x21\x12\xA4\x42", 8) + std::string(12, 'x');
    const std::string pong = std::string("\1\1\0\0\x21\x12\xA4\x42", 8) + std::string(12, 'x');
    push(*session,
         {datagram(at(0), kCaller, kCallee, ping), datagram(at(1), kCallee, kCaller, pong),
          datagram(at(2), kCaller, kCallee, "\r\n\r\n")});
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->trace().size(), 3U);
    EXPECT_EQ(session->trace().row({0}).kind, trace::RowKind::Ping);
    EXPECT_EQ(session->trace().row({1}).kind, trace::RowKind::Pong);
    EXPECT_EQ(session->trace().row({2}).kind, trace::RowKind::Ping);
}

TEST(Session, rtpIsRecognisedWithoutSdpAndNoPacketIsLost)
{
    const auto session = open(false);
    std::vector<base::Packet> packets;
    for (std::uint16_t i = 0; i < 5; ++i)
        packets.push_back(datagram(at(i * 20), kCalleeMedia, kCallerMedia,
                                   support::rtp(i, i * 160U, 5, std::string(160, 'x'))));
    packets.push_back(datagram(at(200), kCalleeMedia, support::endpoint("192.0.2.7:40002"),
                               support::rtp(1, 1, 6, std::string(160, 'x'))));
    push(*session, packets);
    // RTP alone touches no call: something else has to be told to see the figures.
    push(*session, {datagram(at(300), kCaller, kCallee, invite("later"))});
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_EQ(session->last()->rtpPackets, 5U);
    EXPECT_EQ(session->last()->rtpStreams, 1U);
}

TEST(Session, rtpBeforeItsSdpIsBoundAfterwards)
{
    auto packets = earlyMediaCall("one");
    std::rotate(packets.begin() + 1, packets.begin() + 2,
                packets.end() - 2); // the 183 comes after the RTP
    const auto session = open(false);
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().at(0)->streams.size(), 1U);
    EXPECT_EQ(session->calls().at(0)->streams[0].stream->packets, 10U);
}

TEST(Session, idlePacketIsPublishedAtOnce)
{
    std::mutex mutex;
    std::uint64_t seen = 0;
    const auto session = open(true, [&](const std::shared_ptr<const session::Update> &update) {
        const std::lock_guard guard(mutex);
        seen = update->messages;
    });
    std::vector<double> waits;
    for (std::uint64_t i = 1; i <= 21; ++i) {
        const base::Instant begun = base::now();
        push(*session, {datagram(begun, kCaller, kCallee, invite(fmt::format("c{}", i)))});
        while (true) {
            const std::lock_guard guard(mutex);
            if (seen >= i)
                break;
            ASSERT_LT(base::now() - begun, 5s);
        }
        waits.push_back(base::toMilliseconds(base::now() - begun));
        support::stepUntil([&] { return base::now() - begun > 10ms; });
    }
    std::nth_element(waits.begin(), waits.begin() + 10, waits.end());
    RecordProperty("p50_ms", std::to_string(waits[10]));
    std::printf("packet to update, p50: %.3f ms\n", waits[10]);
    SUCCEED();
}

TEST(Session, fullInboxIsCounted)
{
    session::Options options;
    options.inboxCapacity = 4;
    std::atomic<bool> go{false};
    const auto session = std::move(session::Session::open(options, [&](const auto &) {
                                       support::stepUntil([&] { return go.load(); });
                                   }).value());
    push(*session, {datagram(base::now(), kCaller, kCallee, invite("first"))});
    std::uint64_t kept = 1, lost = 0;
    for (int i = 0; i < 100; ++i)
        ++(session->inbox().push(datagram(base::now(), kCaller, kCallee, invite("more"))) ? kept
                                                                                          : lost);
    go = true;
    ASSERT_GT(lost, 0U);
    EXPECT_TRUE(support::stepUntil([&] {
        const auto last = session->last();
        return last && last->messages == kept && last->dropped == lost;
    }));
}

TEST(Session, optionsThatMakeNoSenseAreRefused)
{
    session::Options options;
    options.inboxCapacity = 0;
    const auto session = session::Session::open(options);
    ASSERT_FALSE(session);
    EXPECT_THAT(session.error().sentence, HasSubstr("room for packets"));
}

} // namespace
