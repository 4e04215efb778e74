// SPDX-License-Identifier: Apache-2.0
// What an early dialog announces and what came of it: preconditions, P-Early-Media, packets that go
// astray or stay closed, descriptions of no use, RSeq.
#include "early_judged.h"

namespace {

using namespace early;

const std::string kNone = "\"a=curr:qos local none\" \"a=curr:qos remote none\" "
                          "\"a=des:qos mandatory local sendrecv\" "
                          "\"a=des:qos mandatory remote sendrecv\"";
const std::string kOneSide = "\"a=curr:qos local sendrecv\" \"a=curr:qos remote none\" "
                             "\"a=des:qos mandatory local sendrecv\" "
                             "\"a=des:qos mandatory remote sendrecv\"";
const std::string kMet = "\"a=curr:qos local sendrecv\" \"a=curr:qos remote sendrecv\" "
                         "\"a=des:qos mandatory local sendrecv\" "
                         "\"a=des:qos mandatory remote sendrecv\"";

std::string withResources(std::string_view rest)
{
    return fmt::format("0.00 alice>bob INVITE offer \"Supported: 100rel, precondition\" {}\n"
                       "0.20 bob>alice 183 tag=b answer rseq=1 {}\n"
                       "0.25 alice>bob PRACK tag=b rack=1/1\n"
                       "0.30 bob>alice 200 tag=b for=PRACK\n{}",
                       kNone, kNone, rest);
}
const std::string kConfirmed = fmt::format("0.80 alice>bob UPDATE tag=b offer {}\n"
                                           "0.85 bob>alice 200 tag=b for=UPDATE answer {}\n",
                                           kOneSide, kMet);
const std::string kAnswered = "5.00 bob>alice 200 tag=b for=INVITE\n"
                              "5.05 alice>bob ACK tag=b\n"
                              "5.10 bob>alice rtp 100\n"
                              "5.10 alice>bob rtp 100\n";

TEST(Preconditions, TheTextbookCallIsNoFailure)
{
    const Folded folded(withResources(kConfirmed +
                                      "1.00 bob>alice 180 tag=b rseq=2\n"
                                      "1.10 alice>bob PRACK tag=b rack=2/1 cseq=4\n"
                                      "1.15 bob>alice 200 tag=b for=PRACK\n" +
                                      kAnswered));
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.light, Light::Amber);
    EXPECT_EQ(verdict.sentence, "No early media was announced: the SDP serves preconditions (RFC "
                                "3312); the 180 leaves the ringback to the caller's phone.");
    EXPECT_EQ(verdict.facts.at(4).light, Light::Green) << verdict.facts.at(4).value;
    EXPECT_EQ(rulesOf(folded), "");
}

TEST(Preconditions, TheUpdateCountsBeforeThe180)
{
    const auto allowed = [](std::string_view update) {
        return judged(Folded(withResources(update) + kAnswered)).facts.at(4).value;
    };
    EXPECT_EQ(allowed(kConfirmed), "yes: nothing forbids it");
    EXPECT_EQ(allowed(""), "not yet: local resources are none and have to be sendrecv (RFC 3312)");
    EXPECT_EQ(allowed(fmt::format("0.80 alice>bob UPDATE tag=b offer {}\n", kOneSide)),
              "not yet: local resources are none and have to be sendrecv (RFC 3312)")
        << "the callee's, which the caller calls remote";
}

TEST(Preconditions, EarlyMediaThatTheHeaderGrantsIsMissed)
{
    const std::string granted = kConfirmed +
                                "1.00 bob>alice 183 tag=b rseq=2 \"P-Early-Media: sendrecv\"\n"
                                "1.10 alice>bob PRACK tag=b rack=2/1 cseq=4\n"
                                "1.15 bob>alice 200 tag=b for=PRACK\n";
    const Folded missed(withResources(granted + kAnswered));
    EXPECT_EQ(judged(missed).light, Light::Red) << judged(missed).sentence;
    EXPECT_TRUE(missed.has("em-183-sdp-no-rtp"));
    const Folded played(withResources(granted + "1.20 bob>alice rtp 150\n" + kAnswered));
    EXPECT_EQ(judged(played).light, Light::Green) << judged(played).sentence;
    EXPECT_FALSE(played.has("em-183-sdp-no-rtp"));
}

TEST(Withheld, AHeaderThatForbidsMediaIsAnInfo)
{
    const auto forbidden = [](std::string_view rest) {
        return Folded(fmt::format("0.00 alice>bob INVITE offer \"P-Early-Media: supported\"\n"
                                  "0.20 bob>alice 183 tag=b answer \"P-Early-Media: inactive\"\n"
                                  "{}6.00 bob>alice 200 tag=b answer\n"
                                  "6.05 alice>bob ACK tag=b\n"
                                  "6.10 bob>alice rtp 100\n"
                                  "6.10 alice>bob rtp 100\n",
                                  rest));
    };
    for (const auto *const rest : {"1.00 bob>alice 180 tag=b\n", ""}) {
        const auto folded = forbidden(rest);
        const auto verdict = judged(folded);
        EXPECT_EQ(verdict.light, Light::Amber) << verdict.sentence;
        EXPECT_THAT(verdict.sentence, HasSubstr("ringback has to be local"));
        const auto found = folded.find("em-pem-blocked");
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->severity, diagnosis::Severity::Info);
        EXPECT_EQ(found->evidence.size(), *rest != 0 ? 3U : 2U);
        EXPECT_FALSE(folded.has("em-180-after-183-silent"));
        EXPECT_FALSE(folded.has("em-183-sdp-no-rtp"));
    }
    // What a later one grants is granted, in whatever message it stands.
    const auto granted = forbidden("2.00 bob>alice UPDATE reverse tag=b cseq=9 "
                                   "\"P-Early-Media: sendonly\"\n"
                                   "2.05 alice>bob 200 for=UPDATE\n"
                                   "2.10 bob>alice rtp 150\n");
    EXPECT_EQ(judged(granted).light, Light::Green) << judged(granted).sentence;
    EXPECT_FALSE(granted.has("em-pem-blocked"));
    const auto silent = forbidden("2.00 bob>alice 183 tag=b \"P-Early-Media: sendonly\"\n");
    EXPECT_EQ(judged(silent).light, Light::Red) << judged(silent).sentence;
    const auto missed = silent.find("em-183-sdp-no-rtp");
    ASSERT_NE(missed, nullptr);
    EXPECT_THAT(missed->text, HasSubstr("within 4.0 s")) << "counted from the permission";
}

TEST(Withheld, EachMediaLineHasItsOwnDirection)
{
    EXPECT_EQ(diagnosis::earlyMediaPermission("inactive, sendonly", 0), sip::Direction::Inactive);
    EXPECT_EQ(diagnosis::earlyMediaPermission("inactive, sendonly", 1), sip::Direction::SendOnly);
    EXPECT_EQ(diagnosis::earlyMediaPermission("sendrecv, gated", 1), sip::Direction::SendRecv);
    EXPECT_EQ(diagnosis::earlyMediaPermission("supported"), std::nullopt);
}

TEST(Astray, PacketsToAPlaceThatTheCallerDidNotName)
{
    const auto sent = [](std::string_view rtp) {
        return Folded(fmt::format("0.00 alice>bob INVITE offer\n"
                                  "0.20 bob>alice 183 tag=b answer\n"
                                  "0.30 {}\n"
                                  "5.00 bob>alice 200 tag=b answer\n"
                                  "5.05 alice>bob ACK tag=b\n",
                                  rtp));
    };
    for (const auto &[rtp, place] : {std::pair("bob>alice rtp 200 toport=4100", "192.0.2.10:4100"),
                                     std::pair("bob>carol rtp 200", "192.0.2.30:6000")}) {
        const auto folded = sent(rtp);
        const auto streams = folded.evidence().streams;
        ASSERT_EQ(streams.size(), 1U) << rtp;
        EXPECT_EQ(streams[0].certainty, diagnosis::Certainty::Likely);
        const auto verdict = judged(folded);
        EXPECT_EQ(verdict.light, Light::Red) << verdict.sentence;
        EXPECT_EQ(verdict.facts.at(1).value,
                  fmt::format("200 packets to {}, where 192.0.2.10:4000 was asked for", place));
        const auto found = folded.find("em-183-sdp-no-rtp");
        ASSERT_NE(found, nullptr) << rtp;
        EXPECT_THAT(found->text, HasSubstr(fmt::format("200 packets went to {}", place)));
    }
    EXPECT_EQ(judged(sent("bob>alice rtp 200")).light, Light::Green);
}

TEST(Astray, NatRelaysAndSymmetricSendersExplainIt)
{
    const auto heard = [](std::string_view invite, std::string_view rtp) {
        const Folded folded(fmt::format("0.00 alice>bob INVITE {}\n"
                                        "0.20 bob>alice 183 tag=b answer\n"
                                        "0.25 {}\n"
                                        "5.00 bob>alice 200 tag=b answer\n"
                                        "5.05 alice>bob ACK tag=b\n",
                                        invite, rtp));
        EXPECT_FALSE(folded.has("em-183-sdp-no-rtp")) << invite << rtp;
        return judged(folded).light;
    };
    EXPECT_EQ(heard("sdp=0,8@10.0.0.5:4000", "bob>alice rtp 200 toport=61000"), Light::Green)
        << "the address of a NAT";
    EXPECT_EQ(heard("offer", "alice>bob rtp 200 port=4100\n0.26 bob>alice rtp 200 toport=4100"),
              Light::Green)
        << "it follows where the caller's packets come from";
    EXPECT_EQ(heard("offer \"a=ice-ufrag:abcd\"", "bob>alice rtp 200 toport=4100"), Light::Green)
        << "ICE finds places of its own";
}

TEST(Garbage, ADescriptionThatCannotBeUsedForbidsNothing)
{
    const auto told = [](std::string_view sdp, std::string_view rtp) {
        return judged(Folded(fmt::format("0.00 alice>bob INVITE offer\n"
                                         "0.20 bob>alice 183 tag=b {}\n"
                                         "0.30 {}\n"
                                         "5.00 bob>alice 200 tag=b answer\n",
                                         sdp, rtp)))
            .sentence;
    };
    EXPECT_EQ(told("sdp=0@bob:-5", "bob>alice rtp 200"),
              "Early media arrives, but its description cannot be used: in the 183: its audio port "
              "\"-5\" is no number up to 65535.");
    EXPECT_EQ(told("sdp=0@bob:0", "alice>bob rtp 200"),
              "No early media was announced: the SDP has no audio to use (in the 183, audio "
              "refused).");
    EXPECT_EQ(told("sdp=0/inactive", "alice>bob rtp 200"),
              "Early media is not allowed here (the SDP says inactive), so the ringback has to be "
              "local.");
}

TEST(LateProvisional, BehindTheAnswerThereIsNoEarlyPhase)
{
    const Folded folded("0.00 alice>bob INVITE offer\n"
                        "1.00 bob>alice 200 tag=b answer\n"
                        "1.05 alice>bob ACK tag=b\n"
                        "1.10 bob>alice 183 tag=b answer for=INVITE\n"
                        "2.00 alice>bob rtp 100\n");
    EXPECT_FALSE(diagnosis::wasEarly(folded.evidence(), 0));
}

TEST(Refused, WhatTheInviteOnlySupportsOrOffersAlready)
{
    const auto text = [](std::string_view invite, std::string_view refusal) {
        const auto found = Folded(fmt::format("0.00 alice>bob INVITE offer \"{}\"\n"
                                              "0.20 bob>alice {}\n"
                                              "0.25 alice>bob ACK tag=b\n",
                                              invite, refusal))
                               .find("em-100rel-refused");
        return found != nullptr ? found->text : std::string();
    };
    const auto *const unknown = "420 tag=b \"Unsupported: 100rel\"";
    const auto *const wanted = "421 tag=b \"Require: 100rel\"";
    EXPECT_THAT(text("Require: 100rel", unknown), HasSubstr("The INVITE [1] demands 100rel"));
    EXPECT_THAT(text("Supported: 100rel", unknown), HasSubstr("does not require it"));
    EXPECT_THAT(text("Supported: timer", wanted), HasSubstr("does not offer it"));
    EXPECT_THAT(text("Supported: 100rel", wanted), HasSubstr("offers it already"));
}

TEST(Numbers, OneThatFallsAndIsNotAcknowledgedIsAFault)
{
    const auto sent = [](std::string_view rest) {
        return Folded(fmt::format("0.00 alice>bob INVITE offer \"Supported: 100rel\"\n"
                                  "0.20 bob>alice 180 tag=b rseq=12\n"
                                  "0.25 alice>bob PRACK tag=b rack=12/1\n"
                                  "0.30 bob>alice 200 tag=b for=PRACK\n"
                                  "0.40 bob>alice 183 tag=b answer rseq=11\n{}"
                                  "5.00 bob>alice 200 tag=b answer for=INVITE\n"
                                  "5.05 alice>bob ACK tag=b\n",
                                  rest));
    };
    const auto found = sent("").find("em-rseq-gap");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("RSeq falls from 12 [1] to 11 [2]"));
    EXPECT_EQ(judged(sent("")).facts.at(4).value, "yes: nothing forbids it");
    const auto taken = sent("0.45 alice>bob PRACK tag=b rack=11/1 cseq=3\n"
                            "0.50 bob>alice 200 tag=b for=PRACK\n");
    EXPECT_FALSE(taken.has("em-rseq-gap")) << "UDP has turned the two round";
    EXPECT_FALSE(taken.has("em-second-reliable-early"));
}

TEST(Numbers, WhatMustNotBeAcknowledgedIsNotMissed)
{
    const auto allowed = [](std::string_view rest) {
        return judged(Folded(reliably(rest))).facts.at(4).value;
    };
    EXPECT_EQ(allowed("1.00 bob>alice 180 tag=b rseq=3\n"), "yes: nothing forbids it");
    EXPECT_EQ(allowed("1.00 bob>alice 180 tag=b rseq=2\n"), "PRACK for RSeq 2 is missing");
}

TEST(Locked, RedWhenNoKeyFits)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.25 bob>alice rtp 100 size=170
      4.00 bob>alice 200 tag=b answer
    )");
    auto evidence = folded.evidence();
    auto stream = std::make_shared<rtp::Stream>(*evidence.streams.front().stream);
    stream->levelKnown = false;
    stream->tape = nullptr;
    std::vector<diagnosis::BoundStream> bound(evidence.streams.begin(), evidence.streams.end());
    bound.front().stream = stream;
    evidence.streams = bound;
    stream->closed = stream->refused = 100;
    const auto locked = diagnosis::earlyMediaVerdict(evidence, 0);
    EXPECT_EQ(locked.light, Light::Red);
    EXPECT_NE(locked.sentence.find("cannot be decrypted"), std::string::npos) << locked.sentence;
    stream->refused = 5; // of strangers, as any port on the Internet gets them
    EXPECT_EQ(diagnosis::earlyMediaVerdict(evidence, 0).light, Light::Green);
}

} // namespace
