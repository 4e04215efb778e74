// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/sdp_fault.h>

namespace diagnosis::rules {
namespace {

/// It is called SDP and holds nothing of it. One without m= lines is legal (RFC 3264 section 5).
bool garbage(const sip::Sdp &sdp)
{
    return sdp.media.empty() && sdp.origin.empty() && sdp.connection.empty() &&
           !base::trim(sdp.text).empty();
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (entry.original.valid() || row.kind != trace::RowKind::Message || !row.hasSdp)
            continue; // the end that a capture lost is no fault of the sender
        if (!hasSdp(evidence, entry.row) && !garbage(sdpOf(evidence, entry.row)))
            continue;
        const auto &sdp = sdpOf(evidence, entry.row);
        const auto fault = sip::audioFault(sdp);
        if (fault.empty())
            continue;
        auto &f = out.add("neg-sdp-malformed", Severity::Error, Grade::Seen,
                          fmt::format("The session description in the {} of {} cannot be used: "
                                      "{} [1].",
                                      messageText(evidence, entry.row), sender(evidence, entry.row),
                                      fault));
        f.impact = "Whoever receives it cannot send or play this audio; many refuse the call with "
                   "488 or stay silent.";
        const auto *audio = sdp.audio();
        f.evidence = {at(evidence, entry.row, audio != nullptr ? audio->line : sdp.text,
                         "what cannot be read")};
        f.fixes = {{"Mend what writes this description; a gateway or ALG on the way may have "
                    "damaged it.",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_sdp_malformed;
const Rule neg_sdp_malformed{"neg-sdp-malformed",
                             "A session description cannot be used",
                             Severity::Error,
                             "RFC 8866 section 5",
                             "400",
                             R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 183 tag=b sdp=0@bob:99999999
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer "m=video 6000 RTP/AVP 34"
  1.00 bob>alice 183 tag=b answer "m=video 0 RTP/AVP 34"
  2.00 bob>alice 200 tag=b answer "m=video 0 RTP/AVP 34"
  2.05 alice>bob ACK tag=b
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
