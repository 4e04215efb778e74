// SPDX-License-Identifier: Apache-2.0
// The rules about registrations over flows: where they speak beyond their own conversations, and
// where they must not.
#include "folded.h"

#include <fmt/format.h>

namespace {

using diagnosis::Severity;

/// A REGISTER for bob over TCP and its 200, `after` seconds from the beginning.
std::string registered(double after, std::string_view edge, int regId, std::string_view call,
                       int cseq = 1, int port = 5060, int expires = 600,
                       std::string_view instance = "urn:uuid:1")
{
    const auto contact = fmt::format(R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id={};)"
                                     R"(+sip.instance=\"<{}>\";expires={}")",
                                     regId, instance, expires);
    return fmt::format(
        "{0:.3f} bob>{1} REGISTER tcp call={2} cseq={3} sport={4} "
        "\"Supported: path, outbound\" {5}\n"
        "{6:.3f} {1}>bob 200 tcp call={2} dport={4} tag=r \"Require: outbound\" {7}\n",
        after, edge, call, cseq, port, contact, after + 0.05,
        expires == 0 ? std::string() : contact);
}

TEST(FlowRegistering, ARegistrationThatMovedToAnotherRegIdIsNoClash)
{
    const std::string moved = registered(0, "edge", 1, "r1") + "9 edge>bob tcp fin\n" +
                              registered(9.5, "edge2", 2, "r1", 2);
    EXPECT_TRUE(support::Folded(moved).has("flow-regid-changed"));
    EXPECT_FALSE(support::Folded(moved).has("flow-shared-callid"));
    const std::string both = registered(0, "edge", 1, "r1") + registered(1, "edge2", 2, "r1", 2) +
                             registered(300, "edge", 1, "r1", 3);
    EXPECT_TRUE(support::Folded(both).has("flow-shared-callid"));
    EXPECT_FALSE(support::Folded(both).has("flow-regid-changed"));
    const std::string left = registered(0, "edge", 1, "r1") +
                             registered(5, "edge", 1, "r1", 2, 5060, 0) +
                             registered(6, "edge2", 2, "r1", 3);
    EXPECT_FALSE(support::Folded(left).has("flow-shared-callid")) << "the first was taken away";
    EXPECT_FALSE(support::Folded(left).has("flow-regid-changed"));
}

TEST(FlowRegistering, AFlowThatWasTakenAwayIsNoTwin)
{
    const std::string one = registered(0, "edge", 1, "r1");
    const std::string gone = registered(1, "edge", 1, "r1", 2, 5060, 0);
    const std::string two = registered(2, "edge", 2, "r2", 1, 5062);
    EXPECT_TRUE(support::Folded(one + two).has("flow-same-host"));
    EXPECT_FALSE(support::Folded(one + gone + two).has("flow-same-host"));
    EXPECT_FALSE(support::Folded(one + "1 edge>bob tcp fin\n" + two).has("flow-same-host"));
}

TEST(FlowRegistering, AClosedFlowThatCameBackIsNoTrouble)
{
    const std::string start = registered(0, "edge", 1, "r1");
    const auto closed =
        support::Folded(start + "60 edge>bob tcp fin\n" + registered(61, "edge", 1, "r1", 2, 5064))
            .find("flow-closed-by-peer");
    ASSERT_NE(closed, nullptr);
    EXPECT_EQ(closed->severity, Severity::Info) << closed->text;
    EXPECT_FALSE(support::Folded(start + "60 bob>edge tcp fin\n").has("flow-closed-by-peer"));
    EXPECT_FALSE(support::Folded(start + "60 bob>edge tcp fin\n60.01 edge>bob tcp fin\n")
                     .has("flow-closed-by-peer"))
        << "the user agent began it";
    EXPECT_FALSE(support::Folded(start + "700 edge>bob tcp fin\n").has("flow-closed-by-peer"))
        << "the registration had run out";
}

TEST(FlowRegistering, AttemptsThatSayMoreOrGoElsewhereAreNoStorm)
{
    std::string challenged, elsewhere, soon;
    for (int i = 0; i < 6; ++i) {
        const auto attempt = [&](std::string_view edge, int status) {
            return fmt::format(
                "{0}.0 bob>{1} REGISTER tcp call=r1 cseq={2} \"Supported: path, outbound\" "
                R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"")"
                "\n{0}.1 {1}>bob {3} tcp call=r1 tag=r\n",
                i, edge, i + 1, status);
        };
        challenged += attempt("edge", i % 2 == 0 ? 401 : 503);
        elsewhere += attempt(i % 2 == 0 ? "edge" : "edge2", 503);
        soon += attempt("edge", 503);
    }
    EXPECT_FALSE(support::Folded(challenged).has("flow-retry-storm"));
    EXPECT_FALSE(support::Folded(elsewhere).has("flow-retry-storm"));
    const auto storm = support::Folded(soon).find("flow-retry-storm");
    ASSERT_NE(storm, nullptr);
    EXPECT_NE(storm->text.find("tried 6 times within 5.0 s"), std::string::npos) << storm->text;
}

TEST(FlowRegistering, ABindingIsStaleOnceItsFlowHadTimeToComeBack)
{
    const auto listed = [](double after) {
        return fmt::format(
            "{:.3f} bob>edge2 REGISTER tcp call=r2 cseq=2 \"Supported: path, outbound\" "
            R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\"")"
            "\n{:.3f} edge2>bob 200 tcp call=r2 tag=r \"Require: outbound\" "
            R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600" )"
            R"("Contact: <sip:bob@192.0.2.20:5061>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=500")"
            "\n",
            after, after + 0.05);
    };
    const std::string start =
        registered(0, "edge", 1, "r1") + registered(1, "edge2", 2, "r2") + "10 edge>bob tcp fin\n";
    EXPECT_FALSE(support::Folded(start + listed(30)).has("flow-stale-binding"));
    EXPECT_TRUE(support::Folded(start + listed(80)).has("flow-stale-binding"));
    EXPECT_FALSE(support::Folded(start + registered(20, "edge", 1, "r1", 2, 5064) + listed(80))
                     .has("flow-stale-binding"))
        << "it was replaced";
}

TEST(FlowRegistering, ASecondDeviceIsNotTheFirstWithAnotherName)
{
    const std::string one = registered(0, "edge", 1, "r1"),
                      two = registered(30, "edge", 1, "r2", 1, 5062, 600, "urn:uuid:2");
    EXPECT_TRUE(support::Folded(one + two).has("flow-instance-changed"));
    EXPECT_FALSE(support::Folded(one + two + registered(40, "edge", 1, "r1", 2))
                     .has("flow-instance-changed"))
        << "both are there";
    EXPECT_FALSE(support::Folded(one + registered(20, "edge", 1, "r1", 2, 5060, 0) + two)
                     .has("flow-instance-changed"))
        << "the first took its leave";
}

/// As a NAT and an edge with rport have it: the REGISTERs' responses name where they went.
base::Packet seenAs(base::Packet packet, int port)
{
    std::string text(packet.payload.text());
    const auto via = text.find(";branch=");
    if (text.starts_with("SIP/2.0") && via != std::string::npos)
        packet.payload = base::Blob::copy(
            text.insert(via, fmt::format(";received=198.51.100.1;rport={}", port)));
    return packet;
}

TEST(FlowRegistering, TheViaTellsAnotherMappedAddressToo)
{
    constexpr std::string_view kContact =
        R"("Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600")";
    std::string twice;
    for (int i = 0; i < 2; ++i)
        twice += fmt::format(
            "{0}.0 bob>edge REGISTER call=r1 cseq={1} \"Supported: path, outbound\" {2}\n"
            "{0}.1 edge>bob 200 call=r1 tag=r \"Require: outbound\" {2}\n",
            i * 60, i + 1, kContact);
    const support::Conversation spoken(twice);
    const auto moved = support::Folded(spoken, {}, [&](base::Packet packet) {
                           const bool late = packet.time - support::Conversation::kStart >
                                             std::chrono::seconds(30);
                           return seenAs(std::move(packet), late ? 40002 : 40001);
                       }).find("flow-mapped-changed");
    ASSERT_NE(moved, nullptr);
    EXPECT_EQ(moved->severity, Severity::Warning) << "this REGISTER mended it";
    EXPECT_NE(moved->text.find("198.51.100.1:40001 [1], and 60.0 s later as 198.51.100.1:40002"),
              std::string::npos)
        << moved->text;
    EXPECT_FALSE(support::Folded(spoken, {}, [](base::Packet packet) {
                     return seenAs(std::move(packet), 40001);
                 }).has("flow-mapped-changed"));
}

TEST(FlowRegistering, AFlowThatStoodBeforeTakesNoPlace)
{
    const std::string both = registered(0, "edge", 1, "r1") + registered(1, "edge2", 2, "r1", 2) +
                             registered(50, "edge", 1, "r1", 3) + "60 edge>bob tcp fin\n" +
                             registered(100, "edge2", 2, "r1", 4);
    EXPECT_FALSE(support::Folded(both).has("flow-regid-changed"));
}

TEST(FlowRegistering, ARebootIsNoSecondFlowToTheSameHost)
{
    const std::string rebooted = registered(0, "edge", 1, "r1") +
                                 registered(60, "edge2", 1, "r2", 1, 5064) +
                                 registered(61, "edge", 2, "r3", 1, 5066);
    EXPECT_FALSE(support::Folded(rebooted).has("flow-same-host"));
}

TEST(FlowRegistering, AServerThatSaysWhenIsNotStormed)
{
    const auto attempts = [](std::string_view header) {
        std::string out;
        for (int i = 0; i < 5; ++i)
            out += fmt::format(
                "{0}.00 bob>edge REGISTER tcp call=r1 cseq={1} \"Supported: path, outbound\" "
                "\"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;"
                "+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
                "{0}.05 edge>bob 503 tcp call=r1 tag=r {2}\n",
                i * 6, i + 1, header);
        return out;
    };
    EXPECT_TRUE(support::Folded(attempts("")).has("flow-retry-storm"));
    EXPECT_FALSE(support::Folded(attempts("\"Retry-After: 5\"")).has("flow-retry-storm"));
}

TEST(FlowRegistering, AStrayLineBreakIsNoLatePong)
{
    const std::string start = registered(0, "edge", 1, "r1");
    EXPECT_TRUE(support::Folded(start + "20 bob>edge tcp ping\n25 edge>bob tcp pong\n60 tick\n")
                    .has("flow-pong-late"));
    EXPECT_FALSE(support::Folded(start + "20 bob>edge tcp ping\n45 edge>bob tcp pong\n60 tick\n")
                     .has("flow-pong-late"))
        << "it is missing, not late";
}

TEST(FlowRegistering, ABindingRenewedElsewhereIsNotStale)
{
    const auto listed = [](int expires) {
        return registered(0, "edge", 1, "r1") + registered(1, "edge2", 2, "r2") +
               "10 edge>bob tcp fin\n" +
               fmt::format(
                   "100.00 bob>edge2 REGISTER tcp call=r2 cseq=2 \"Supported: path, outbound\" "
                   "\"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;"
                   "+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
                   "100.05 edge2>bob 200 tcp call=r2 tag=r \"Require: outbound\" "
                   "\"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;"
                   "+sip.instance=\\\"<urn:uuid:1>\\\";expires=600\" "
                   "\"Contact: <sip:bob@192.0.2.20:5061;transport=tcp>;reg-id=1;"
                   "+sip.instance=\\\"<urn:uuid:1>\\\";expires={}\"\n",
                   expires);
    };
    EXPECT_TRUE(support::Folded(listed(490)).has("flow-stale-binding"));
    EXPECT_FALSE(support::Folded(listed(595)).has("flow-stale-binding"));
}

} // namespace
