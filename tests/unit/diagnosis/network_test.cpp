// SPDX-License-Identifier: Apache-2.0
// What the network tells (ICMP) of good calls and of bad ones: ports that close about the end, move
// or open late are no fault; what goes on is.
#include <diagnosis/explain.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using diagnosis::Finding;
using diagnosis::Severity;
using support::Folded;
using testing::HasSubstr;

/// The sentence of an icmp line may begin with the port it is about: "5001 port unreachable".
base::Packet asTold(base::Packet packet)
{
    if (packet.kind != base::PacketKind::Local || !packet.destination.known())
        return packet;
    auto event = *packet.local;
    const auto space = event.sentence.find(' ');
    if (const auto port = base::toInteger(event.sentence.substr(0, space))) {
        packet.destination.port = static_cast<std::uint16_t>(*port);
        packet.source.port = *port == 5060 ? std::uint16_t{5060} : packet.source.port;
        event.sentence.erase(0, space + 1);
    }
    if (event.sentence != "port unreachable")
        event.kind = base::LocalKind::Unreachable;
    packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
    return packet;
}

Folded folded(const std::string &text)
{
    return Folded(support::Conversation(text), {}, asTold);
}

std::vector<Finding> all(const std::string &text, std::string_view rule)
{
    auto found = folded(text).findings();
    std::erase_if(found, [&](const Finding &finding) { return finding.rule != rule; });
    return found;
}

const std::string kAnswered = "0.00 alice>bob INVITE offer\n"
                              "1.00 bob>alice 200 tag=b answer\n"
                              "1.01 alice>bob ACK tag=b\n";

TEST(MediaPort, thatOpensLateIsToldOnceAndIsNoFault)
{
    const auto found = all(kAnswered + "1.02 alice>bob rtp 300\n"
                                       "1.03 alice>bob icmp \"port unreachable\"\n"
                                       "9.00 alice>bob BYE tag=b\n9.01 bob>alice 200 tag=b\n",
                           "rtp-icmp");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().severity, Severity::Info) << found.front().text;
}

TEST(MediaPort, thatStaysClosedIsAFault)
{
    const std::string dead = kAnswered + "1.02 alice>bob rtp 500\n"
                                         "1.03 alice>bob icmp \"port unreachable\"\n"
                                         "2.05 alice>bob icmp \"port unreachable\"\n";
    const auto found = all(dead + "30.0 tick\n", "rtp-icmp");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().severity, Severity::Error);
    EXPECT_THAT(found.front().text, HasSubstr("again for 1.0 s"));
    const auto opened = all(dead + "19.0 alice>bob rtp 50\n30.0 tick\n", "rtp-icmp");
    ASSERT_EQ(opened.size(), 1U);
    EXPECT_EQ(opened.front().severity, Severity::Info) << opened.front().text;
}

TEST(MediaPort, thatClosesBeforeTheByeIsSeenIsNoFault)
{
    EXPECT_TRUE(all(kAnswered + "1.02 alice>bob rtp 500\n"
                                "8.60 alice>bob icmp \"port unreachable\"\n"
                                "9.70 alice>bob icmp \"port unreachable\"\n"
                                "9.90 bob>alice BYE reverse tag=b\n9.91 alice>bob 200\n",
                    "rtp-icmp")
                    .empty());
}

TEST(MediaPort, thatClosesWithACancelIsNoFault)
{
    EXPECT_TRUE(all("0.00 alice>bob INVITE offer\n"
                    "0.50 bob>alice 183 tag=b answer\n"
                    "0.60 bob>alice rtp 700\n"
                    "9.00 alice>bob CANCEL\n"
                    "9.01 bob>alice 200 for=CANCEL tag=b\n"
                    "9.02 bob>alice icmp \"4000 port unreachable\"\n"
                    "10.50 bob>alice icmp \"4000 port unreachable\"\n"
                    "12.00 bob>alice 487 for=INVITE tag=b\n12.01 alice>bob ACK tag=b\n",
                    "rtp-icmp")
                    .empty());
}

TEST(MediaPort, ofALoserOfTheForkIsNoFault)
{
    EXPECT_TRUE(all("0.00 alice>proxy INVITE offer\n"
                    "0.20 proxy>alice 183 tag=b sdp=0@bob\n"
                    "0.30 proxy>alice 183 tag=c sdp=0@carol\n"
                    "5.00 proxy>alice 200 tag=c sdp=0@carol\n"
                    "5.01 alice>proxy ACK tag=c\n"
                    "5.02 alice>bob icmp \"5000 port unreachable\"\n"
                    "6.50 alice>bob icmp \"5000 port unreachable\"\n"
                    "30.0 tick\n",
                    "rtp-icmp")
                    .empty());
}

TEST(MediaPort, thatMovedIsNoFaultButTheNewOneIs)
{
    const std::string moved = kAnswered + "5.00 bob>alice INVITE reverse tag=b cseq=7 "
                                          "sdp=0@bob:5100\n"
                                          "5.10 alice>bob 200 sdp=0\n"
                                          "5.11 bob>alice ACK reverse tag=b cseq=7\n";
    const auto told = [&](std::string_view port) {
        return all(moved + fmt::format("5.20 alice>bob icmp \"{0} port unreachable\"\n"
                                       "6.30 alice>bob icmp \"{0} port unreachable\"\n"
                                       "60.0 tick\n",
                                       port),
                   "rtp-icmp");
    };
    const auto before = told("5000"), now = told("5100");
    EXPECT_TRUE(before.empty()) << before.front().text;
    ASSERT_EQ(now.size(), 1U);
    EXPECT_EQ(now.front().severity, Severity::Error);
}

TEST(MediaPort, forReportsIsToldOnceForEachDestination)
{
    std::string text = kAnswered, many = kAnswered;
    for (int i = 0; i < 60; ++i)
        text += fmt::format("{}.50 alice>bob icmp \"5001 port unreachable\"\n", 2 + 10 * i);
    for (int i = 0; i < 60; ++i)
        many += fmt::format("{}.50 alice>bob icmp \"{} port unreachable\"\n", 2 + i, 6000 + i);
    const auto found = all(text, "rtp-icmp");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().severity, Severity::Info);
    EXPECT_LE(all(many, "rtp-icmp").size(), 8U);
}

Severity severityOf(const std::string &text)
{
    const auto found = all(text, "tx-icmp");
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Severity::Error : found.front().severity;
}

TEST(Refused, answersToWhoIsGoneHarmNobody)
{
    EXPECT_EQ(severityOf(kAnswered + "9.00 alice>bob BYE tag=b\n9.01 bob>alice 200 for=BYE\n"
                                     "9.02 bob>alice icmp \"5060 port unreachable\"\n"),
              Severity::Info);
    EXPECT_EQ(severityOf("0.00 alice>bob INVITE offer\n0.10 bob>alice 180 tag=b\n"
                         "2.00 alice>bob CANCEL\n2.01 bob>alice 487 for=INVITE tag=b\n"
                         "2.02 alice>bob ACK tag=b\n2.03 bob>alice 200 for=CANCEL tag=b\n"
                         "2.04 bob>alice icmp \"5060 port unreachable\"\n"),
              Severity::Info);
    EXPECT_EQ(severityOf(kAnswered + "1.50 bob>alice 200 tag=b answer\n"
                                     "1.51 bob>alice icmp \"5060 port unreachable\"\n"),
              Severity::Info)
        << "the ACK was there before";
}

TEST(Refused, aResponseMayArriveAsAnotherCopy)
{
    const std::string refused = "0.00 alice>bob INVITE offer\n"
                                "0.10 bob>alice 180 tag=b\n"
                                "0.11 bob>alice icmp \"5060 port unreachable\"\n";
    EXPECT_EQ(severityOf(refused + "5.00 bob>alice 486 tag=b\n"), Severity::Warning);
    EXPECT_EQ(severityOf("0.00 alice>bob INVITE offer\n"
                         "1.00 bob>alice 200 tag=b answer\n"
                         "1.01 bob>alice icmp \"5060 port unreachable\"\n"
                         "1.50 bob>alice again\n1.51 alice>bob ACK tag=b\n"),
              Severity::Warning);
    EXPECT_EQ(severityOf("0.00 alice>bob INVITE offer\n"
                         "1.00 bob>alice 486 tag=b\n"
                         "1.01 bob>alice icmp \"5060 port unreachable\"\n"
                         "1.50 bob>alice again\n"
                         "1.51 bob>alice icmp \"5060 port unreachable\"\n"),
              Severity::Error);
}

TEST(Refused, theWorstOfAnAddressIsTold)
{
    const auto found = all("0.00 bob>alice OPTIONS\n0.01 alice>bob 200 tag=x\n" + kAnswered +
                               "5.00 alice>bob BYE tag=b\n5.01 bob>alice 200 for=BYE\n"
                               "5.02 bob>alice icmp \"5060 port unreachable\"\n"
                               "6.00 bob>alice INFO reverse tag=b cseq=9\n"
                               "6.01 bob>alice icmp \"5060 port unreachable\"\n",
                           "tx-icmp");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().severity, Severity::Error);
    EXPECT_THAT(found.front().text, HasSubstr("INFO"));
    EXPECT_THAT(found.front().text, HasSubstr("2 times"));
}

std::string large(std::string_view what)
{
    return fmt::format("0.00 alice>bob INVITE offer pad=1500\n"
                       "0.01 alice>bob icmp \"5060 ICMP from 192.0.2.20: {}, for UDP.\"\n",
                       what);
}

TEST(Refused, whatIsTooLargeIsNoDeadAddress)
{
    for (const auto *const what : {"packet too large for the way (at most 1400 octets)",
                                   "fragments of the packet were lost"}) {
        const Folded call = folded(large(what));
        const auto found = call.find("tx-icmp");
        ASSERT_NE(found, nullptr) << what;
        EXPECT_THAT(found->text, HasSubstr("too large to pass")) << what;
        EXPECT_THAT(found->fixes.front().text, HasSubstr("over TCP (RFC 3261 section 18.1.1)"));
        EXPECT_EQ(found->fixes.front().action, diagnosis::Action::CallOverTcp);
        EXPECT_EQ(call.evidence().call.state, calls::State::Calling) << "it is sent again";
    }
}

TEST(Refused, aCircleHasItsOwnFix)
{
    const Folded call = folded(large("hop limit exceeded on the way"));
    const auto found = call.find("tx-icmp");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("ran out of hops"));
    EXPECT_THAT(found->fixes.front().text, HasSubstr("in a circle"));
    EXPECT_EQ(call.evidence().call.state, calls::State::Failed);
}

TEST(Refused, isExplainedAsTheNetworksWord)
{
    const Folded call = folded(large("host unreachable"));
    const auto evidence = call.evidence();
    const auto invite = diagnosis::explain(evidence, {0}, {}).happened;
    EXPECT_THAT(invite, HasSubstr("It did not arrive, as the network told"));
    const auto event = diagnosis::explain(evidence, {1}, {}).happened;
    EXPECT_THAT(event, HasSubstr("The network told: ICMP from"));
    EXPECT_EQ(event.find("Inside this program"), std::string::npos) << event;
}

TEST(OneWay, countsFromTheAnswerOn)
{
    const auto found = all("0.00 alice>bob INVITE offer\n"
                           "0.50 bob>alice 183 tag=b answer\n"
                           "0.51 bob>alice rtp 400\n" // of 8 s, early media that goes on
                           "4.505 bob>alice 200 tag=b answer\n"
                           "4.506 alice>bob ACK tag=b\n12.0 tick\n",
                           "rtp-one-way");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found.front().text, HasSubstr("200 RTP packets went from"));
}

} // namespace
