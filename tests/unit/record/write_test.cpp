// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <record/fields.h>
#include <record/note.h>
#include <tuple>

using namespace recording;
using base::PacketKind;

namespace {

Read thereAndBack(const std::vector<base::Packet> &packets)
{
    const Folder folder;
    record::PacketWriter writer;
    std::string bytes = writer.begin();
    for (const base::Packet &packet : packets)
        writer.add(packet, bytes);
    writer.finish(bytes);
    std::ofstream(folder.path("a.pcapng"), std::ios::binary) << bytes;
    Read out = readFile(folder.path("a.pcapng"));
    for (base::Packet &packet : out.packets) // the file goes with the folder
        packet.payload = base::Blob::copy(packet.payload.text());
    return out;
}

void expectSame(const base::Packet &read, const base::Packet &written)
{
    EXPECT_EQ(read.time, written.time);
    EXPECT_EQ(read.kind, written.kind);
    EXPECT_EQ(read.transport, written.transport);
    EXPECT_EQ(read.origin, written.origin);
    EXPECT_EQ(read.hint, written.hint);
    EXPECT_EQ(read.outgoing, written.outgoing);
    EXPECT_EQ(read.cut, written.cut);
    EXPECT_EQ(read.stream != 0, written.stream != 0);
    EXPECT_EQ(read.source, written.source);
    EXPECT_EQ(read.destination, written.destination);
    EXPECT_EQ(read.payload.text(), written.payload.text());
    if (written.dscp != base::kNoDscp) {
        EXPECT_EQ(read.dscp, written.dscp);
        EXPECT_EQ(read.hops, written.outgoing ? 0 : written.hops);
    }
}

base::Packet segment(std::string_view bytes, base::Instant time, bool outgoing = true,
                     PacketKind kind = PacketKind::StreamData)
{
    base::Packet packet = datagram(0, time);
    packet.kind = kind;
    packet.transport = base::Transport::Tls;
    packet.outgoing = outgoing;
    packet.stream = outgoing ? 7 : 8;
    if (!outgoing)
        std::swap(packet.source, packet.destination);
    packet.payload = base::Blob::copy(bytes);
    return packet;
}

base::Packet local(base::LocalEvent event)
{
    base::Packet packet;
    packet.time = at(5);
    packet.kind = PacketKind::Local;
    packet.origin = base::Origin::Own;
    packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
    return packet;
}

} // namespace

TEST(PacketWriter, datagramsOfEveryOriginComeBackAsTheyWere)
{
    std::vector<base::Packet> packets;
    for (const auto origin : {base::Origin::Tap, base::Origin::Lab, base::Origin::Own}) {
        packets.push_back(datagram(1, at(1)));
        packets.back().origin = origin;
        packets.push_back(datagram(2, {at(2).ns + 1})); // a nanosecond is kept
        packets.back().outgoing = false;
        packets.back().source = support::endpoint("[2001:db8::1]:5060");
        packets.back().destination = support::endpoint("[2001:db8::2]:5062");
        packets.back().cut = true;
        packets.push_back(datagram(3));
        packets.back().payload = base::Blob::copy("\r\n\r\n");
    }
    for (const auto hint : {base::PayloadHint::Rtp, base::PayloadHint::Rtcp}) {
        packets.push_back(datagram(4));
        packets.back().origin = base::Origin::Media;
        packets.back().hint = hint;
        packets.back().payload = base::Blob::copy(support::rtp(1, 160, 9, std::string(161, 'x')));
        packets.back().dscp = base::kExpedited;
        packets.back().hops = 61;
        packets.push_back(packets.back());
        packets.back().outgoing = !packets.back().outgoing;
        packets.back().source = support::endpoint("[2001:db8::1]:40000");
        packets.back().destination = support::endpoint("[2001:db8::2]:40002");
    }
    const Read read = thereAndBack(packets);
    ASSERT_TRUE(read.outcome) << read.outcome.error().sentence;
    EXPECT_TRUE(read.flaws.empty());
    ASSERT_EQ(read.packets.size(), packets.size());
    for (std::size_t i = 0; i < packets.size(); ++i)
        expectSame(read.packets[i], packets[i]);
}

TEST(PacketWriter, aHandshakeForMediaIsADatagramToEverybody)
{
    base::Packet hello = datagram(5);
    hello.origin = base::Origin::Media;
    hello.hint = base::PayloadHint::Unknown;
    hello.source = support::endpoint("192.0.2.1:40000");
    hello.destination = support::endpoint("192.0.2.2:40002");
    const std::string record = std::string("\x16\xFE\xFD\0\0\0\0\0\0\0\0\0\4", 13) + "abcd";
    hello.payload = base::Blob::copy(record);
    record::PacketWriter writer;
    std::string bytes = writer.begin();
    writer.add(hello, bytes);
    const auto at = bytes.find(record);
    ASSERT_GE(at, 28U);
    EXPECT_EQ(bytes.substr(at - 28, 1), "\x45"); // IPv4, then UDP with its ports
    EXPECT_EQ(bytes.substr(at - 8, 4), "\x9C\x40\x9C\x42");
    const Read read = thereAndBack({hello});
    ASSERT_EQ(read.packets.size(), 1U);
    expectSame(read.packets[0], hello);
}

TEST(PacketWriter, connectionsAreWrittenAMessageEach)
{
    const std::string one = options(1, "TLS"), two = options(2, "TLS");
    const Read read = thereAndBack(
        {segment(one.substr(0, 50), at(1)), segment("\r\n\r\n", at(2), false),
         segment(one.substr(50) + two, at(3)), segment({}, at(4), true, PacketKind::StreamFin),
         segment({}, at(5), false, PacketKind::StreamReset), segment(one, at(6)),
         segment(two.substr(0, 40), at(7))});
    ASSERT_EQ(read.packets.size(), 7U);
    expectSame(read.packets[0], segment("\r\n\r\n", at(2), false));
    expectSame(read.packets[1], segment(one, at(3)));
    expectSame(read.packets[2], segment(two, at(3)));
    expectSame(read.packets[3], segment({}, at(4), true, PacketKind::StreamFin));
    expectSame(read.packets[4], segment({}, at(5), false, PacketKind::StreamReset));
    expectSame(read.packets[5], segment(one, at(6)));
    expectSame(read.packets[6], segment(two.substr(0, 40), at(7))); // half is better than nothing
    EXPECT_EQ(read.packets[1].stream, read.packets[2].stream);
    EXPECT_NE(read.packets[0].stream, read.packets[1].stream);
    EXPECT_NE(read.packets[5].stream, read.packets[1].stream) << "another connection";
}

TEST(PacketWriter, eventsComeBackWithEverythingTheyKnew)
{
    base::LocalEvent timedOut;
    timedOut.kind = base::LocalKind::TimedOut;
    timedOut.code = 408;
    timedOut.callId = "c1@example.test";
    timedOut.toTag = "t1";
    timedOut.sentence = "No answer within 32 s.";
    timedOut.from = "sip:alice@example.test";
    timedOut.to = "sip:bob@example.test";
    const Read read = thereAndBack({local(timedOut)});
    ASSERT_EQ(read.packets.size(), 1U);
    const base::Packet &first = read.packets[0];
    EXPECT_EQ(first.kind, PacketKind::Local);
    EXPECT_EQ(first.origin, base::Origin::Own);
    EXPECT_EQ(first.time, at(5));
    ASSERT_TRUE(first.local);
    EXPECT_EQ(first.local->kind, timedOut.kind);
    EXPECT_EQ(first.local->code, 408);
    EXPECT_EQ(first.local->callId, timedOut.callId);
    EXPECT_EQ(first.local->toTag, timedOut.toTag);
    EXPECT_EQ(first.local->sentence, timedOut.sentence);
    EXPECT_EQ(first.local->from, timedOut.from);
    EXPECT_EQ(first.local->to, timedOut.to);
}

TEST(PacketWriter, flowsComeBackWithEverythingTheyKnew)
{
    auto flow = std::make_shared<base::FlowReport>();
    flow->aor = "sip:bob@example.test";
    flow->regId = 2;
    flow->instance = "urn:uuid:1";
    flow->edge = "sip:edge1.example.test;lr";
    flow->transport = "TCP";
    flow->state = base::FlowState::BackingOff;
    flow->local = support::endpoint("192.0.2.1:5060");
    flow->remote = support::endpoint("[2001:db8::1]:5061");
    flow->reason = "Nobody answered: \"\\\" and a line\nend and \xC3\xA4 and broken \xFF\x01.";
    flow->failures = 3;
    flow->since = at(1);
    flow->lastReceived = at(2);
    flow->lastPing = at(3);
    flow->lastPong = at(4);
    flow->pongRoundTrip = std::chrono::microseconds(1234);
    flow->registeredUntil = at(5);
    flow->nextAttempt = at(6);
    flow->flowTimer = std::chrono::seconds(20);
    base::LocalEvent changed;
    changed.kind = base::LocalKind::FlowChanged;
    changed.flow = flow;
    const Read read = thereAndBack({local(changed)});
    ASSERT_EQ(read.packets.size(), 1U);
    ASSERT_TRUE(read.packets[0].local && read.packets[0].local->flow);
    const auto all = [](const base::FlowReport &f) {
        return std::tie(f.aor, f.regId, f.instance, f.edge, f.transport, f.state, f.local, f.remote,
                        f.reason, f.failures, f.since, f.lastReceived, f.lastPing, f.lastPong,
                        f.pongRoundTrip, f.registeredUntil, f.nextAttempt, f.flowTimer);
    };
    EXPECT_TRUE(all(*read.packets[0].local->flow) == all(*flow));
}

TEST(PacketWriter, namesOfEndsComeBack)
{
    const Read read =
        thereAndBack({record::naming(support::endpoint("192.0.2.1:5060"), "edge one")});
    EXPECT_TRUE(read.packets.empty());
    EXPECT_THAT(read.names, testing::ElementsAre(std::pair<const std::string, std::string>(
                                "192.0.2.1:5060", "edge one")));
}

TEST(PacketWriter, everyKindOfEventHasANameInTheFile)
{
    for (int kind = 0; kind <= static_cast<int>(base::LocalKind::Note); ++kind) {
        base::LocalEvent event;
        event.kind = static_cast<base::LocalKind>(kind);
        const Read read = thereAndBack({local(event)});
        ASSERT_EQ(read.packets.size(), 1U) << kind;
        ASSERT_TRUE(read.packets[0].local) << kind;
        EXPECT_EQ(read.packets[0].local->kind, event.kind);
    }
}

TEST(Fields, whatIsNotOursIsRefused)
{
    using record::Fields;
    EXPECT_TRUE(Fields::parse("words\n{\"earshot\":1,\"a\":\"b\"}"));
    EXPECT_FALSE(Fields::parse("{\"earshot\":2,\"a\":\"b\"}"));
    EXPECT_FALSE(Fields::parse("{\"a\":\"b\"}"));
    EXPECT_FALSE(Fields::parse("{\"earshot\":1,\"a\":\"b\"} and more"));
    EXPECT_FALSE(Fields::parse("{\"earshot\":1,\"a\":{}}"));
    EXPECT_FALSE(Fields::parse("{\"earshot\":1,\"a\":\"\\u12\"}"));
    EXPECT_FALSE(Fields::parse("{\"earshot\":1,\"a\":"));
    EXPECT_FALSE(Fields::parse("{\"earshot\":99999999999999999999}"));
    EXPECT_FALSE(Fields::parse(""));
    const std::string all = Fields().text("a", std::string("\0\x01\"\\\n\xFF z", 8)).json();
    EXPECT_EQ(Fields::parse(all)->text("a"), std::string_view("\0\x01\"\\\n\xFF z", 8));
}
