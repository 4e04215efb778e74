// SPDX-License-Identifier: Apache-2.0
// Forks whose media comes from behind one relay port: whose packets are whose is told as uncertain,
// on the card of each.
#include <diagnosis/explain.h>

#include "folded.h"

#include <diagnosis/early_sound.h>

namespace {

using diagnosis::Light;

const std::string kForks = R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=f1 sdp=0@proxy:30002
      0.40 proxy>alice 183 tag=f2 sdp=0@proxy:30002
)";
const std::string kEnd = R"(
      5.00 proxy>alice 200 tag=f2 sdp=0@proxy:30002
      5.01 alice>proxy ACK tag=f2
)";

const diagnosis::BoundStream &of(const support::Folded &folded, std::uint32_t ssrc)
{
    static const diagnosis::BoundStream kNone;
    for (const auto &bound : folded.evidence().streams)
        if (bound.stream->ssrc == ssrc)
            return bound;
    ADD_FAILURE() << "no stream " << ssrc;
    return kNone;
}

TEST(SharedPort, EachForkGetsAStreamAndBothCardsSayThatItIsNotCertain)
{
    const support::Folded folded(kForks + R"(
      0.25 proxy>alice rtp 200 port=30002 ssrc=11
      0.45 proxy>alice rtp 190 port=30002 ssrc=22
)" + kEnd);
    EXPECT_EQ(of(folded, 11).earlyDialog, 0U);
    EXPECT_EQ(of(folded, 22).earlyDialog, 1U);
    EXPECT_EQ(of(folded, 11).sharers, 3U);
    for (const std::uint32_t dialog : {0U, 1U}) {
        const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), dialog);
        EXPECT_EQ(verdict.light, Light::Amber) << verdict.sentence;
        EXPECT_NE(
            verdict.sentence.find("To-tags f1 and f2 both name 192.0.2.4:30002, so whose they "
                                  "are is not certain"),
            std::string::npos)
            << verdict.sentence;
    }
}

TEST(SharedPort, OneStreamMayBeOfEither)
{
    const support::Folded folded(kForks + "0.45 proxy>alice rtp 190 port=30002 ssrc=22\n" + kEnd);
    EXPECT_EQ(of(folded, 22).earlyDialog, 1U) << "the newest that was there";
    const auto one = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_EQ(one.light, Light::Amber);
    EXPECT_EQ(one.sentence,
              "Whether early media of this dialog came cannot be told: none of its own; To-tags f1 "
              "and f2 both name 192.0.2.4:30002, so 190 packets may be its or another's.");
    const auto other = diagnosis::earlyMediaVerdict(folded.evidence(), 1);
    EXPECT_NE(other.sentence.find("not certain"), std::string::npos) << other.sentence;
    EXPECT_FALSE(folded.find("em-183-sdp-no-rtp"));
}

TEST(SharedPort, WhatIsCertainIsNotCalledUncertain)
{
    const struct {
        const char *name, *talk;
    } cases[] = {
        {"a fork that had ended", R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=f1 sdp=0@proxy:30002
      0.30 proxy>alice 199 tag=f1
      0.40 proxy>alice 183 tag=f2 sdp=0@proxy:30002
      0.45 proxy>alice rtp 190 port=30002 ssrc=22
)"},
        {"ports of their own", R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=f1 sdp=0@proxy:30000
      0.40 proxy>alice 183 tag=f2 sdp=0@proxy:30002
      0.25 proxy>alice rtp 200 port=30000 ssrc=11
      0.45 proxy>alice rtp 190 port=30002 ssrc=22
)"},
        {"announced SSRCs", R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=f1 sdp=0@proxy:30002 "a=ssrc:11 cname:x"
      0.40 proxy>alice 183 tag=f2 sdp=0@proxy:30002 "a=ssrc:22 cname:y"
      0.25 proxy>alice rtp 200 port=30002 ssrc=11
      0.45 proxy>alice rtp 190 port=30002 ssrc=22
)"},
        {"another tag that comes with the answer alone", R"(
      0.00 alice>proxy INVITE offer
      0.20 proxy>alice 183 tag=f1 sdp=0@proxy:30002
      0.25 proxy>alice rtp 400 port=30002 ssrc=22
)"},
    };
    for (const auto &each : cases) {
        const support::Folded folded(each.talk + kEnd);
        EXPECT_EQ(of(folded, 22).sharers, 0U) << each.name;
        for (std::uint32_t i = 0; i < folded.evidence().call.earlyDialogs.size(); ++i)
            EXPECT_EQ(diagnosis::earlyMediaVerdict(folded.evidence(), i).sentence.find("certain"),
                      std::string::npos)
                << each.name;
    }
}

} // namespace
