// SPDX-License-Identifier: Apache-2.0
// The wire tap counts exactly: what a raw peer saw is what the packets say, byte for byte.
#include "ear.h"
#include "registrar.h"

#include <engine/self_test.h>
#include <engine/tap.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sip/framer.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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
    request.description = ear::kOffer;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    ASSERT_TRUE(support::stepUntil([&] { return callee.copies("ACK") == 2; }));
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
    ear.engine->drill(handle, 2, engine::Drill::Cut);
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

/// A tap on the test's own thread.
class Heard final : public engine::TapListener
{
public:
    void packet(base::Packet) override {}
    bool admits(std::string_view, const engine::Connection &) override { return true; }
    void sent(const engine::Connection &, std::string_view) override {}
    void received(const engine::Connection &) override {}
    void keepAlive(const engine::Connection &, bool) override {}
    void refused(const engine::Connection &, std::string_view why) override
    {
        reasons.emplace_back(why);
    }
    std::vector<std::string> reasons;
};

TEST(Tap, HalfMessagesAreNotWaitedForWithoutEnd)
{
    int ends[2];
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof name;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr *>(&name), length), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr *>(&name), &length), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ends[0] = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(::connect(ends[0], reinterpret_cast<sockaddr *>(&name), length), 0);
    const std::string half = "INVITE sip:x SIP/2.0\r\nVia: ";
    ASSERT_EQ(::send(ends[0], half.data(), half.size(), 0), static_cast<ssize_t>(half.size()));
    Heard heard;
    engine::Tap tap(heard);
    tap.attach();
    ends[1] = ::accept(listener, nullptr, nullptr);
    int bytes = -1;
    EXPECT_TRUE(support::stepUntil(
        [&] { return ::ioctl(ends[1], FIONREAD, &bytes) == -1 && errno == EAGAIN; }));
    EXPECT_EQ(tap.connections(), 1U);
    tap.sweep(base::now() + std::chrono::seconds(30), std::chrono::seconds(60));
    EXPECT_TRUE(heard.reasons.empty());
    // Only when the half message has arrived is there something to sweep.
    EXPECT_TRUE(support::stepUntil([&] {
        ::ioctl(ends[1], FIONREAD, &bytes);
        tap.sweep(base::now() + std::chrono::seconds(61), std::chrono::seconds(60));
        return !heard.reasons.empty();
    }));
    EXPECT_TRUE(support::stepUntil([&] { return ::ioctl(ends[1], FIONREAD, &bytes) == 0; }));
    EXPECT_EQ(bytes, 0); // the end of the stream
    ::close(ends[1]);
    EXPECT_EQ(tap.connections(), 0U);
    ::close(ends[0]);
    ::close(listener);
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
