// SPDX-License-Identifier: Apache-2.0
// Traces as they come: several hops, retransmissions, forks, CANCEL, missing halves. A false alarm
// is worse than none.
#include <diagnosis/explain.h>

#include "folded.h"

namespace {

std::string alarms(const support::Folded &folded)
{
    std::string text;
    for (const auto &finding : folded.findings())
        if (finding.severity != diagnosis::Severity::Info)
            text += std::string(finding.rule) + ": " + finding.text + "\n";
    return text;
}

TEST(Wild, GoodCallOverTwoHops)
{
    const support::Folded folded(R"(
      0.000 alice>proxy INVITE offer "Supported: 100rel"
      0.001 proxy>alice 100
      0.002 proxy>bob INVITE offer "Supported: 100rel"
      0.003 bob>proxy 100
      0.200 bob>proxy 183 tag=b answer rseq=1
      0.201 proxy>alice 183 tag=b answer rseq=1
      0.210 alice>proxy PRACK tag=b rack=1/1
      0.211 proxy>bob PRACK tag=b rack=1/1
      0.212 bob>proxy 200 tag=b
      0.213 proxy>alice 200 tag=b
      0.230 bob>alice rtp 400
      2.000 bob>proxy 180 tag=b rseq=2
      2.001 proxy>alice 180 tag=b rseq=2
      2.010 alice>proxy PRACK tag=b rack=2/1 cseq=3
      2.011 proxy>bob PRACK tag=b rack=2/1 cseq=3
      2.012 bob>proxy 200 tag=b
      2.013 proxy>alice 200 tag=b
      3.000 bob>proxy 200 tag=b
      3.001 proxy>alice 200 tag=b
      3.010 alice>proxy ACK tag=b
      3.011 proxy>bob ACK tag=b
      3.020 alice>bob rtp 100
      9.000 alice>proxy BYE tag=b
      9.001 proxy>bob BYE tag=b
      9.002 bob>proxy 200 tag=b
      9.003 proxy>alice 200 tag=b
    )");
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, EveryPacketTwiceFromAMirrorPort)
{
    std::string doubled;
    const std::string_view lines[] = {"0.000 alice>bob INVITE offer \"Supported: 100rel\"",
                                      "0.200 bob>alice 183 tag=b answer rseq=1",
                                      "0.250 alice>bob PRACK tag=b rack=1/1",
                                      "0.260 bob>alice 200 tag=b",
                                      "1.000 bob>alice 200 tag=b",
                                      "1.010 alice>bob ACK tag=b"};
    for (const auto line : lines) {
        doubled += std::string(line) + "\n";
        const auto time = line.substr(0, 5), who = line.substr(6, line.find(' ', 6) - 6);
        for (int copy = 0; copy < 3; ++copy)
            doubled += std::string(time) + " " + std::string(who) + " again\n";
    }
    doubled += "0.300 bob>alice rtp 20\n";
    EXPECT_EQ(alarms(support::Folded(doubled)), "");
}

TEST(Wild, CancelledWhileRinging)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.10 bob>alice 183 tag=b answer
      0.15 alice>bob rtp 80
      1.50 alice>bob CANCEL
      1.51 bob>alice 200 for=CANCEL tag=b
      1.52 bob>alice 487 for=INVITE tag=b
      1.53 alice>bob ACK tag=b
      9.00 tick
    )");
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, CancelCrossesAPrack)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer "Supported: 100rel"
      0.10 bob>alice 183 tag=b rseq=1
      0.11 alice>bob CANCEL
      0.12 bob>alice 487 for=INVITE tag=b
      0.13 alice>bob PRACK tag=b rack=1/1
      0.14 bob>alice 481 for=PRACK tag=b
      9.00 tick
    )");
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, ForkWhereOneRingsAndOnePlays)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=b sdp=0@bob
      0.30 proxy>alice 180 tag=c
      0.40 bob>alice rtp 300
      7.00 proxy>alice 200 tag=c sdp=0@carol
      7.01 alice>proxy ACK tag=c
      7.10 carol>alice rtp 20
    )");
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, OnlyTheResponsesWereCaptured)
{
    // What the requests looked like is not known, so nothing can be said about offers, PRACKs or
    // missing ACKs.
    const support::Conversation whole(R"(
      0.00 alice>bob INVITE offer "Supported: 100rel"
      0.20 bob>alice 183 tag=b answer rseq=1
      0.25 alice>bob PRACK tag=b rack=1/1
      0.26 bob>alice 200 tag=b
      5.00 bob>alice 200 tag=b answer
      9.00 alice>bob BYE tag=b
      9.01 bob>alice 200 tag=b
    )");
    const auto bob = support::spoken::host("bob", 5060);
    const support::Folded folded(
        whole, [bob](const base::Packet &packet) { return packet.source == bob; });
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, OnlyTheRequestsWereCaptured)
{
    const support::Conversation whole(R"(
       0.00 alice>bob INVITE offer
       0.10 bob>alice 100
       5.00 bob>alice 200 tag=b answer
       5.01 alice>bob ACK tag=b
      90.00 alice>bob BYE tag=b
      90.01 bob>alice 200 tag=b
    )");
    const auto bob = support::spoken::host("bob", 5060);
    const support::Folded folded(
        whole, [bob](const base::Packet &packet) { return packet.source != bob; });
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, RefreshWithAnOldNonce)
{
    std::string text;
    for (int i = 0; i < 4; ++i)
        text += fmt::format(
            "{0}.00 alice>proxy REGISTER cseq={1} \"Authorization: Digest username=\\\"alice\\\", "
            "realm=\\\"r\\\", nonce=\\\"n{2}\\\"\"\n"
            "{0}.01 proxy>alice 401 tag=p \"WWW-Authenticate: Digest realm=\\\"r\\\", "
            "nonce=\\\"n{3}\\\"\"\n"
            "{0}.02 alice>proxy REGISTER cseq={4} \"Authorization: Digest username=\\\"alice\\\", "
            "realm=\\\"r\\\", nonce=\\\"n{3}\\\"\"\n"
            "{0}.03 proxy>alice 200 tag=p \"Contact: <sip:alice@192.0.2.10>;expires=60\"\n",
            i * 50, 2 * i + 1, i, i + 1, 2 * i + 2);
    EXPECT_EQ(alarms(support::Folded(text)), "");
}

TEST(Wild, ReinviteMayChangeTheMedia)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 bob>alice rtp 20
      1.00 bob>alice 200 tag=b answer
      1.01 alice>bob ACK tag=b
      5.00 alice>bob INVITE cseq=7 tag=b sdp=0/sendonly
      5.10 bob>alice 200 sdp=0@bob:5100/recvonly
      5.11 alice>bob ACK tag=b cseq=7
    )");
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, UpdateMayChangeTheEarlyAnswer)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer "Supported: 100rel"
      0.20 bob>alice 183 tag=b answer rseq=1
      0.21 alice>bob PRACK tag=b rack=1/1
      0.22 bob>alice 200 tag=b for=PRACK
      0.30 bob>alice rtp 20
      0.50 alice>bob UPDATE tag=b offer
      0.51 bob>alice 200 for=UPDATE sdp=8@bob:5100
      1.00 bob>alice 200 for=INVITE tag=b sdp=8@bob:5100
      1.01 alice>bob ACK tag=b
    )");
    EXPECT_EQ(alarms(folded), "");
}

TEST(Wild, HostileRowsDoNotHurt)
{
    std::string text = "0.0 alice>bob INVITE offer\n";
    for (int i = 0; i < 300; ++i)
        text += fmt::format("1.{:03} bob>alice 183 tag=t{} answer rseq={}\n", i, i,
                            4000000000U - static_cast<unsigned>(i));
    text += "30.0 bob>alice 430 tag=x \"Warning: \" \"Reason: \" \"Record-Route: <<<>>>\"\n";
    const support::Folded folded(text);
    const auto evidence = folded.evidence();
    for (std::uint32_t i = 0; i < folded.trace().size(); i += 7)
        EXPECT_FALSE(
            diagnosis::explain(evidence, {i}, diagnosis::diagnose(evidence).list).title.empty());
}

} // namespace
