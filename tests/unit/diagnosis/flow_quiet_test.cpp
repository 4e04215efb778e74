// SPDX-License-Identifier: Apache-2.0
// Rules of flows over what only looks like a fault: a capture that began late, keep-alives that it
// does not hold, what the RFC allows.
#include "folded.h"

namespace {

constexpr std::string_view kRegistered = R"(
   0.00 bob>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Flow-Timer: 30" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)";

std::string alarms(const std::string &conversation)
{
    const support::Folded folded(conversation);
    std::string text;
    for (const auto &finding : folded.findings())
        if (finding.severity != diagnosis::Severity::Info)
            text += std::string(finding.rule) + ": " + finding.text + "\n";
    return text;
}

bool tells(const std::string &conversation, std::string_view rule)
{
    return support::Folded(conversation).has(rule);
}

TEST(FlowQuiet, aCaptureWithoutKeepAlivesTellsNothingOfThem)
{
    // As HEP and other tools keep it: SIP alone.
    EXPECT_EQ(alarms(std::string(kRegistered) + R"(
 500.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 500.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Flow-Timer: 30" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 900.00 tick
)"),
              "");
}

TEST(FlowQuiet, oneKeepAliveThatTheCaptureMissed)
{
    EXPECT_EQ(alarms(std::string(kRegistered) + R"(
  28.00 bob>edge tcp sport=34567 ping
  28.01 edge>bob tcp dport=34567 pong
  84.00 bob>edge tcp sport=34567 ping
  84.01 edge>bob tcp dport=34567 pong
 112.00 bob>edge tcp sport=34567 ping
 112.01 edge>bob tcp dport=34567 pong
 140.00 bob>edge tcp sport=34567 ping
 140.01 edge>bob tcp dport=34567 pong
)"),
              "");
}

TEST(FlowQuiet, requestsKeepAFlowAliveToo)
{
    std::string text(kRegistered);
    for (int i = 1; i <= 6; ++i)
        text += fmt::format("{0}.00 bob>edge OPTIONS tcp call=o{1} sport=34567\n"
                            "{0}.05 edge>bob 200 tcp call=o{1} dport=34567 tag=o\n"
                            "{2}.00 bob>edge tcp sport=34567 ping\n"
                            "{2}.01 edge>bob tcp dport=34567 pong\n",
                            i * 50 - 25, i, i * 50);
    EXPECT_EQ(alarms(text), "");
}

TEST(FlowQuiet, aSinglePongThatTheCaptureMissedIsNoHabit)
{
    const std::string text = std::string(kRegistered) + R"(
  28.00 bob>edge tcp sport=34567 ping
  50.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  50.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)";
    EXPECT_EQ(alarms(text), "");
}

TEST(FlowQuiet, theDeadFlowAndTheOneWithoutPongAreToldApart)
{
    const std::string pings = R"(
  28.00 bob>edge tcp sport=34567 ping
  58.00 bob>edge tcp sport=34567 ping
)";
    const std::string life = R"(
  90.00 edge>bob OPTIONS tcp call=o1 dport=34567
  90.05 bob>edge 200 tcp call=o1 sport=34567 tag=o
 100.00 tick
)";
    const auto dead = std::string(kRegistered) + pings + " 100.00 tick\n";
    EXPECT_TRUE(tells(dead, "flow-pong-timeout"));
    EXPECT_FALSE(tells(dead, "flow-pong-never"));
    const auto lives = std::string(kRegistered) + pings + life;
    EXPECT_FALSE(tells(lives, "flow-pong-timeout"));
    EXPECT_TRUE(tells(lives, "flow-pong-never"));
}

TEST(FlowQuiet, anotherRegistrationWithinTheWaitThatWasAskedOfAnEarlierCall)
{
    EXPECT_EQ(alarms(R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 401 tcp call=r1 tag=r "Retry-After: 60" "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\""
   0.10 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Authorization: Digest username=\"bob\", realm=\"r\", nonce=\"n1\"" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.15 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)"),
              "");
}

TEST(FlowQuiet, theCallersOwnTokenInTheRecordRouteIsHisOwn)
{
    // Both behind one address: the other token is the caller's, whose device is another one.
    EXPECT_FALSE(tells(std::string(kRegistered) + R"(
   1.00 alice>edge REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:2>\""
   1.05 edge>alice 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:2>\";expires=600"
  20.00 alice>edge INVITE tcp offer
  20.01 edge>bob INVITE tcp dport=34567 offer "Record-Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIKE8Q=@192.0.2.2;lr>"
  21.00 bob>edge 200 tcp sport=34567 tag=b answer
  21.01 edge>alice 200 tcp tag=b answer
)",
                       "flow-token-not-mine"));
}

TEST(FlowQuiet, a430ToARegisterIsToldByTheRuleOf430)
{
    EXPECT_TRUE(tells(R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 430 tcp call=r1 tag=r
)",
                      "flow-430-register"));
}

TEST(FlowQuiet, aUserAgentThatIsSwitchedOffHasNotGivenUp)
{
    EXPECT_FALSE(tells(std::string(kRegistered) + R"(
   2.00 carol>edge REGISTER tcp call=r3 "Supported: path, outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:3>\""
   2.05 edge>carol 200 tcp call=r3 tag=r "Require: outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:3>\";expires=7200"
  60.00 edge>bob tcp dport=34567 fin
2400.00 carol>edge tcp ping
2400.05 edge>carol tcp pong
2500.00 tick
)",
                       "flow-gave-up"));
}

TEST(FlowQuiet, aCallOverTheFlowOfAnotherDeviceAtTheSameHost)
{
    EXPECT_FALSE(tells(std::string(kRegistered) + R"(
   5.00 alice>edge INVITE tcp offer
   5.01 edge>bob INVITE tcp dport=5080 offer uri=robot@192.0.2.20:5080
   5.50 bob>edge 200 tcp sport=5080 tag=b answer
   5.51 edge>alice 200 tcp tag=b answer
)",
                       "flow-not-used"));
}

TEST(FlowQuiet, connectionsThatTheUserAgentClosesItself)
{
    std::string text;
    for (int i = 0; i < 4; ++i)
        text += fmt::format(
            "{0}.00 bob>edge REGISTER tcp call=r1 cseq={1} sport={2} \"Supported: path, outbound\" "
            "\"Contact: "
            "<sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
            "{0}.05 edge>bob 200 tcp call=r1 dport={2} tag=r \"Require: outbound\" "
            "\"Contact: "
            "<sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\";"
            "expires=600\"\n"
            "{3}.00 bob>edge tcp sport={2} fin\n",
            i * 61, i + 1, 40000 + i, i * 61 + 60);
    EXPECT_FALSE(tells(text, "flow-idle-kill"));
}

} // namespace
