// SPDX-License-Identifier: Apache-2.0
// A capture in which an edge answers 430: the flow it was for is not listed as registered.
#include "talk.h"

#include <flows/standing.h>

namespace {

using namespace talk;

std::string message(std::string_view start, std::string_view branch, std::string_view headers)
{
    return fmt::format("{}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{}\r\n"
                       "Max-Forwards: 70\r\n{}Content-Length: 0\r\n\r\n",
                       start, branch, headers);
}

constexpr std::string_view kRegister =
    "From: <sip:a@example.test>;tag=1\r\nTo: <sip:a@example.test>\r\nCall-ID: reg\r\n"
    "CSeq: 1 REGISTER\r\nSupported: outbound, path\r\n"
    "Contact: <sip:a@192.0.2.1:5060>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600\r\n";
constexpr std::string_view kCall =
    "From: <sip:b@example.test>;tag=2\r\nTo: <sip:a@example.test>\r\nCall-ID: call\r\n"
    "CSeq: 1 INVITE\r\n";

flows::FlowStanding standingAfter(std::string_view refusal)
{
    const auto home = support::endpoint("192.0.2.9:5060");
    std::vector<base::Packet> packets{
        datagram(at(0), kCaller, kCallee,
                 message("REGISTER sip:example.test SIP/2.0", "reg", kRegister)),
        datagram(at(10), kCallee, kCaller,
                 message("SIP/2.0 200 OK", "reg",
                         fmt::format("{}Require: outbound\r\n"
                                     "Path: <sip:tok@192.0.2.2;lr;ob>\r\n",
                                     kRegister))),
        datagram(at(5000), home, kCallee,
                 message("INVITE sip:a@192.0.2.1 SIP/2.0", "inv",
                         fmt::format("{}Route: <sip:tok@192.0.2.2;lr;ob>\r\n", kCall))),
        datagram(at(5001), kCallee, home, message(refusal, "inv", kCall))};
    const support::TemporaryFile file("flow.pcap", support::pcap(frames(packets)));
    const auto session = open(false);
    EXPECT_TRUE(session->import(file.path()));
    session->settle(std::chrono::seconds(10));
    const auto flows = session->flows();
    EXPECT_EQ(flows.size(), 1U);
    return flows.size() == 1 ? standingOf(*flows.front(), flows, at(6000)) : flows::FlowStanding{};
}

TEST(DisownedFlow, IsListedAsFailedSinceThe430)
{
    const auto failed = standingAfter("SIP/2.0 430 Flow Failed");
    EXPECT_EQ(failed.what, flows::Standing::Failed);
    EXPECT_EQ(failed.since, at(5001));
    EXPECT_NE(failed.reason.find("430 for the INVITE"), std::string::npos) << failed.reason;
    EXPECT_EQ(standingAfter("SIP/2.0 486 Busy Here").what, flows::Standing::Registered);
}

} // namespace
