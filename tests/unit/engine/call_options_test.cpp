// SPDX-License-Identifier: Apache-2.0
// What an engineer may want different in a call: routes, Request-URI, bodies, 100rel, redirects,
// numbers that are refused, IPv6.
#include "script.h"

#include <engine/call_headers.h>
#include <engine/number_guard.h>
#include <engine/target.h>
#include <gmock/gmock.h>

namespace {

using callee::answerPlainly;
using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;
using testing::Not;

std::string firstOf(const Peer &callee, const std::string &method)
{
    for (const auto &text : callee.texts())
        if (text.compare(0, method.size() + 1, method + " ") == 0)
            return text;
    return {};
}

TEST(CallOptions, RoutesAreLooseAndTheRequestUriIsFree)
{
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    engine::CallRequest request;
    request.target = "sip:bob@example.test";
    request.description = ear::kOffer;
    request.proxy = callee.uri("edge");
    request.extras.routes = {"sip:second.example.test", "<sip:third.example.test;lr>"};
    request.extras.requestUri = "sip:service@example.test;user=phone";
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const std::string text = firstOf(callee, "INVITE");
    const auto invite = sip::parse(text);
    ASSERT_TRUE(invite.has_value());
    EXPECT_EQ(invite->requestUri, "sip:service@example.test;user=phone");
    EXPECT_THAT(std::string(invite->value(sip::HeaderId::To)), HasSubstr("sip:bob@example.test"));
    std::vector<std::string> routes;
    for (const auto value : invite->values(sip::HeaderId::Route))
        routes.emplace_back(value);
    ASSERT_EQ(routes.size(), 3U);
    EXPECT_THAT(routes[0], HasSubstr("edge@127.0.0.1"));
    EXPECT_THAT(routes[1], HasSubstr("second.example.test;lr"));
    EXPECT_THAT(routes[2], HasSubstr("third.example.test;lr"));
}

TEST(CallOptions, WithoutReliabilityNothingIsPracked)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, peer::answer(self, message, 183, "a")
                           .header("Require", "100rel")
                           .header("RSeq", "1")
                           .text());
        self.send(way, peer::answer(self, message, 200, "a").text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.reliability = engine::Reliability::Off;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_THAT(firstOf(callee, "INVITE"), Not(HasSubstr("100rel")));
    EXPECT_EQ(callee.count("PRACK"), 0);
    EXPECT_FALSE(ear.told(base::LocalKind::Note).empty());
}

TEST(CallOptions, NothingIsPrackedThatHasNoNumber)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        for (const char *number : {"0", "abc"})
            self.send(way, peer::answer(self, message, 183, "a")
                               .header("Require", "100rel")
                               .header("RSeq", number)
                               .text());
        self.send(way, peer::answer(self, message, 200, "a").text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(support::stepUntil(
        [&] { return callee.count("ACK") == 1; })); // a PRACK of the 183 would have left before it
    EXPECT_EQ(callee.count("PRACK"), 0);
}

TEST(CallOptions, WhatWasRequiredInVainIsNamed)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way,
                  sip::responseTo(message, 420, "", "x").header("Unsupported", "100rel").text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.reliability = engine::Reliability::Required;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(firstOf(callee, "INVITE"), HasSubstr("Require: 100rel"));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("does not know 100rel"));
}

TEST(CallOptions, WhatWasOnlySupportedWasNotRequired)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way,
                  sip::responseTo(message, 420, "", "x").header("Unsupported", "100rel").text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto sentence = ear.first(CallStep::Failed).sentence;
    EXPECT_THAT(sentence, HasSubstr("did not require"));
    EXPECT_THAT(sentence, Not(HasSubstr("which the call required")));
}

TEST(CallOptions, OnlyARefusalThatMayHaveRetryAfterSaysWhenToTryAgain)
{
    for (const auto &[status, words] :
         {std::pair(486, "Try again after 30 s"), {403, "does not define for a 403"}}) {
        const int code = status;
        Peer callee(Script([code](Peer &self, const sip::Message &message, const Way &way) {
            self.send(way,
                      sip::responseTo(message, code, "", "x").header("Retry-After", "30").text());
        }));
        Ear ear(ear::quick());
        ear.engine->place(to(callee));
        ASSERT_TRUE(ear.waitFor(CallStep::Failed));
        EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr(words));
    }
}

TEST(CallOptions, ARedirectIsFollowedOnRequestBestFirstAndNeverInCircles)
{
    Peer last(answerPlainly);
    Peer busy(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 486, "", "b").text());
    }));
    Peer redirecting(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 302, "", "r")
                           .header("Contact", "<" + last.uri("later") + ">;q=0.2")
                           .header("Contact", "<" + self.uri() + ">;q=0.9")
                           .header("Contact", "<" + busy.uri("sooner") + "?Subject=x>;q=0.7")
                           .text());
    }));
    Ear ear(ear::quick());
    auto request = to(redirecting);
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("later"));
    EXPECT_EQ(last.count("INVITE") + busy.count("INVITE"), 0);

    request.extras.followRedirects = true;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_EQ(ear.count(CallStep::Redirected), 2);
    EXPECT_EQ(busy.count("INVITE"), 1);
    const std::string sooner = firstOf(busy, "INVITE"), later = firstOf(last, "INVITE");
    EXPECT_THAT(sooner, Not(HasSubstr("Subject")));
    EXPECT_THAT(sooner, HasSubstr("CSeq: 2 INVITE"));
    EXPECT_THAT(later, HasSubstr("CSeq: 3 INVITE"));
    EXPECT_EQ(sip::parse(sooner)->callId(), sip::parse(later)->callId());
    EXPECT_EQ(redirecting.count("INVITE"), 2); // once for each call
}

TEST(CallOptions, WhyARedirectionIsNotFollowedIsSaid)
{
    const struct {
        const char *contact;
        const char *words, *others;
    } kCases[] = {
        {"<sip:112@127.0.0.1>", "emergency number", "Write it like"},
        {"<tel:+4930123>", "sip: and sips: addresses only", "Write it like"},
        {"<http://a.test/>", "sip: and sips: addresses only", "Write it like"},
        {"<sip:bob@a b>", "is not a SIP address", "Write it like"},
        {"", "names no Contact", "Follow redirects"},
        {"self", "circle", "Follow redirects"},
    };
    for (const auto &[contact, words, others] : kCases) {
        Peer redirecting(Script([&, named = std::string(contact)](
                                    Peer &self, const sip::Message &message, const Way &way) {
            auto response = sip::responseTo(message, 302, "", "r");
            if (!named.empty())
                response.header("Contact", named == "self" ? "<" + self.uri() + ">" : named);
            self.send(way, response.text());
        }));
        Ear ear(ear::quick());
        auto request = to(redirecting);
        request.extras.followRedirects = true;
        ear.engine->place(request);
        ASSERT_TRUE(ear.waitFor(CallStep::Failed)) << contact;
        EXPECT_THAT(ear.first(CallStep::Failed).sentence,
                    AllOf(HasSubstr(words), Not(HasSubstr(others))))
            << contact;
        EXPECT_EQ(redirecting.count("INVITE"), 1);
    }
}

TEST(CallOptions, ARedirectionWithoutEndEndsAndSaysSo)
{
    std::atomic<int> n{0};
    Peer redirecting(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 302, "", "r")
                           .header("Contact", "<" + self.uri("n" + std::to_string(++n)) + ">")
                           .text());
    }));
    Ear ear(ear::quick());
    auto request = to(redirecting);
    request.extras.followRedirects = true;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("the most of one call"));
    EXPECT_EQ(redirecting.count("INVITE"), 10);
}

TEST(CallOptions, ABodyOfOnesOwnGoesBesideTheOffer)
{
    engine::CallRequest request;
    request.description = ear::kOffer;
    request.extras.body = std::string("<x>\0</x>", 8);
    request.extras.bodyType = "application/x+xml";
    Peer callee(answerPlainly);
    Ear ear(ear::quick());
    request.target = callee.uri();
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const std::string text = firstOf(callee, "INVITE");
    const auto invite = sip::parse(text);
    const auto parts = sip::parts(*invite, {});
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_THAT(std::string(invite->sdp()), HasSubstr("m=audio"));
    EXPECT_NE(text.find(request.extras.body), std::string::npos);
    request.lateOffer = true;
    EXPECT_EQ(engine::inviteBody(request)->type, "application/x+xml");
    request.extras.bodyType = "nonsense";
    EXPECT_FALSE(engine::inviteBody(request).has_value());
    request.extras.bodyType = "application/sdp";
    EXPECT_EQ(engine::offerOf(request), request.extras.body);
}

TEST(CallOptions, TheSessionIdLearnsThePeersHalf)
{
    const std::string theirs(32, 'a');
    Peer callee(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, peer::answer(self, message, 200, "a")
                           .header("Session-ID", theirs + ";remote=x")
                           .text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.extras.sessionId = true;
    ear.engine->place(request);
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    EXPECT_THAT(firstOf(callee, "INVITE"), HasSubstr(";remote=" + std::string(32, '0')));
    EXPECT_THAT(firstOf(callee, "ACK"), HasSubstr(";remote=" + theirs));
}

TEST(CallOptions, RiskyNumbersAreRefusedUnlessAllowed)
{
    for (const char *number : {"112", "911", "+1-900-555-0100", "+88216000000", "0900123456",
                               "+4990012345678;phone-context=x"})
        EXPECT_TRUE(engine::riskyNumber(number).has_value()) << number;
    // Escaped, separated, behind a feature code, completed by its context: dialled all the same.
    for (const char *number :
         {"1%312", "%39%31%31", "1%201%202", "1.1-2", "0 (900) 12/34 56", "*31#112",
          "%2331%230900123456", "011979123456", "0011 870 123456", "12345678;phone-context=+49900",
          // Whatever is dialled behind the number.
          "0900123456%23", "112#", "0900123456,1", "112p1", "911W5", "112*7", "+49900123456%2C1",
          "112%3B5", "**21*0900123456#", "**61*0900123456*11*20#", "*31#112#", "#0900123456#"})
        EXPECT_TRUE(engine::riskyNumber(number).has_value()) << number;
    for (const char *emergency :
         {"0112", "0,112", "0p911", "00,110", "9911", "+112", "00112", "sos", "SOS", "sos.fire",
          "sos;x", "%73os", "urn:service:sos", "urn:service:sos.police"})
        EXPECT_TRUE(engine::riskyNumber(emergency).has_value()) << emergency;
    for (const char *harmless : {"bob",
                                 "sosa",
                                 "9115",
                                 "01120",
                                 "015",
                                 "123,112",
                                 "0,113456",
                                 "urn:service:counseling",
                                 "1001",
                                 "%zz",
                                 "1%3",
                                 "%",
                                 "*97",
                                 "*",
                                 "alice;phone-context=+1900",
                                 "b112",
                                 "11%FF2",
                                 "01112345",
                                 "900",
                                 "+4930123456",
                                 "0301234567",
                                 "1120",
                                 "s",
                                 "1001#",
                                 "p112",
                                 "+p112",
                                 "**21*0301234567#",
                                 "*110#",
                                 "#31#",
                                 "0301234567,112",
                                 "112a#"})
        EXPECT_FALSE(engine::riskyNumber(harmless).has_value()) << harmless;
    engine::CallRequest request;
    for (const char *target : {"sip:sos", "sip:112", "sip:0112@127.0.0.1", "sip:sos@127.0.0.1"}) {
        request.target = target;
        const auto checked = engine::Engine::check(request);
        ASSERT_FALSE(checked.has_value()) << target;
        EXPECT_THAT(checked.error().sentence, HasSubstr("emergency")) << target;
    }
    request.target = "sip:112@127.0.0.1";
    EXPECT_THAT(engine::Engine::check(request).error().sentence, HasSubstr("emergency"));
    request.extras.allowNumber = true;
    EXPECT_TRUE(engine::Engine::check(request).has_value());
}

TEST(CallOptions, ALineEndInAnAddressIsRefusedWithASentence)
{
    for (const char *bad : {"sip:bob@h?Subject=a%0d%0aX-Evil:%201",
                            "sip:bob@h?Subject=a\r\nX-Evil: 1", "sip:bob%0A@h", "sip:b\rob@h"}) {
        engine::CallRequest request;
        request.target = bad;
        const auto checked = engine::Engine::check(request);
        ASSERT_FALSE(checked.has_value()) << bad;
        EXPECT_THAT(checked.error().sentence, HasSubstr("line end")) << bad;
        EXPECT_FALSE(engine::transferTarget(bad, true).has_value()) << bad;
    }
}

TEST(CallOptions, ATransferTargetIsKnownToBeBadBeforeTheCall)
{
    EXPECT_FALSE(engine::Engine::checkTransfer("sip:112@127.0.0.1", false).has_value());
    EXPECT_TRUE(engine::Engine::checkTransfer("sip:112@127.0.0.1", true).has_value());
    EXPECT_FALSE(engine::Engine::checkTransfer("tel:+4930123", true).has_value());
    EXPECT_TRUE(engine::Engine::checkTransfer("sip:carol@127.0.0.1?Subject=x", false).has_value());
}

TEST(CallOptions, ATransferTargetIsJudgedLikeACall)
{
    EXPECT_EQ(engine::transferTarget("sip:carol@h?Replaces=a%40b%3Bto-tag%3D1", false).value_or(""),
              "sip:carol@h?Replaces=a%40b%3Bto-tag%3D1");
    const auto refused = engine::transferTarget("sip:1%312@h", false);
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().sentence, HasSubstr("emergency"));
    EXPECT_TRUE(engine::transferTarget("sip:112@h", true).has_value());
    EXPECT_FALSE(engine::transferTarget("sip:carol@h?a=<b>", false).has_value());
    EXPECT_FALSE(
        engine::transferTarget("sip:carol@h?a=" + std::string(2000, 'x'), false).has_value());
}

TEST(CallOptions, WhatIsWrongWithAnIPv6AddressIsSaid)
{
    const auto sentence = [](const char *target) {
        engine::CallRequest request;
        request.target = target;
        const auto checked = engine::Engine::check(request);
        return checked ? std::string() : checked.error().sentence;
    };
    EXPECT_THAT(sentence("sip:bob@2001:db8::1"), HasSubstr("has to stand in brackets"));
    EXPECT_THAT(sentence("sip:bob@::1;transport=tcp"), HasSubstr("has to stand in brackets"));
    EXPECT_THAT(sentence("sip:bob@[127.0.0.1]"), HasSubstr("no IPv6 address"));
    EXPECT_THAT(sentence("sip:bob@[::g]"), HasSubstr("no IPv6 address"));
    EXPECT_EQ(sentence("sip:bob@[::1]"), "");
}

TEST(CallOptions, AddressesOfTheWrongKindAreRefusedInOneSentence)
{
    engine::CallRequest request;
    request.target = "sip:bob@[::1]:5070";
    EXPECT_TRUE(engine::Engine::check(request).has_value());
    request.extras.localAddress = "127.0.0.1";
    EXPECT_THAT(engine::Engine::check(request).error().sentence, HasSubstr("IPv6"));
    request.extras.localAddress = "nowhere";
    EXPECT_FALSE(engine::Engine::check(request).has_value());
    for (const char *bad : {"sips:bob@h;transport=udp", "sip:bob@h;transport=sctp", "tel:+1"}) {
        request = {};
        request.target = bad;
        EXPECT_FALSE(engine::Engine::check(request).has_value()) << bad;
    }
}

} // namespace
