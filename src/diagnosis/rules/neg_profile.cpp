// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool encrypts(std::string_view profile)
{
    return base::lower(profile).find("savp") != std::string::npos;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto &offered = sdpOf(evidence, offer).media,
                   &answered = sdpOf(evidence, answer).media;
        for (std::size_t i = 0; i < std::min(offered.size(), answered.size()); ++i) {
            if (answered[i].port == 0 || offered[i].port == 0 ||
                !base::equalsNoCase(offered[i].type, answered[i].type) ||
                encrypts(offered[i].protocol) == encrypts(answered[i].protocol))
                continue;
            // Many announce RTP/AVP with a=crypto and mean it.
            const bool works =
                std::any_of(evidence.streams.begin(), evidence.streams.end(),
                            [](const BoundStream &bound) { return bound.stream->opened != 0; });
            auto &f = out.add("neg-profile", works ? Severity::Info : Severity::Error, Grade::Seen,
                              fmt::format("{} was offered for {} [1], {} answered with {} [2].",
                                          shown(offered[i].protocol), shown(offered[i].type),
                                          sender(evidence, answer), shown(answered[i].protocol)));
            f.impact = works ? "SRTP passes all the same, by the keys in the descriptions; a "
                               "stricter phone drops the call."
                             : "One side encrypts and the other does not: noise or silence in both "
                               "directions, or the call is dropped.";
            f.evidence = {at(evidence, offer, offered[i].line, "the offer"),
                          at(evidence, answer, answered[i].line, "the answer")};
            f.fixes = {{"Answer with the profile of the offer, or refuse the line with port 0.",
                        "gateway or SBC", Action::None},
                       {"Set the same media security on both sides of the SBC.", "operator",
                        Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule neg_profile;
const Rule neg_profile{"neg-profile",
                       "Encrypted media offered, plain answered, or the reverse",
                       Severity::Error,
                       "RFC 3264 section 6",
                       "488",
                       R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ"
* 1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
)",
                       R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ"
  1.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"
  1.05 alice>bob ACK tag=b
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
