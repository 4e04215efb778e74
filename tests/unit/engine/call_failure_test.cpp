// SPDX-License-Identifier: Apache-2.0
// Calls that fail: credentials, refusals, closed ports, silence, unreadable targets.
#include "script.h"

#include <base/text.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

TEST(Call, TheTopmostKnownChallengeIsAnswered)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        const auto *credentials = message.find(sip::HeaderId::ProxyAuthorization);
        if (credentials == nullptr) {
            self.send(
                way,
                sip::responseTo(message, 407, "", "x")
                    .header("Proxy-Authenticate",
                            "Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"")
                    .header("Proxy-Authenticate", "Digest realm=\"r\", nonce=\"n2\", algorithm=MD5")
                    .text());
            return;
        }
        self.send(way, peer::answer(self, message, 200, "a").text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.credentials = {"alice", "wonder-secret"};
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_EQ(ear.count(CallStep::Authenticating), 1);
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 2; }));
    EXPECT_EQ(callee.count("INVITE"), 2);
    std::string last, ack;
    for (const auto &text : callee.texts()) {
        (text.compare(0, 7, "INVITE ") == 0 ? last : ack) = text;
        EXPECT_THAT(text, testing::Not(HasSubstr("wonder-secret")));
    }
    EXPECT_THAT(last, testing::AllOf(HasSubstr("algorithm=SHA-256"), HasSubstr("nonce=\"n1\""),
                                     HasSubstr("CSeq: 2 INVITE")));
    EXPECT_THAT(ack, HasSubstr("Proxy-Authorization")); // RFC 3261 section 13.2.2.4
    const std::string firstText = callee.texts().front();
    const auto first = sip::parse(firstText);
    EXPECT_EQ(first->callId(), sip::parse(last)->callId());
    EXPECT_EQ(first->fromTag(), sip::parse(last)->fromTag());
}

TEST(Call, AWrongPasswordIsOneSentenceAndNoLoop)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 401, "", "x")
                           .header("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\"")
                           .text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.credentials = {"alice", "wrong"};
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 401);
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("does not accept"));
    EXPECT_EQ(callee.count("INVITE"), 2);
    EXPECT_EQ(ear.told(base::LocalKind::AuthenticationGaveUp).size(), 1U);
}

TEST(Call, RefusalsKeepTheirCodeAndPhrase)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 430, "Flow Failed", "edge").text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 430);
    EXPECT_EQ(ear.first(CallStep::Failed).phrase, "Flow Failed");
    EXPECT_FALSE(ear.first(CallStep::Failed).local);
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("430 Flow Failed"));
}

class Refused : public testing::TestWithParam<base::Transport>
{
};

TEST_P(Refused, APortNobodyListensOnIsALocalFailure)
{
    std::string target;
    {
        const Peer gone([](Peer &, const sip::Message &, const Way &) {});
        target = gone.uri();
    }
    Ear ear(ear::quick());
    engine::CallRequest request;
    request.target = target;
    request.transport = GetParam();
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto failed = ear.first(CallStep::Failed);
    EXPECT_TRUE(failed.local);
    EXPECT_EQ(failed.status, 503);
    EXPECT_THAT(failed.sentence, HasSubstr("nobody listens"));
    ASSERT_EQ(ear.told(base::LocalKind::ConnectionRefused).size(), 1U);
    EXPECT_EQ(ear.told(base::LocalKind::ConnectionRefused).front().callId, failed.callId);
    EXPECT_EQ(ear.told(base::LocalKind::ConnectionRefused).front().code, 503);
}

INSTANTIATE_TEST_SUITE_P(Transports, Refused,
                         testing::Values(base::Transport::Udp, base::Transport::Tcp),
                         [](const auto &each) {
                             return std::string(base::transportText(each.param));
                         });

TEST(Call, SilenceIsATimeoutAfterEveryRetransmission)
{
    Peer callee(Script([](Peer &, const sip::Message &, const Way &) {}));
    auto options = ear::quick();
    options.t1 = std::chrono::milliseconds(4);
    Ear ear(options);
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 408);
    EXPECT_TRUE(ear.first(CallStep::Failed).local);
    ASSERT_EQ(ear.told(base::LocalKind::TimedOut).size(), 1U);
    EXPECT_GE(callee.copies("INVITE"), 4);
}

TEST(Call, UnreadableTargetsFailWithOneSentence)
{
    Ear ear(ear::quick());
    const std::vector<std::string> targets{"",
                                           "sip:",
                                           "sip:@",
                                           "bob smith",
                                           "sip:bob@exa mple",
                                           "tel:+123",
                                           "sip:bob@127.0.0.1;transport=sctp",
                                           "sip:bob@127.0.0.1;lrZ",
                                           "sip:bob@[::1",
                                           "sip:bob@127.0.0.1:99999",
                                           "<sip:bob@127.0.0.1>",
                                           "sip:bob@127.0.0.1\r\nX: y",
                                           std::string(5000, 'a'),
                                           "http://example.test/"};
    for (std::size_t i = 0; i < targets.size(); ++i) {
        engine::CallRequest request;
        request.target = targets[i];
        const auto handle = ear.engine->place(request);
        ASSERT_TRUE(ear.waitFor(CallStep::Failed, static_cast<int>(i) + 1)) << targets[i];
        const auto failed = ear.calls().back();
        EXPECT_EQ(failed.call, handle);
        EXPECT_TRUE(failed.local);
        EXPECT_GT(failed.sentence.size(), 20U) << targets[i];
    }
    EXPECT_EQ(ear.count(CallStep::InviteSent), 0);
}

TEST(Call, AHostThatDoesNotResolveIsTold)
{
    // A DNS server that knows nothing: NXDOMAIN to every question.
    const int server = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof name;
    ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr *>(&name), length), 0);
    ASSERT_EQ(::getsockname(server, reinterpret_cast<sockaddr *>(&name), &length), 0);
    std::thread dns([server] {
        char question[512];
        sockaddr_storage from{};
        for (socklen_t size = sizeof from;; size = sizeof from) {
            const ssize_t n = ::recvfrom(server, question, sizeof question, 0,
                                         reinterpret_cast<sockaddr *>(&from), &size);
            if (n < 12)
                return;
            question[2] = static_cast<char>(0x81); // a response, recursion was desired
            question[3] = static_cast<char>(0x83); // recursion available, NXDOMAIN
            ::sendto(server, question, static_cast<std::size_t>(n), 0,
                     reinterpret_cast<sockaddr *>(&from), size);
        }
    });
    {
        auto options = ear::quick();
        options.dnsServer = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
        Ear ear(options);
        engine::CallRequest request;
        request.target = "sip:bob@no-such-host.invalid";
        ear.engine->place(request);
        EXPECT_TRUE(ear.waitFor(CallStep::Failed));
        EXPECT_TRUE(ear.first(CallStep::Failed).local);
        EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("no-such-host.invalid"));
        EXPECT_EQ(ear.told(base::LocalKind::Unresolvable).size(), 1U);
    }
    ::shutdown(server, SHUT_RDWR);
    ::sendto(server, "", 0, 0, reinterpret_cast<sockaddr *>(&name), length);
    dns.join();
    ::close(server);
}

} // namespace
