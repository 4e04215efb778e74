// SPDX-License-Identifier: Apache-2.0
// Connections that end under a request that waits for its answer: the call learns of it at once.
#include "script.h"

#include <base/text.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sip/uri.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::AllOf;
using testing::HasSubstr;

/// With the timers of RFC 3261: what a test sees did not come of one that ran out.
engine::Options slow()
{
    return ear::quick(std::chrono::milliseconds(500));
}

enum class How { Fin, Rst };

struct Ends {
    const char *name;
    How how;
};

class ConnectionEnds : public testing::TestWithParam<Ends>
{
};

TEST_P(ConnectionEnds, ThePendingCallIsOverAtOnceAndSaysWhy)
{
    const How how = GetParam().how;
    Peer callee(Script([=](Peer &self, const sip::Message &, const Way &way) {
        how == How::Fin ? self.finish(way) : self.reset(way);
    }));
    Ear ear(slow());
    ear.engine->place(to(callee, base::Transport::Tcp));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto failed = ear.first(CallStep::Failed);
    EXPECT_TRUE(failed.local);
    EXPECT_EQ(failed.status, 503); // RFC 3261 section 8.1.3.1; a timer would have made it 408
    EXPECT_THAT(failed.sentence, AllOf(HasSubstr("127.0.0.1:" + std::to_string(callee.port())),
                                       HasSubstr(how == How::Fin ? "closed the connection (FIN)"
                                                                 : "reset the connection (RST)")));
    const auto told = ear.told(base::LocalKind::SendFailed);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().callId, failed.callId);
    EXPECT_EQ(told.front().sentence, failed.sentence);
    EXPECT_EQ(callee.count("INVITE"), 1);
    EXPECT_EQ(callee.connections(), 1U); // nor was it sent again over another one
}

INSTANTIATE_TEST_SUITE_P(Ways, ConnectionEnds,
                         testing::Values(Ends{"FinInSilence", How::Fin},
                                         Ends{"RstInSilence", How::Rst}),
                         [](const auto &each) { return std::string(each.param.name); });

/// RFC 3261 section 18.2.2: the connection ends while it rings, and the answer comes over another.
class RingsOn : public testing::TestWithParam<How>
{
public:
    explicit RingsOn(base::Duration t1 = std::chrono::milliseconds(500))
        : callee(Script([this](Peer &self, const sip::Message &message, const Way &way) {
              {
                  const std::lock_guard guard(mutex);
                  invite = message.text;
                  first = way;
              }
              self.send(way, peer::answer(self, message, 180, "a").text());
          })),
          ear(ear::quick(t1))
    {
        call = ear.engine->place(to(callee, base::Transport::Tcp));
        EXPECT_TRUE(ear.waitFor(CallStep::Provisional)); // a RST takes what was not read along
        {
            const std::lock_guard guard(mutex);
            GetParam() == How::Fin ? callee.finish(first) : callee.reset(first);
        }
        EXPECT_TRUE(support::stepUntil([&] { return !tells("rings on").empty(); }));
        EXPECT_EQ(ear.count(CallStep::Failed), 0);
    }
    std::string tells(const char *words)
    {
        for (const auto &each : ear.told(base::LocalKind::Note))
            if (each.sentence.find(words) != std::string::npos)
                return each.sentence;
        return {};
    }
    /// Over a connection to where our Via says we are.
    void respond(int status)
    {
        const std::lock_guard guard(mutex);
        const auto message = *sip::parse(invite);
        const auto via = sip::parseVia(message.value(sip::HeaderId::Via));
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(via.port.value_or(5060));
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        back = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(::connect(back, reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
        auto response = peer::answer(callee, message, status, "a");
        if (status == 200)
            response.body("application/sdp", ear::kAnswer);
        const auto text = response.text();
        ASSERT_EQ(::send(back, text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    ~RingsOn() override
    {
        if (back >= 0)
            ::close(back);
    }

    std::mutex mutex;
    std::string invite;
    Way first;
    int back = -1;
    Peer callee;
    Ear ear;
    engine::CallHandle call;
};

TEST_P(RingsOn, AndIsAnsweredOverAnotherConnection)
{
    respond(200);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    EXPECT_EQ(ear.count(CallStep::Failed), 0);
}

TEST_P(RingsOn, AndIsRefusedOverAnotherConnection)
{
    respond(486);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 486);
    EXPECT_FALSE(ear.first(CallStep::Failed).local);
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
}

TEST_P(RingsOn, AndIsCancelledOverAnotherConnection)
{
    ear.engine->hangUp(call);
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("CANCEL") == 1; }));
    respond(487);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(ear.first(CallStep::Ended).status, 487);
    EXPECT_FALSE(ear.first(CallStep::Ended).local);
}

class GivenUp : public RingsOn
{
public:
    GivenUp() : RingsOn(std::chrono::milliseconds(5)) {}
};

TEST_P(GivenUp, WhenNoAnswerComes)
{
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 408);
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("over a new connection"));
}

INSTANTIATE_TEST_SUITE_P(Ends, RingsOn, testing::Values(How::Fin, How::Rst));
INSTANTIATE_TEST_SUITE_P(Ends, GivenUp, testing::Values(How::Fin));

TEST(ConnectionEnd, ACancelIsNotWaitedForOnAConnectionThatIsGone)
{
    Peer callee(
        Script([](Peer &self, const sip::Message &message,
                  const Way &way) { self.send(way, peer::answer(self, message, 180, "a").text()); },
               [](Peer &self, const sip::Message &message, const Way &way) {
                   if (message.method == sip::Method::Cancel)
                       self.finish(way);
               }));
    Ear ear(slow());
    const auto call = ear.engine->place(to(callee, base::Transport::Tcp));
    ASSERT_TRUE(ear.waitFor(CallStep::Provisional));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(ear.first(CallStep::Ended).status, 503);
    EXPECT_THAT(ear.first(CallStep::Ended).sentence, HasSubstr("closed the connection (FIN)"));
    EXPECT_TRUE(ear.told(base::LocalKind::TimedOut).empty());
}

TEST(ConnectionEnd, ThePortThatIsGoneByTheTimeOfTheCancelIsNotLaidToTheInvite)
{
    auto callee =
        std::make_unique<Peer>(Script([](Peer &self, const sip::Message &message, const Way &way) {
            self.send(way, peer::answer(self, message, 180, "a").text());
        }));
    Ear ear(slow());
    const auto call = ear.engine->place(to(*callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Provisional));
    callee.reset();
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_THAT(ear.first(CallStep::Ended).sentence,
                AllOf(HasSubstr("The CANCEL did not arrive"), HasSubstr("nobody listens")));
    const auto told = ear.told(base::LocalKind::ConnectionRefused);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().sentence, ear.first(CallStep::Ended).sentence);
}

TEST(ConnectionEnd, AByeWithoutAnswerIsNotLaidToTheConnectionOfSomebodyElse)
{
    // It answers the INVITE and no BYE.
    Peer deaf([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method == sip::Method::Invite && message.isRequest())
            self.send(
                way,
                peer::answer(self, message, 200, "a").body("application/sdp", ear::kAnswer).text());
    });
    Peer other(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, peer::answer(self, message, 486, "b").text());
        self.finish(way);
    }));
    Ear ear(ear::quick(std::chrono::milliseconds(10))); // the BYE is given up after 640 ms
    const auto call = ear.engine->place(to(deaf));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ear.engine->place(to(other, base::Transport::Tcp)); // and its connection ends meanwhile
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    const auto sentence = ear.first(CallStep::Ended).sentence;
    EXPECT_THAT(sentence, HasSubstr("127.0.0.1:" + std::to_string(deaf.port())));
    EXPECT_THAT(sentence, HasSubstr("did not answer in time"));
}

std::string without(std::string text, const std::string &header)
{
    const auto begin = text.find(header);
    return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

struct Breaks {
    const char *name;
    std::function<std::string(const std::string &response)> bytes;
    const char *says;
};

class Unframed : public testing::TestWithParam<Breaks>
{
};

TEST_P(Unframed, WhatCannotBeTakenApartEndsConnectionAndCall)
{
    const auto &how = GetParam();
    Peer callee(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        const auto response =
            peer::answer(self, message, 183, "a").body("application/sdp", ear::kAnswer).text();
        self.send(way, how.bytes(response));
    }));
    Ear ear(slow());
    ear.engine->place(to(callee, base::Transport::Tcp));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto failed = ear.first(CallStep::Failed);
    EXPECT_TRUE(failed.local);
    EXPECT_EQ(failed.status, 503);
    EXPECT_THAT(failed.sentence,
                AllOf(HasSubstr("127.0.0.1:" + std::to_string(callee.port())), HasSubstr(how.says),
                      HasSubstr("the connection was closed here")));
    const auto told = ear.told(base::LocalKind::GuardRefused);
    ASSERT_GE(told.size(), 2U); // of the connection, and of the call
    EXPECT_EQ(told.back().callId, failed.callId);
    EXPECT_TRUE(support::stepUntil([&] { return callee.ended() == 1; }));
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, Unframed,
    testing::Values(Breaks{"Garbage",
                           [](const auto &) { return "\x01\x02 no SIP\n at all \xff\n"; },
                           "bytes that are not SIP"},
                    Breaks{"GarbageBehindAMessage",
                           [](const auto &response) { return response + "v=0\r\no=- 1 1\r\n"; },
                           "bytes that are not SIP"},
                    Breaks{"NoContentLength",
                           [](const auto &response) { return without(response, "Content-Length"); },
                           "without a Content-Length"},
                    Breaks{"AContentLengthThatIsNone",
                           [](std::string response) {
                               return response.replace(response.find("Content-Length: ") + 16, 0,
                                                       "-");
                           },
                           "without a Content-Length"},
                    Breaks{"AMessageBeyondTheLimit",
                           [](std::string response) {
                               response.replace(response.find("Content-Length: ") + 16, 0, "9999");
                               return response + std::string(70'000, 'x');
                           },
                           "larger than"}),
    [](const auto &each) { return std::string(each.param.name); });

} // namespace
