// SPDX-License-Identifier: Apache-2.0
// Responses that are no answer to a request of ours, or cannot be read: dropped, and told. A 2xx is
// acknowledged and hung up all the same, so that nobody is left alone in a call.
#include "script.h"

#include <gmock/gmock.h>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::AllOf;
using testing::HasSubstr;

using Change = std::function<std::string(std::string response)>;

std::string replaced(std::string text, const std::string &from, const std::string &until,
                     const std::string &with)
{
    const auto begin = text.find(from);
    return text.replace(begin, text.find_first_of(until, begin + from.size()) - begin, with);
}

struct Wrong {
    const char *name;
    Change change; // of a 200 to the INVITE
    base::LocalKind kind;
    const char *says;
};

class WrongResponse : public testing::TestWithParam<Wrong>
{
};

/// The wrong 200 first, and an honest 486: only that one counts.
TEST_P(WrongResponse, IsDroppedAndTold)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, GetParam().change(peer::answer(self, message, 200, "wrong")
                                             .body("application/sdp", ear::kAnswer)
                                             .text()));
        self.send(way, sip::responseTo(message, 486, "", "honest").text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto failed = ear.first(CallStep::Failed);
    EXPECT_EQ(failed.status, 486);
    EXPECT_EQ(ear.count(CallStep::Answered), 0);
    ASSERT_TRUE(support::stepUntil([&] { return !ear.told(GetParam().kind).empty(); }));
    const auto told = ear.told(GetParam().kind).front();
    EXPECT_THAT(told.sentence, HasSubstr(GetParam().says));
    EXPECT_EQ(told.callId, failed.callId);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, WrongResponse,
    testing::Values(
        Wrong{"ForeignSentBy",
              [](const auto &text) {
                  return replaced(text, "SIP/2.0/UDP ", ";", "SIP/2.0/UDP 192.0.2.9:5060");
              },
              base::LocalKind::ViaMismatch, "192.0.2.9:5060"},
        Wrong{"OurAddressAndAnotherPort",
              [](const auto &text) {
                  return replaced(text, "SIP/2.0/UDP ", ";", "SIP/2.0/UDP 127.0.0.1:9");
              },
              base::LocalKind::ViaMismatch, "127.0.0.1:9"},
        Wrong{"AnotherBranch",
              [](const auto &text) {
                  return replaced(text, "branch=", ";\r", "branch=z9hG4bKother");
              },
              base::LocalKind::ViaMismatch, "z9hG4bKother"},
        Wrong{"TwoVias",
              [](std::string text) {
                  return text.insert(text.find("Via:"),
                                     "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKproxy\r\n");
              },
              base::LocalKind::ViaMismatch, "2 Vias"},
        Wrong{"EmptyVia", [](const auto &text) { return replaced(text, "Via:", "\r\n", "Via:"); },
              base::LocalKind::GuardRefused, "without a Via"},
        Wrong{"ViaOfCommas",
              [](const auto &text) { return replaced(text, "Via:", "\r\n", "Via: , ,"); },
              base::LocalKind::GuardRefused, "without a Via"},
        Wrong{"Status99", [](const auto &text) { return replaced(text, "2.0 200", " ", "2.0 99"); },
              base::LocalKind::GuardRefused, "\"99\" is no code"},
        Wrong{"Status799",
              [](const auto &text) { return replaced(text, "2.0 200", " ", "2.0 799"); },
              base::LocalKind::GuardRefused, "\"799\" is no code"},
        Wrong{"Status999",
              [](const auto &text) { return replaced(text, "2.0 200", " ", "2.0 999"); },
              base::LocalKind::GuardRefused, "\"999\" is no code"},
        Wrong{"Status1000",
              [](const auto &text) { return replaced(text, "2.0 200", " ", "2.0 1000"); },
              base::LocalKind::GuardRefused, "\"1000\" is no code"},
        Wrong{"NoFrom", [](const auto &text) { return replaced(text, "From:", "\n", "X:"); },
              base::LocalKind::GuardRefused, "without From"}),
    [](const auto &each) { return std::string(each.param.name); });

class Unusable : public testing::TestWithParam<Wrong>
{
};

TEST_P(Unusable, AnAnswerIsAcknowledgedAndHungUp)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, GetParam().change(peer::answer(self, message, 200, "a")
                                             .body("application/sdp", ear::kAnswer)
                                             .text()));
    }));
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    ear.engine->hangUp(call);
    EXPECT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("BYE"), 1);
    EXPECT_EQ(callee.count("CANCEL"), 0);
    for (const auto &text : callee.texts())
        if (text.compare(0, 4, "ACK ") == 0 || text.compare(0, 4, "BYE ") == 0) {
            EXPECT_THAT(text, HasSubstr(";tag=a"));
        }
}

INSTANTIATE_TEST_SUITE_P(
    Ways, Unusable,
    testing::Values(
        Wrong{"ContactCutShort",
              [](const auto &text) { return replaced(text, "Contact:", "\r", "Contact: <sip:"); },
              {},
              ""},
        Wrong{"ContactThatHurtsTheLibrary",
              [](const auto &text) {
                  return replaced(text, "Contact:", "\r", "Contact: <sip:a@127.0.0.1;lrZ>");
              },
              {},
              ""},
        Wrong{"MoreHeadersThanTheGuardTakes",
              [](std::string text) {
                  std::string many;
                  for (int i = 0; i < 600; ++i)
                      many += "X: y\r\n";
                  return text.insert(text.find("Content-Length"), many);
              },
              {},
              ""},
        Wrong{"SessionExpiresThatIsNone",
              [](std::string text) {
                  return text.insert(text.find("Content-Length"), "Session-Expires: ?\r\n");
              },
              {},
              ""}),
    [](const auto &each) { return std::string(each.param.name); });

} // namespace
