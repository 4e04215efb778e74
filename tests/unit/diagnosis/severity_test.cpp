// SPDX-License-Identifier: Apache-2.0
// Rules whose severity, or whose words, depend on what else is to be seen.
#include <diagnosis/rule.h>
#include <fmt/format.h>

#include "folded.h"

namespace {

using diagnosis::Severity;

Severity severityOf(std::string_view conversation, std::string_view rule)
{
    const auto finding = support::Folded(conversation).find(rule);
    EXPECT_NE(finding, nullptr) << rule;
    return finding ? finding->severity : Severity::Info;
}

std::string textOf(std::string_view conversation, std::string_view rule)
{
    const auto finding = support::Folded(conversation).find(rule);
    return finding ? finding->text : std::string();
}

constexpr std::string_view kPrivate = R"(
  0.00 198.18.0.1>198.18.0.2 INVITE sdp=0@198.18.0.1:4000
  1.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0@10.1.2.3:5000
  1.01 198.18.0.1>198.18.0.2 ACK tag=b
)";

TEST(SeverityOf, APrivateAddressWithoutMediaIsAWarning)
{
    // The media may be relayed by who answers to the source of its packets.
    EXPECT_EQ(severityOf(kPrivate, "neg-private-ip"), Severity::Warning);
}

TEST(SeverityOf, ACallThatWasCancelledAndEndedAtOnceIsNews)
{
    constexpr std::string_view kCrossed = R"(
      own alice
      0.00 alice>bob INVITE offer
      0.05 bob>alice 180 tag=b
      3.00 alice>bob CANCEL
      3.01 bob>alice 200 tag=b answer for=INVITE
      3.02 bob>alice 200 tag=b for=CANCEL
      3.05 alice>bob ACK tag=b
      3.06 alice>bob BYE tag=b
      3.10 bob>alice 200 tag=b for=BYE
      9.00 tick
    )";
    EXPECT_EQ(severityOf(kCrossed, "em-cancel-crossed-200"), Severity::Info);
    EXPECT_NE(textOf(kCrossed, "em-cancel-crossed-200").find("a BYE ended it after 50 ms [3]"),
              std::string::npos);
}

TEST(SeverityOf, AGhostCallIsAnErrorThoughItEndsAtLast)
{
    constexpr std::string_view kGhost = R"(
      0.00 alice>bob INVITE offer
      0.05 bob>alice 180 tag=b
      3.00 alice>bob CANCEL
      3.01 bob>alice 200 tag=b answer for=INVITE
      3.02 bob>alice 200 tag=b for=CANCEL
      3.05 alice>bob ACK tag=b
     33.05 bob>alice BYE tag=b reverse
     33.10 alice>bob 200 for=BYE
    )";
    EXPECT_EQ(severityOf(kGhost, "em-cancel-crossed-200"), Severity::Error);
}

/// An INVITE sent twice, the second cancelled too late: one dialog, which is in use.
TEST(SeverityOf, ACrossedCancelOfASecondCopyLeavesNoGhost)
{
    const auto twice = [](std::string_view tag) {
        return fmt::format(R"(
      0.00 alice>bob INVITE offer branch=one
      0.05 bob>alice 200 tag=b answer
      0.06 alice>bob ACK tag=b
      0.07 alice>bob INVITE offer branch=two
      0.08 alice>bob CANCEL branch=two
      0.09 bob>alice 200 tag={0} answer for=INVITE
      0.10 bob>alice 200 tag={0} for=CANCEL
      0.12 alice>bob ACK tag={0}
      9.00 tick
    )",
                           tag);
    };
    EXPECT_FALSE(support::Folded(twice("b")).has("em-cancel-crossed-200"));
    EXPECT_TRUE(support::Folded(twice("c")).has("em-cancel-crossed-200"));
}

TEST(SeverityOf, ACountedNonceThatWasTakenIsNews)
{
    constexpr std::string_view kTaken = R"(
      0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\", nc=00000001, cnonce=\"c\""
      0.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
     50.00 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\", nc=00000001, cnonce=\"d\""
     50.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
    )";
    EXPECT_EQ(severityOf(kTaken, "auth-nc"), Severity::Info);
}

TEST(SeverityOf, A200WithoutContactThatWasAcknowledgedIsAWarning)
{
    constexpr std::string_view kAcknowledged = R"(
      0.00 alice>bob INVITE offer
      1.00 bob>alice 200 tag=b answer "Contact: "
      1.05 alice>bob ACK tag=b
    )";
    EXPECT_EQ(severityOf(kAcknowledged, "dlg-no-contact"), Severity::Warning);
}

constexpr std::string_view kSpoilt = R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b via=other
  0.50 alice>bob again
  1.50 alice>bob again
  3.50 alice>bob again
  7.50 alice>bob again
 15.50 alice>bob again
 31.50 alice>bob again
 40.00 tick
)";

TEST(WordsOf, AResponseThatFitsNoRequestIsNoSilence)
{
    const auto text = textOf(kSpoilt, "tx-timeout");
    EXPECT_NE(text.find("no response that fits it"), std::string::npos) << text;
    EXPECT_EQ(text.find("no response at all"), std::string::npos) << text;
    EXPECT_EQ(severityOf(kSpoilt, "tx-orphan-response"), Severity::Warning);
}

TEST(WordsOf, ACancelBehindAResponseThatFitsNoRequestIsNotTooEarly)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.10 bob>alice 100 via=other
      2.00 alice>bob CANCEL
      2.05 bob>alice 200 for=CANCEL
      2.10 bob>alice 487 tag=b for=INVITE
    )");
    EXPECT_FALSE(folded.has("em-cancel-before-1xx"));
}

TEST(LateOffer, APreviewBeforeTheOfferDoesNotHideIt)
{
    // The 183 is no offer (RFC 6337); the 200 is, and its answer shares no codec with it.
    const support::Folded folded(R"(
      0.00 alice>bob INVITE
      0.20 bob>alice 183 tag=b sdp=0
      1.00 bob>alice 200 tag=b sdp=0
      1.05 alice>bob ACK tag=b sdp=18
    )");
    EXPECT_TRUE(folded.has("neg-no-common-codec"));
}

TEST(LostPacket, OneRepetitionIsNoProofOfAMissingPrack)
{
    // Had the PRACK not come, the response would have been sent again after 1 s more.
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer "Supported: 100rel"
      0.20 bob>alice 183 tag=b answer rseq=1
      0.70 bob>alice again
      6.00 bob>alice 200 tag=b
      6.05 alice>bob ACK tag=b
    )");
    EXPECT_FALSE(folded.has("em-prack-missing"));
}

} // namespace
