// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/described_first.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto ahead = mediaAhead(evidence);
    if (!ahead || !offersEncrypted(evidence))
        return;
    const auto *const offered = sdpOf(evidence, evidence.call.invite).audio();
    auto &f = out.add(
        "em-rtp-before-answer-undecodable", Severity::Warning, Grade::Seen,
        fmt::format("{} of encrypted audio came [2] before the description with its key did [3]: "
                    "the first {} cannot be played. The offer is {} [1].",
                    count(ahead->packets, "packet"), lasting(ahead->lead),
                    shown(offered->protocol)));
    f.impact = "The caller misses the beginning of the announcement or of the first words.";
    f.evidence = {at(evidence, evidence.call.invite, offered->line, "encrypted media is offered"),
                  at(*ahead->bound->stream, "media without a key yet"),
                  at(ahead->described, "the callee's key, or its fingerprint")};
    f.fixes = {{"Send the answer in a reliable 183 before the first packet of media.",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule em_rtp_before_answer_undecodable;
const Rule em_rtp_before_answer_undecodable{"em-rtp-before-answer-undecodable",
                                            "Encrypted media before its key",
                                            Severity::Warning,
                                            "RFC 3960 section 3.1, RFC 4568, RFC 5763",
                                            "183",
                                            R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
* 0.10 bob>alice rtp 100
  1.20 bob>alice 183 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
  4.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
)",
                                            R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice rtp 100
  1.20 bob>alice 183 tag=b answer
  4.00 bob>alice 200 tag=b answer
)",
                                            check};

} // namespace diagnosis::rules
