// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/search.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 5;                        // a packet or two overtake
constexpr auto kOvertaken = std::chrono::milliseconds(100); // that is lost in any call

/// When the caller had the callee's first description, of any dialog.
base::Instant firstDescribed(const Evidence &evidence, trace::RowId &row)
{
    base::Instant first;
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (const auto each : {dialog.firstSdp, dialog.answerSdp})
            if (each.valid() && (!first.known() || evidence.time(each) < first)) {
                first = evidence.time(each);
                row = each;
            }
    return first;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || evidence.streams.empty() ||
        !hasSdp(evidence, call.invite))
        return;
    const auto *const offered = sdpOf(evidence, call.invite).audio();
    if (offered == nullptr || !base::containsNoCase(offered->protocol, "savp"))
        return;
    trace::RowId answer;
    const auto known = firstDescribed(evidence, answer);
    if (!known.known())
        return;
    for (const auto &bound : evidence.streams) {
        const auto early =
            bound.towardsCaller && !bound.astray ? bound.stream->arrivedBefore(known) : 0;
        if (early < kEnough || bound.stream->first < call.first ||
            known - bound.stream->first < kOvertaken)
            continue;
        auto &f = out.add(
            "em-rtp-before-answer-undecodable", Severity::Warning, Grade::Seen,
            fmt::format(
                "{} of encrypted audio came [2] before the description with its key did [3]: "
                "the first {} cannot be played. The offer is {} [1].",
                count(early, "packet"), lasting(known - bound.stream->first),
                shown(offered->protocol)));
        f.impact = "The caller misses the beginning of the announcement or of the first words.";
        f.evidence = {at(evidence, call.invite, offered->line, "encrypted media is offered"),
                      at(*bound.stream, "media without a key yet"),
                      at(answer, "the callee's key, or its fingerprint")};
        f.fixes = {{"Send the answer in a reliable 183 before the first packet of media.",
                    "gateway or SBC", Action::None}};
        return;
    }
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
