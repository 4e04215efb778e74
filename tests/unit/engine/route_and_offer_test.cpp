// SPDX-License-Identifier: Apache-2.0
// Where requests within a dialog go when its route set begins with a strict router, and what a late
// offer without anything that we have gets.
#include "script.h"

#include <gmock/gmock.h>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;
using testing::Not;

constexpr const char *kForeign = "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 "
                                 "127.0.0.1\r\nt=0 0\r\nm=audio 41000 RTP/AVP 4 "
                                 "127\r\na=rtpmap:127 XYZ/8000\r\n";

TEST(StrictRouter, IsTheNextHop)
{
    Peer behind([](Peer &, const sip::Message &, const Way &) {});
    Peer strict(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, peer::answer(self, message, 200, "a")
                           .header("Record-Route",
                                   "<sip:127.0.0.1:" + std::to_string(behind.port()) + ";lr>")
                           .header("Record-Route", "<sip:127.0.0.1:" + std::to_string(self.port()) +
                                                       ">") // no lr: RFC 3261 section 12.2.1.1
                           .body("application/sdp", ear::kAnswer)
                           .text());
    }));
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(strict));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(support::stepUntil([&] { return strict.count("ACK") == 1; }));
    ear.engine->hangUp(call);
    ASSERT_TRUE(support::stepUntil([&] { return strict.count("BYE") == 1; }));
    EXPECT_EQ(behind.count("ACK") + behind.count("BYE"), 0);
    for (const auto &text : strict.texts()) {
        if (text.compare(0, 4, "ACK ") == 0) {
            EXPECT_THAT(text,
                        HasSubstr("ACK sip:127.0.0.1:" + std::to_string(strict.port()) + " "));
        }
    }
}

/// RFC 3261 section 13.2.2.4.
TEST(LateOffer, InTheAnswerThatNothingCanBeMadeOfIsHungUp)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way,
                  peer::answer(self, message, 200, "a").body("application/sdp", kForeign).text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.lateOffer = true;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("port 0"));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("BYE") == 1; }));
    bool acknowledged = false;
    for (const auto &text : callee.texts())
        acknowledged = acknowledged || (text.compare(0, 4, "ACK ") == 0 &&
                                        text.find("m=audio 0 RTP/AVP 4 127") != std::string::npos);
    EXPECT_TRUE(acknowledged);
    EXPECT_EQ(ear.count(CallStep::Answered), 0);
}

/// RFC 3261 section 21.3.4: through the proxy, to whom the call was for.
TEST(Redirect, ToAProxyKeepsWhomTheCallIsFor)
{
    Peer proxy(callee::answerPlainly);
    Peer first(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way,
                  sip::responseTo(message, 305, "", "r")
                      .header("Contact", "<sip:127.0.0.1:" + std::to_string(proxy.port()) + ">")
                      .text());
    }));
    Ear ear(ear::quick());
    auto request = to(first);
    request.extras.followRedirects = true;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    std::string invite;
    for (const auto &text : proxy.texts())
        if (text.compare(0, 7, "INVITE ") == 0)
            invite = text;
    EXPECT_THAT(invite, HasSubstr("INVITE " + first.uri() + " SIP/2.0"));
    EXPECT_THAT(invite, HasSubstr("Route: <sip:127.0.0.1:" + std::to_string(proxy.port())));
}

/// RFC 3261 section 8.1.3.4.
TEST(Redirect, ToSomebodyWhoIsNotThereGoesOnToTheNextOne)
{
    std::uint16_t gone = 0;
    {
        const Peer closed([](Peer &, const sip::Message &, const Way &) {});
        gone = closed.port();
    }
    Peer last(callee::answerPlainly);
    Peer redirecting(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 302, "", "r")
                           .header("Contact", "<sip:bob@127.0.0.1:" + std::to_string(gone) +
                                                  ";transport=tcp>;q=0.9")
                           .header("Contact", "<" + last.uri() + ">;q=0.2")
                           .text());
    }));
    Ear ear(ear::quick());
    auto request = to(redirecting);
    request.extras.followRedirects = true;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_EQ(last.count("INVITE"), 1);
}

TEST(Ack, ThatHasNoWayToTheContactIsTold)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 200, "", "a")
                           .header("Contact", "<sips:bob@127.0.0.1:" + std::to_string(self.port()) +
                                                  ">") // over UDP
                           .body("application/sdp", ear::kAnswer)
                           .text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    std::string told;
    EXPECT_TRUE(support::stepUntil([&] {
        for (const auto &each : ear.told(base::LocalKind::SendFailed))
            if (each.sentence.find("ACK has not left") != std::string::npos)
                told = each.sentence;
        return !told.empty();
    }));
    EXPECT_THAT(told, HasSubstr("sips:bob@127.0.0.1"));
}

TEST(AddedHeader, ThatWouldNotBeSentIsAnError)
{
    engine::CallRequest request;
    request.target = "sip:bob@127.0.0.1";
    request.extras.headers = {{"Privacy", "foo bar"}};
    EXPECT_THAT(engine::Engine::check(request).error().sentence, HasSubstr("Privacy"));
    request.extras.headers = {{"Subject", "a"}, {"subject", "b"}};
    EXPECT_THAT(engine::Engine::check(request).error().sentence, HasSubstr("only once"));
    request.extras.headers = {{"Subject", "a"},  {"X-Own", "1"},    {"X-Own", "2"},
                              {"Privacy", "id"}, {"Accept", "a/b"}, {"Accept", "c/d"}};
    EXPECT_TRUE(engine::Engine::check(request).has_value());
}

} // namespace
