// SPDX-License-Identifier: Apache-2.0
// Hostile bytes at the engine's own ports: recorded, refused, answered by nobody, and the engine
// goes on working.
#include "ear.h"
#include "peer.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

/// An engine whose port is known, and a socket to shoot from.
class Hostile : public testing::Test
{
public:
    Hostile()
        : enemy([this](Peer &, const sip::Message &message, const Way &way) {
              if (!message.isRequest())
                  ++answers;
              else if (message.method == sip::Method::Invite)
                  enemy.send(way, sip::responseTo(message, 603, "", "x").text());
          }),
          ear(ear::quick())
    {
        // The engine's address is learned from its own INVITE.
        engine::CallRequest request;
        request.target = enemy.uri();
        ear.engine->place(request);
        EXPECT_TRUE(ear.waitFor(CallStep::Failed));
        for (const auto &packet : ear.all())
            if (packet.outgoing)
                port = packet.source.port;
    }
    sip::Writer request(const std::string &method, const std::string &via)
    {
        return sip::Writer::request(method, "sip:me@127.0.0.1")
            .header("Via", via)
            .header("From", "<sip:enemy@127.0.0.1>;tag=e")
            .header("To", "<sip:me@127.0.0.1>")
            .header("Call-ID", "hostile")
            .header("CSeq", "1 " + method)
            .header("Max-Forwards", "70");
    }
    std::string via(const std::string &branch) const
    {
        return "SIP/2.0/UDP 127.0.0.1:" + std::to_string(enemy.port()) + branch;
    }
    /// The engine still answers an honest request.
    bool alive()
    {
        const int before = answers;
        enemy.sendTo(
            port, request("OPTIONS", via(";branch=z9hG4bKalive" + std::to_string(before))).text());
        return support::stepUntil([&] { return answers > before; });
    }
    std::size_t refused() { return ear.told(base::LocalKind::GuardRefused).size(); }

    std::atomic<int> answers{0};
    Peer enemy;
    Ear ear;
    std::uint16_t port = 0;
};

TEST_F(Hostile, DatagramsAreRefusedAndRecorded)
{
    ASSERT_NE(port, 0);
    const std::vector<std::string> shots{
        request("INVITE", via(";branch=z9")).text(),
        request("OPTIONS", via(";branch=z9hG4bKx")).header("Route", "<sip:127.0.0.1;lrZ>").text(),
        request("INVITE", via(";branch=z9hG4bKm")).body("multipart/mixed", "--\r\n").text(),
        request("INVITE", via(";branch=z9hG4bKt")).header("Contact", "<tel:+1->").text(),
        std::string("\x00\x01\x00\x00!\x12\xA4\x42\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                    20),
        "\xFF\xFF\xFF\xFF",
        "INVITE",
        std::string(3000, 'A'),
    };
    for (std::size_t i = 0; i < shots.size(); ++i) {
        enemy.sendTo(port, shots[i]);
        ASSERT_TRUE(support::stepUntil([&] { return refused() == i + 1; })) << i;
    }
    EXPECT_EQ(answers, 0);
    std::size_t recorded = 0;
    for (const auto &packet : ear.all())
        if (packet.kind == base::PacketKind::Datagram && !packet.outgoing)
            recorded +=
                std::find(shots.begin(), shots.end(), packet.payload.text()) != shots.end() ? 1 : 0;
    EXPECT_EQ(recorded, shots.size());
    EXPECT_TRUE(alive());
    EXPECT_EQ(ear.count(CallStep::Incoming), 0);
}

TEST_F(Hostile, AViaOfAnotherTransportIsTold)
{
    enemy.sendTo(port, request("OPTIONS", "SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKtcp").text());
    ASSERT_TRUE(
        support::stepUntil([&] { return ear.told(base::LocalKind::ViaMismatch).size() == 1; }));
    EXPECT_EQ(ear.told(base::LocalKind::ViaMismatch).front().callId, "hostile");
    EXPECT_TRUE(alive());
}

TEST_F(Hostile, ConnectionsOfOnePeerAreCounted)
{
    std::vector<int> sockets;
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 70; ++i) {
        sockets.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::connect(sockets.back(), reinterpret_cast<const sockaddr *>(&name), sizeof name),
                  0);
    }
    EXPECT_TRUE(support::stepUntil([&] { return refused() == 6; }));
    EXPECT_THAT(ear.told(base::LocalKind::GuardRefused).front().sentence,
                HasSubstr("too many connections"));
    for (const int fd : sockets)
        ::close(fd);
    EXPECT_TRUE(alive());
}

TEST_F(Hostile, GarbageOnAConnectionIsStoppedAndTheNextMessagePasses)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
    const std::string bad = request("OPTIONS", "SIP/2.0/TCP 127.0.0.1;branch=z9").text();
    const std::string good = request("OPTIONS", "SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKgood").text();
    const std::string bytes = "this is no SIP at all\r\n" + bad + good;
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string answer(4096, '\0');
    const ssize_t n = ::recv(fd, answer.data(), answer.size(), 0);
    ASSERT_GT(n, 0);
    answer.resize(static_cast<std::size_t>(n));
    EXPECT_THAT(answer, testing::AllOf(HasSubstr("SIP/2.0 200"), HasSubstr("z9hG4bKgood")));
    EXPECT_EQ(refused(), 2U);
    ::close(fd);
}

TEST_F(Hostile, BlankDatagramsAreNothing)
{
    enemy.sendTo(port, "\r\n\r\n");
    enemy.sendTo(port, std::string(1, '\0'));
    EXPECT_TRUE(alive());
    EXPECT_EQ(refused(), 0U);
}

TEST_F(Hostile, AFloodIsNotAnsweredBeyondTheLimit)
{
    for (int i = 0; i < 300; ++i)
        enemy.sendTo(port, request("OPTIONS", via(";branch=z9hG4bKflood" + std::to_string(i)))
                               .header("X-Count", std::to_string(i))
                               .text());
    ASSERT_TRUE(support::stepUntil([&] { return refused() >= 1; }));
    EXPECT_THAT(ear.told(base::LocalKind::GuardRefused).front().sentence, HasSubstr("50 requests"));
    EXPECT_LE(answers, 150); // 50 a second, and this took no three seconds
    const int before = answers;
    int again = 0;
    EXPECT_TRUE(support::stepUntil(
        [&] { return answers > before; }, std::chrono::seconds(10),
        [&] {
            const std::string branch = ";branch=z9hG4bKagain" + std::to_string(++again);
            if (again % 100 == 0) // ten a second, until the next second began
                enemy.sendTo(port, request("OPTIONS", via(branch)).text());
        }));
}

TEST_F(Hostile, SdpThatHangsOtherStacksIsOnlyText)
{
    Peer callee([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method == sip::Method::Invite && message.isRequest())
            self.send(way, peer::answer(self, message, 183, "a")
                               .body("application/sdp",
                                     "v=0\r\nm=image 9 udptl ,\r\nm=audio , RTP/AVP\r\n")
                               .text());
    });
    engine::CallRequest request;
    request.target = callee.uri();
    request.description = ear::kOffer;
    ear.engine->place(request);
    ASSERT_TRUE(support::stepUntil([&] { return ear.count(CallStep::Provisional) == 1; }));
    EXPECT_THAT(ear.first(CallStep::Provisional).sdp, HasSubstr("udptl ,"));
    EXPECT_TRUE(alive());
}

TEST_F(Hostile, ResponsesThatBelongToNobodyAreHarmless)
{
    for (const int status : {100, 183, 200, 302, 401, 487, 600})
        enemy.sendTo(port, sip::Writer::response(status, "")
                               .header("Via", via(";branch=z9hG4bKnone"))
                               .header("From", "<sip:me@127.0.0.1>;tag=e")
                               .header("To", "<sip:enemy@127.0.0.1>;tag=y")
                               .header("Call-ID", "nobody's")
                               .header("CSeq", "1 INVITE")
                               .header("RSeq", "4294967295")
                               .header("Require", "100rel")
                               .header("Contact", "<sip:x@[::1>")
                               .text());
    EXPECT_TRUE(alive());
}

} // namespace
