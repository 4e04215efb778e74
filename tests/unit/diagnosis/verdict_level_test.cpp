// SPDX-License-Identifier: Apache-2.0
// What the verdict makes of how loud it was.
#include <diagnosis/explain.h>

#include "folded.h"

#include <rtp/g711.h>
#include <support/sounds.h>

namespace {

TEST(Verdict, AToneIsOneHoweverSoftItIs)
{
    const auto ring = support::pcm(support::atLevel(support::tones({425}, {1, 4}, 12), -58));
    const auto soften = [&](base::Packet packet) {
        auto rtp = rtp::parseRtp(packet.payload.text());
        if (!rtp || packet.source.port == 5060)
            return packet;
        std::string payload;
        for (std::size_t i = 0; i < 160; ++i)
            payload += static_cast<char>(rtp::muLawCode(ring[rtp->timestamp + i]));
        rtp->payload = payload;
        packet.payload = base::Blob::copy(rtp::writeRtp(*rtp));
        return packet;
    };
    const support::Folded folded(support::Conversation(R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=b answer
      0.30 bob>alice rtp 550
      11.50 bob>alice 200 tag=b answer
    )"),
                                 {}, soften);
    const auto verdict = diagnosis::earlyMediaVerdict(folded.evidence(), 0);
    EXPECT_NE(verdict.sentence.find("ringback, very soft (-58 dBFS)"), std::string::npos)
        << verdict.sentence;
    EXPECT_EQ(verdict.sentence.find("silence"), std::string::npos) << verdict.sentence;
    EXPECT_NE(verdict.facts[3].value.find("-58 dBFS (very soft)"), std::string::npos)
        << verdict.facts[3].value;
}

} // namespace
