// SPDX-License-Identifier: Apache-2.0
// What a trace does not tell is not claimed, and what many calls have in common is told once.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using support::Folded;
using testing::HasSubstr;
using testing::Not;

/// As a text without times is read: an order and nothing else.
Folded withoutTimes(std::string_view conversation)
{
    std::int64_t number = 0;
    return Folded(support::Conversation(conversation), {}, [&number](base::Packet packet) {
        packet.time = {++number};
        return packet;
    });
}

std::size_t times(const Folded &folded, std::string_view rule)
{
    const auto all = folded.findings();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&](const auto &finding) { return finding.rule == rule; }));
}

TEST(ToldOnce, noTimeIsInventedForATextWithoutTimes)
{
    const auto call = withoutTimes(R"(
  answered
  9.00 bob>alice BYE tag=b reverse
  9.05 alice>bob 200 for=BYE
)");
    EXPECT_FALSE(call.has("dlg-short-call"));
    const auto refused = withoutTimes(R"(
  answered
  9.00 alice>bob BYE tag=b
  9.05 bob>alice 481 for=BYE
)")
                             .find("dlg-481");
    ASSERT_NE(refused, nullptr);
    EXPECT_THAT(refused->text, HasSubstr("481 after an unknown time"));
    const auto hidden = withoutTimes(R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.000 edge>bob tcp fin
 30.000 alice>edge INVITE offer
 30.005 edge>alice 480 tag=e
)")
                            .find("flow-hidden");
    if (hidden != nullptr) {
        EXPECT_THAT(hidden->text, Not(HasSubstr(" us")));
    }
}

TEST(ToldOnce, aDescriptionInA2xxAnnouncesNoEarlyAudio)
{
    // As the log of what a proxy received: the INVITE that the 200 answers is not in it.
    const support::Conversation spoken(R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer
  0.50 bob>proxy 180 tag=b
  3.00 bob>proxy 200 tag=b answer
  3.50 bob>proxy again
  4.50 bob>proxy again
 35.00 bob>proxy BYE tag=b reverse
)");
    const Folded received(spoken, [](const base::Packet &packet) {
        return packet.destination.address.text() != "192.0.2.20";
    });
    EXPECT_FALSE(received.has("em-183-sdp-no-rtp"));
}

TEST(ToldOnce, theRepeatsOfAnotherForksAnswerAreNotOfTheOneAcknowledged)
{
    constexpr std::string_view kForks = R"(
  0.00 alice>proxy INVITE offer
  0.20 proxy>alice 180 tag=b
  2.00 proxy>alice 200 tag=b answer "Contact: <sip:bob@192.0.2.20>"
  2.05 alice>proxy ACK tag=b uri=proxy@192.0.2.4
  2.10 proxy>alice 200 tag=c answer "Contact: <sip:carol@192.0.2.30>"
  2.60 proxy>alice again
)";
    const auto found = Folded(kForks).find("tx-ack-wrong");
    if (found != nullptr) {
        EXPECT_THAT(found->text, Not(HasSubstr("came again")));
    }
}

TEST(ToldOnce, aBranchForTwoRequests)
{
    const auto found = Folded(R"(
  0.00 alice>bob INVITE offer branch=one
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b branch=two
  9.00 alice>bob BYE tag=b cseq=2 branch=one
  9.05 bob>alice 200 for=BYE
)")
                           .find("tx-branch");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("sent its BYE [2] with the branch of its INVITE [1]"));
    EXPECT_FALSE(Folded(R"(
  0.00 alice>bob INVITE offer branch=one
  0.20 bob>alice 180 tag=b
  3.00 alice>bob CANCEL branch=one
  3.05 bob>alice 200 for=CANCEL
  3.10 bob>alice 487 tag=b for=INVITE
  3.15 alice>bob ACK tag=b branch=one
)")
                     .has("tx-branch"));
}

TEST(ToldOnce, aRingingUnderAnotherBranchBesideATrying)
{
    const auto found = Folded(R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
  0.20 bob>alice 180 tag=b via=other
  9.00 tick
)")
                           .find("tx-orphan-response");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->impact, HasSubstr("as if it had not come"));
    // The capture lost one of two attempts that the proxy made.
    EXPECT_FALSE(Folded(R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer
  0.02 bob>proxy 100
  0.20 bob>proxy 180 tag=b via=other
  9.00 tick
)")
                     .has("tx-orphan-response"));
}

TEST(ToldOnce, the481ThatComesFirst)
{
    const auto found = Folded(R"(
  answered
  9.00 alice>bob UPDATE tag=b cseq=2
  9.05 bob>alice 481 for=UPDATE
  9.06 alice>bob BYE tag=b cseq=3
  9.10 bob>alice 481 for=BYE
)")
                           .find("dlg-481");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("UPDATE"));
}

TEST(ToldOnce, whoTriesManyAccounts)
{
    std::string scan;
    for (int i = 0; i < 30; ++i)
        scan += fmt::format("{0}.00 alice>edge REGISTER call=s{1} as=u{1} uri=u{1}@example.test\n"
                            "{0}.05 edge>alice 404 call=s{1} tag=r\n",
                            i, i + 100);
    const Folded folded(scan);
    EXPECT_EQ(times(folded, "reg-403-404"), 1U);
    const auto found = folded.find("reg-403-404");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("30 accounts within 29.0 s"));

    std::string office; // each telephone has a socket of its own
    for (int i = 0; i < 12; ++i)
        office += fmt::format("{0}.00 alice>edge REGISTER call=s{1} as=u{1} sport={1}\n"
                              "{0}.05 edge>alice 404 call=s{1} tag=r dport={1}\n",
                              i, i + 5100);
    EXPECT_EQ(times(Folded(office), "reg-403-404"), 12U);
}

TEST(ToldOnce, aTrunkThatComesAndGoes)
{
    std::string pings;
    for (int i = 0; i < 9; ++i) {
        pings += fmt::format("{0}.00 alice>bob OPTIONS call=p{1}\n", 60 * i, i);
        if (i % 3 != 2)
            pings += fmt::format("{0}.05 bob>alice 200 call=p{1} tag=o\n", 60 * i, i);
        else
            for (const int later : {1, 2, 4, 8, 12})
                pings += fmt::format("{}.00 alice>bob again\n", 60 * i + later);
    }
    const Folded folded(pings + "600.00 tick\n");
    EXPECT_EQ(times(folded, "tx-timeout"), 1U);
    const auto found = folded.find("tx-timeout");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("3 of 7 OPTIONS to 192.0.2.20:5060"));
}

TEST(ToldOnce, aMessageThatSwallowsTheNextOfOurOwnConnection)
{
    const auto told = [](bool own) {
        const std::string text = R"(
  0.00 alice>bob INVITE offer tcp
  0.20 bob>alice 183 tag=b answer tcp off=900
  9.00 tick
)";
        const support::Conversation spoken(own ? "  own alice\n" + text : text);
        return Folded(spoken, {}, [](base::Packet packet) {
            const auto bytes = packet.payload.text();
            if (bytes.starts_with("SIP/2.0 183")) { // the connection ended before what it counts
                packet.kind = base::PacketKind::Datagram;
                packet.cut = true;
                packet.payload =
                    base::Blob::copy(std::string(bytes) + "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP "
                                                          "192.0.2.10;branch=z9hG4bK1\r\n\r\n");
            }
            return packet;
        });
    };
    const auto found = told(true).find("neg-content-length");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, diagnosis::Severity::Error);
    EXPECT_THAT(found->text, HasSubstr("takes in the beginning of the message behind it"));
    for (const auto &finding : told(true).findings())
        for (const auto &fix : finding.fixes)
            EXPECT_THAT(fix.text, Not(HasSubstr("snap length"))) << finding.rule;
    EXPECT_FALSE(told(false).has("neg-content-length")); // there a capture may have cut it
}

TEST(ToldOnce, anInviteForADialogThatIsGone)
{
    const auto found = Folded(R"(
  0.00 carol>bob INVITE offer "Replaces: gone@example.test;to-tag=1;from-tag=2"
  0.10 bob>carol 481 tag=b
  0.15 carol>bob ACK tag=b
)")
                           .find("dlg-481");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("names the Call-ID gone@example.test"));
}

TEST(ToldOnce, aRelayThatMayWaitForOurFirstPacket)
{
    constexpr std::string_view kCall = R"(
  own alice
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
)";
    const auto mute = Folded(std::string(kCall) + "  9.00 tick\n").find("em-183-sdp-no-rtp");
    ASSERT_NE(mute, nullptr);
    ASSERT_FALSE(mute->fixes.empty());
    EXPECT_THAT(mute->fixes.front().text, HasSubstr("nothing was sent from here"));
    const auto heard = Folded(std::string(kCall) + "  0.25 alice>bob rtp 300\n  9.00 tick\n")
                           .find("em-183-sdp-no-rtp");
    ASSERT_NE(heard, nullptr);
    for (const auto &fix : heard->fixes)
        EXPECT_THAT(fix.text, Not(HasSubstr("nothing was sent from here")));
}

TEST(ToldOnce, aCallThatFailsByItsPreconditions)
{
    const std::string waits = R"(
  0.00 alice>bob INVITE offer "Supported: 100rel, precondition"
  0.20 bob>alice 183 tag=b answer rseq=1 "a=curr:qos local none" "a=des:qos mandatory local sendrecv"
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b for=PRACK
)";
    const auto failed = Folded(waits + R"(
  5.00 bob>alice 580 tag=b for=INVITE
  5.05 alice>bob ACK tag=b
)")
                            .find("em-precondition-stall");
    ASSERT_NE(failed, nullptr);
    EXPECT_EQ(failed->severity, diagnosis::Severity::Error);
    EXPECT_THAT(failed->text, HasSubstr("580 Precondition Failure [2]"));
    const auto shortly = Folded(waits + "  6.00 tick\n").find("em-precondition-stall");
    ASSERT_NE(shortly, nullptr);
    EXPECT_EQ(shortly->severity, diagnosis::Severity::Warning);
    const auto longer = Folded(waits + "  12.00 tick\n").find("em-precondition-stall");
    ASSERT_NE(longer, nullptr);
    EXPECT_EQ(longer->severity, diagnosis::Severity::Error);
}

} // namespace
