// SPDX-License-Identifier: Apache-2.0
// A call that comes in, by a caller who does each thing by hand.
#include "ear.h"
#include "registrar.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Registrar;
using peer::Way;
using testing::HasSubstr;

class Incoming : public testing::Test
{
public:
    /// 64*T1 is what a slow machine has for an ACK or PRACK.
    explicit Incoming(std::chrono::milliseconds t1 = std::chrono::milliseconds(200))
        : caller([this](Peer &self, const sip::Message &message, const Way &way) {
              const std::lock_guard guard(mutex);
              if (!message.isRequest())
                  answers.emplace_back(message.text);
              else if (message.method == sip::Method::Invite) // tells us the engine's port
                  self.send(way, sip::responseTo(message, 603, "", "x").text());
              else if (message.method == sip::Method::Bye)
                  self.send(way, sip::responseTo(message, 200, "", "").text());
          }),
          ear(ear::quick(t1))
    {
        engine::CallRequest request;
        request.target = caller.uri();
        ear.engine->place(request);
        EXPECT_TRUE(ear.waitFor(CallStep::Failed));
        for (const auto &packet : ear.all())
            if (packet.outgoing)
                port = packet.source.port;
    }
    sip::Writer request(const std::string &method, int cseq, const std::string &tag = "")
    {
        return sip::Writer::request(method, "sip:me@127.0.0.1:" + std::to_string(port))
            .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(caller.port()) +
                               ";branch=z9hG4bK" + method + std::to_string(++branch))
            .header("From", "<" + caller.uri("caller") + ">;tag=c")
            .header("To", "<sip:me@127.0.0.1>" + (tag.empty() ? "" : ";tag=" + tag))
            .header("Call-ID", "comes-in")
            .header("CSeq", std::to_string(cseq) + " " + method)
            .header("Contact", "<" + caller.uri("caller") + ">")
            .header("Max-Forwards", "70");
    }
    void send(const sip::Writer &message) { caller.sendTo(port, message.text()); }
    /// The first answer with that status to a request of that CSeq; waits for it.
    std::string answer(const std::string &cseq, int status)
    {
        std::string out;
        const bool came = support::stepUntil([&] {
            const std::lock_guard guard(mutex);
            for (const auto &text : answers)
                if (text.find("CSeq: " + cseq + "\r\n") != std::string::npos &&
                    text.compare(0, 11, "SIP/2.0 " + std::to_string(status)) == 0 && out.empty())
                    out = text;
            return !out.empty();
        });
        EXPECT_TRUE(came) << cseq << " " << status;
        return out;
    }
    /// Rings here; the To-tag that it was given. `reliable`: with our answer in a reliable 183.
    std::string ring(sip::Writer invite, bool reliable = false)
    {
        send(invite);
        EXPECT_TRUE(ear.waitFor(CallStep::Incoming));
        call = ear.first(CallStep::Incoming).call;
        ear.engine->ring(call, reliable ? 183 : 180, reliable ? ear::kAnswer : "", reliable);
        const auto text = answer("1 INVITE", reliable ? 183 : 180);
        const auto ringing = sip::parse(text);
        return ringing ? std::string(ringing->toTag()) : "";
    }
    sip::Writer offering()
    {
        return request("INVITE", 1)
            .header("Supported", "100rel")
            .body("application/sdp", ear::kOffer);
    }

    /// Of the reliable 183.
    sip::Writer prack(const std::string &tag)
    {
        const auto ringing = answer("1 INVITE", 183);
        const auto rseq = sip::parse(ringing)->number(sip::HeaderId::RSeq).value_or(0);
        return request("PRACK", 2, tag).header("RAck", std::to_string(rseq) + " 1 INVITE");
    }

    std::mutex mutex;
    std::vector<std::string> answers;
    int branch = 0;
    std::uint16_t port = 0;
    Peer caller;
    Ear ear;
    engine::CallHandle call;
};

class Unacknowledged : public Incoming
{
public:
    Unacknowledged() : Incoming(std::chrono::milliseconds(20)) {}
};

TEST_F(Incoming, TheByeWaitsForTheAckAndIsSaidOnce)
{
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    ear.engine->hangUp(call);
    ear.engine->hangUp(call);
    ASSERT_TRUE(support::stepUntil([&] { return caller.copies("SIP/2.0 200") >= 3; }));
    EXPECT_EQ(caller.count("BYE"), 0); // and it is still repeated
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    ear.engine->hangUp(call);
    send(request("OPTIONS", 2, tag)); // answered after whatever the hang-up brought
    answer("2 OPTIONS", 481);
    EXPECT_EQ(caller.count("BYE"), 1);
    EXPECT_EQ(ear.count(CallStep::Answered), 0);
    EXPECT_EQ(ear.count(CallStep::Ended), 1);
}

TEST_F(Incoming, TwoHangUpsSendOneBye)
{
    const auto tag = ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    send(request("OPTIONS", 2, tag));
    answer("2 OPTIONS", 481);
    EXPECT_EQ(caller.count("BYE"), 1);
}

TEST_F(Unacknowledged, WithoutAckTheByeComesAfterTheTransaction)
{
    ring(offering());
    ear.engine->answer(call, ear::kAnswer);
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(caller.count("BYE"), 1);
    EXPECT_EQ(caller.copies("SIP/2.0 200"), 11); // at 0, 1, 3, 7, 15, 23 ... 63 times T1
}

TEST_F(Incoming, ASecondInviteWhileItRingsComesTooEarly)
{
    const auto tag = ring(offering());
    send(request("INVITE", 2, tag).body("application/sdp", ear::kOffer));
    EXPECT_THAT(answer("2 INVITE", 500), HasSubstr("Retry-After: "));
    send(request("UPDATE", 3, tag).body("application/sdp", ear::kOffer));
    EXPECT_THAT(answer("3 UPDATE", 500), HasSubstr("Retry-After: "));
    send(request("INFO", 2, tag)); // out of order
    answer("2 INFO", 500);
    ear.engine->answer(call, ear::kAnswer);
    answer("1 INVITE", 200);
    send(request("ACK", 1, tag));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    send(request("INVITE", 4, tag).body("application/sdp", ear::kOffer));
    answer("4 INVITE", 200);
    EXPECT_TRUE(ear.waitFor(CallStep::Changed));
}

TEST_F(Incoming, APrackThatOffersIsAnswered)
{
    const auto tag = ring(offering(), true);
    ear.engine->answer(call, ear::kAnswer);
    send(prack(tag).body("application/sdp",
                         "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio 42000 RTP/AVP 0\r\na=sendonly\r\n"));
    const auto taken = answer("2 PRACK", 200);
    EXPECT_THAT(taken, testing::AllOf(HasSubstr("Content-Type: application/sdp"),
                                      HasSubstr("m=audio 41000 RTP/AVP 0"), HasSubstr("recvonly")));
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_THAT(ear.first(CallStep::Changed).sdp, HasSubstr("42000"));
    // The 2xx says nothing that would contradict it.
    EXPECT_THAT(answer("1 INVITE", 200), testing::Not(HasSubstr("m=audio")));
    send(request("ACK", 1, tag));
    EXPECT_TRUE(ear.waitFor(CallStep::Answered));
}

TEST_F(Incoming, APrackWhoseOfferCannotBeTakenIsStillAPrack)
{
    const auto tag = ring(offering(), true);
    send(prack(tag).body("application/sdp",
                         "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n"
                         "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 42000 RTP/AVP 18\r\n"
                         "m=video 42002 RTP/AVP 96\r\n"));
    EXPECT_THAT(answer("2 PRACK", 200), testing::AllOf(HasSubstr("m=audio 0 RTP/AVP 18\r\n"),
                                                       HasSubstr("m=video 0 RTP/AVP 96\r\n")));
    EXPECT_TRUE(ear.waitFor(CallStep::PrackDone));
}

TEST_F(Incoming, WhatCannotBeReadDoesNotRing)
{
    send(request("INVITE", 1).body("application/x-tea", "two cups"));
    EXPECT_THAT(answer("1 INVITE", 415), HasSubstr("Accept: application/sdp"));
    send(request("INVITE", 2).header("Require", "foo").body("application/sdp", ear::kOffer));
    EXPECT_THAT(answer("2 INVITE", 420), HasSubstr("Unsupported: foo"));
    EXPECT_EQ(ear.count(CallStep::Incoming), 0);
}

/// A connection to the engine that is not read by anybody else.
class Flood : public Incoming
{
public:
    Flood()
    {
        fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
    }
    ~Flood() override { ::close(fd); }
    std::string request(const std::string &method, int number)
    {
        return sip::Writer::request(method, "sip:me@127.0.0.1;transport=tcp")
            .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKflood" + std::to_string(number))
            .header("From", "<sip:caller@127.0.0.1>;tag=c")
            .header("To", "<sip:me@127.0.0.1>")
            .header("Call-ID", "flood-" + std::to_string(number))
            .header("CSeq", "1 " + method)
            .header("Contact", "<sip:caller@127.0.0.1:9;transport=tcp>")
            .header("Max-Forwards", "70")
            .text();
    }
    void send(const std::string &text)
    {
        EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    /// What came so far; `times` responses begin with "SIP/2.0 " and `status`.
    bool came(const std::string &status, std::size_t times, std::chrono::milliseconds limit)
    {
        return support::stepUntil(
            [&] {
                std::size_t found = 0;
                for (auto at = read.find("SIP/2.0 " + status); at != std::string::npos;
                     at = read.find("SIP/2.0 " + status, at + 1))
                    ++found;
                return found >= times;
            },
            limit,
            [&] {
                char buffer[4096];
                const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
                read.append(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
            });
    }
    std::string told(base::LocalKind kind, const std::string &what)
    {
        std::string out;
        support::stepUntil(
            [&] {
                for (const auto &each : ear.told(kind))
                    if (each.sentence.find(what) != std::string::npos)
                        out = each.sentence;
                return !out.empty();
            },
            std::chrono::seconds(30));
        return out;
    }

    int fd = -1;
    std::string read;
};

TEST_F(Flood, CallsBeyondTheLimitAreTurnedAwayAndCounted)
{
    for (int i = 0; i < 19; ++i)
        send(request("INVITE", i));
    EXPECT_TRUE(came("486", 3, std::chrono::seconds(30)));
    EXPECT_EQ(ear.count(CallStep::Incoming), 16);
    EXPECT_THAT(told(base::LocalKind::Note, "486"), HasSubstr("3 incoming calls"));
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
}

TEST_F(Flood, CallsThatEndAtOnceDoNotFillTheMemory)
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

TEST(IncomingOverAFlow, AChallengeToOurByeIsAnswered)
{
    Registrar registrar;
    std::atomic<int> byes{0};
    registrar.others([&](Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Bye) {
            auto response = sip::responseTo(message, ++byes == 1 ? 407 : 200, "", "");
            if (byes == 1)
                response.header("Proxy-Authenticate",
                                "Digest realm=\"edge\", nonce=\"n\", qop=\"auth\"");
            self.send(way, response.text());
        }
        if (message.isRequest() || message.status != 200 || message.method != sip::Method::Invite)
            return;
        self.send(way, sip::Writer::request("ACK", "sip:bob@127.0.0.1")
                           .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKack")
                           .header("From", message.value(sip::HeaderId::From))
                           .header("To", message.value(sip::HeaderId::To))
                           .header("Call-ID", message.callId())
                           .header("CSeq", "7 ACK")
                           .text());
    });
    Ear ear(ear::quick(std::chrono::milliseconds(200)));
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {registrar.proxy()};
    bob.credentials = {"bob", "secret"};
    ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == base::FlowState::Provisional; }));
    registrar.peer().send(registrar.way("1"),
                          sip::Writer::request("INVITE", "sip:bob@127.0.0.1;transport=tcp")
                              .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKinv")
                              .header("From", "<sip:alice@example.test>;tag=al")
                              .header("To", "<sip:bob@example.test>")
                              .header("Call-ID", "incoming-2")
                              .header("CSeq", "7 INVITE")
                              .header("Contact", "<sip:alice@127.0.0.1:9;transport=tcp>")
                              .header("Max-Forwards", "70")
                              .body("application/sdp", ear::kOffer)
                              .text());
    ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
    const auto call = ear.first(CallStep::Incoming).call;
    ear.engine->answer(call, ear::kAnswer);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(ear.first(CallStep::Ended).status, 200);
    EXPECT_EQ(byes, 2);
    EXPECT_THAT(registrar.peer().texts(),
                testing::Contains(testing::AllOf(
                    HasSubstr("BYE sip:alice@127.0.0.1:9"),
                    HasSubstr("Proxy-Authorization: Digest username=\"bob\", realm=\"edge\""),
                    HasSubstr("uri=\"sip:alice@127.0.0.1:9"))));
}

} // namespace
