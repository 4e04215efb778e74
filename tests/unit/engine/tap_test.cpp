// SPDX-License-Identifier: Apache-2.0
// The wire tap counts exactly: what a raw peer saw is what the packets say, byte for byte.
#include "ear.h"
#include "registrar.h"

#include <engine/self_test.h>
#include <gmock/gmock.h>
#include <sip/framer.h>

namespace {

using base::PacketKind;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;

TEST(Tap, SeesItselfExactly)
{
    const auto report = engine::testTap();
    EXPECT_TRUE(report.works) << report.sentence;
    EXPECT_EQ(report.seen, report.expected);
    const Ear ear;
    ASSERT_NE(ear.engine, nullptr);
    EXPECT_TRUE(ear.engine->tap().works);
}

TEST(Tap, EmitsEveryDatagramOnceWithBothEnds)
{
    std::atomic<int> sent{0};
    Peer callee([&](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method != sip::Method::Invite || !message.isRequest())
            return;
        self.send(way, sip::responseTo(message, 100, "", "").text());
        self.send(way, sip::responseTo(message, 486, "", "a").text());
        self.send(way, sip::responseTo(message, 486, "", "a").text()); // retransmission
        sent = 3;
    });
    Ear ear(ear::quick());
    engine::CallRequest request;
    request.target = callee.uri();
    request.offer = ear::kOffer;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 2; }));
    std::vector<std::string> out, in;
    for (const auto &packet : ear.all()) {
        if (packet.kind != PacketKind::Datagram)
            continue;
        EXPECT_EQ(packet.origin, base::Origin::Tap);
        EXPECT_EQ(packet.transport, base::Transport::Udp);
        EXPECT_EQ(packet.hint, base::PayloadHint::Sip);
        const auto &far = packet.outgoing ? packet.destination : packet.source;
        const auto &near = packet.outgoing ? packet.source : packet.destination;
        EXPECT_EQ(far.port, callee.port());
        EXPECT_EQ(near.address.text(), "127.0.0.1");
        EXPECT_NE(near.port, 0);
        EXPECT_TRUE(packet.time.known());
        (packet.outgoing ? out : in).emplace_back(packet.payload.text());
    }
    EXPECT_EQ(in.size(), 3U); // not a fourth: the library's own probe is no traffic
    EXPECT_EQ(out, callee.texts());
    EXPECT_EQ(out.front().compare(0, 7, "INVITE "), 0);
}

TEST(Tap, EmitsStreamsInOrderPingsIncluded)
{
    peer::Registrar registrar;
    auto options = ear::quick();
    options.firstPing = std::chrono::milliseconds(10);
    Ear ear(options);
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {registrar.proxy(), registrar.proxy()};
    const auto handle = ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] {
        return ear.state(1) == base::FlowState::Up && ear.state(2) == base::FlowState::Up;
    }));
    ear.engine->cutFlow(handle, 2);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(2, base::FlowState::Up) == 2; }));
    std::map<std::uint32_t, std::string> streams;
    std::map<std::uint32_t, bool> outgoing;
    int fins = 0;
    for (const auto &packet : ear.all()) {
        if (packet.kind == PacketKind::StreamFin && packet.outgoing)
            ++fins;
        if (packet.kind != PacketKind::StreamData)
            continue;
        EXPECT_NE(packet.stream, 0U);
        EXPECT_EQ(packet.transport, base::Transport::Tcp);
        streams[packet.stream] += packet.payload.text();
        outgoing[packet.stream] = packet.outgoing;
    }
    EXPECT_EQ(streams.size(), 6U); // three connections, two directions
    EXPECT_EQ(fins, 1);
    for (const auto &[id, bytes] : streams) {
        sip::Framer framer;
        int messages = 0, pings = 0, pongs = 0, others = 0;
        for (const auto &frame : framer.add(bytes, {})) {
            messages += frame.kind == sip::FrameKind::Message ? 1 : 0;
            pings += frame.kind == sip::FrameKind::Ping ? 1 : 0;
            pongs += frame.kind == sip::FrameKind::Pong ? 1 : 0;
            others +=
                frame.kind == sip::FrameKind::Garbage || frame.kind == sip::FrameKind::Cut ? 1 : 0;
        }
        EXPECT_EQ(messages, 1) << bytes;
        EXPECT_EQ(pings, outgoing[id] ? 1 : 0);
        EXPECT_EQ(pongs, outgoing[id] ? 0 : 1);
        EXPECT_EQ(others, 0);
    }
}

TEST(Tap, HandsOnMessagesThatComeInPieces)
{
    Peer callee([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method != sip::Method::Invite || !message.isRequest())
            return;
        const std::string both = sip::responseTo(message, 180, "", "a").text() +
                                 sip::responseTo(message, 486, "", "a").text();
        self.send(way, "\r\n"); // a pong nobody asked for, glued to what follows
        for (std::size_t at = 0; at < both.size(); at += 37)
            self.send(way, both.substr(at, 37));
    });
    Ear ear(ear::quick());
    engine::CallRequest request;
    request.target = callee.uri() + ";transport=tcp";
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.count(CallStep::Provisional), 1);
    EXPECT_EQ(ear.first(CallStep::Failed).status, 486);
}

TEST(Tap, OtherThreadsAreNotTapped)
{
    Ear ear(ear::quick());
    Peer a([](Peer &, const sip::Message &, const Way &) {});
    Peer b([](Peer &, const sip::Message &, const Way &) {});
    a.sendTo(b.port(), "OPTIONS sip:x SIP/2.0\r\n\r\n");
    ASSERT_TRUE(support::stepUntil([&] { return b.count("OPTIONS") == 1; }));
    EXPECT_TRUE(ear.all().empty());
}

} // namespace
