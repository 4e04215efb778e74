// SPDX-License-Identifier: Apache-2.0
// Faults that were met with silence, and what looks like them, beyond the two conversations of each
// rule.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;

std::string textOf(std::string_view conversation, std::string_view rule)
{
    const support::Folded folded(conversation);
    const auto found = folded.find(rule);
    return found == nullptr ? std::string() : found->text;
}

constexpr std::string_view kRecorded = R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;lr>, <sip:192.0.2.2;lr>"
  1.00 bob>proxy 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>, <sip:192.0.2.2;lr>"
  1.01 proxy>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>, <sip:192.0.2.2;lr>"
)";

TEST(RecordedRoute, WithoutAnyRouteIsTheWrongWayEvenIfItWasAnswered)
{
    const auto text = textOf(std::string(kRecorded) + R"(
  9.00 alice>proxy BYE tag=b
  9.05 proxy>alice 200 for=BYE
)",
                             "rt-rr-order");
    EXPECT_THAT(text, HasSubstr("Route none instead of 192.0.2.2, 192.0.2.4"));
}

TEST(RecordedRoute, TheCalleeKeepsTheOrder)
{
    const auto bye = [](std::string_view route) {
        return textOf(fmt::format("{}\n  9.00 bob>proxy BYE tag=b reverse \"Route: {}\"\n"
                                  "  9.05 proxy>bob 200 for=BYE\n",
                                  kRecorded, route),
                      "rt-rr-order");
    };
    EXPECT_EQ(bye("<sip:192.0.2.4;lr>, <sip:192.0.2.2;lr>"), "");
    EXPECT_THAT(bye("<sip:192.0.2.2;lr>, <sip:192.0.2.4;lr>"), HasSubstr("the INVITE recorded"));
}

TEST(BothWays, LossAndJitterOfBothSidesAreToldOf)
{
    std::string conversation = "answered\n";
    for (int i = 0; i < 10; ++i)
        for (const auto *way : {"alice>bob", "bob>alice"})
            conversation +=
                fmt::format("{} {} rtp 46 sequence={} at={}\n", 1.1 + i, way, 50 * i, 50 * i);
    const support::Folded lossy(conversation + "35.00 tick\n");
    const auto loss = lossy.find("rtp-loss");
    ASSERT_NE(loss, nullptr);
    EXPECT_THAT(loss->text, HasSubstr("192.0.2.10:4000 sent"));
    EXPECT_THAT(loss->text, HasSubstr("192.0.2.20:5000 sent"));
    EXPECT_THAT(loss->impact, HasSubstr("caller and the callee"));
    EXPECT_EQ(loss->evidence.size(), 2U);
    const support::Folded shaken("answered\n1.10 alice>bob rtp 600 shaken=90\n"
                                 "1.10 bob>alice rtp 600 shaken=90\n35.00 tick\n");
    const auto jitter = shaken.find("rtp-jitter");
    ASSERT_NE(jitter, nullptr);
    EXPECT_EQ(jitter->evidence.size(), 2U) << jitter->text;
}

TEST(Digits, EventsUnderANumberThatNobodyDescribed)
{
    const auto text = textOf(R"(
  0.00 alice>bob INVITE sdp=0,101
  1.00 bob>alice 200 tag=b sdp=0,101
  1.05 alice>bob ACK tag=b
  1.10 bob>alice rtp 200
  1.10 alice>bob rtp 100
  3.10 alice>bob rtp 8 pt=100 event=5 sequence=100 at=100 step=0
 20.00 tick
)",
                             "neg-dtmf-pt");
    EXPECT_THAT(text, HasSubstr("payload type 100 [1]; its receiver asked for 101 [2]"));
}

TEST(Digits, EventsTowardsOneWhoDescribedNone)
{
    const auto text = textOf(R"(
  0.00 alice>bob INVITE sdp=0
  1.00 bob>alice 200 tag=b sdp=0
  1.05 alice>bob ACK tag=b
  1.10 bob>alice rtp 200
  1.10 alice>bob rtp 100
  3.10 alice>bob rtp 8 pt=101 event=5 sequence=100 at=100 step=0
 20.00 tick
)",
                             "neg-dtmf-pt");
    EXPECT_THAT(text, HasSubstr("did not describe telephone-event"));
}

TEST(Ping, IsNamedAsWhatWentOut)
{
    const auto text = textOf(R"(
registered
 40.00 bob>edge tcp ping
 51.00 tick
)",
                             "flow-pong-timeout");
    EXPECT_THAT(text, HasSubstr("The ping of 192.0.2.20:5060 (a double CRLF) over TCP"));
    EXPECT_THAT(text, HasSubstr("no pong (a single CRLF) within 10.0 s"));
}

TEST(WrongType, OfEarlyMediaThatRunsOnIsToldOfTheCallToo)
{
    const std::string call = "0.00 alice>bob INVITE sdp=0,8\n"
                             "0.20 bob>alice 183 tag=b sdp=8\n"
                             "0.30 bob>alice rtp {} pt=97\n"
                             "2.00 bob>alice 200 tag=b sdp=8\n"
                             "2.05 alice>bob ACK tag=b\n";
    const auto speaks = [&](int packets) {
        return !textOf(fmt::format(fmt::runtime(call), packets), "rtp-pt-change").empty();
    };
    EXPECT_TRUE(speaks(300));
    EXPECT_FALSE(speaks(80)); // em-wrong-pt tells of those
}

TEST(Stopped, NobodyKnowsOfACallThatTheTraceLeavesOpen)
{
    const auto found = support::Folded("answered\n1.10 alice>bob rtp 300\n1.10 bob>alice rtp 300\n"
                                       "60.00 tick\n")
                           .find("rtp-stopped");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, diagnosis::Severity::Info);
    EXPECT_THAT(found->text, HasSubstr("nobody hung up"));
}

} // namespace
