// SPDX-License-Identifier: Apache-2.0
// Hostile bytes at the engine's own ports: recorded, refused, answered by nobody, and the engine
// goes on working.
#include "ear.h"
#include "peer.h"

#include <gmock/gmock.h>

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
    request.offer = ear::kOffer;
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
