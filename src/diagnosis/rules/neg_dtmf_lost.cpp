// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool hasEvents(const sip::SdpMedia &audio)
{
    return std::any_of(audio.formats.begin(), audio.formats.end(), [](const auto &format) {
        return base::equalsNoCase(format.map.encoding, "telephone-event");
    });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        if (evidence.trace.row(answer).status / 100 == 1)
            continue; // the answer that counts may still come
        const auto *const offered = sdpOf(evidence, offer).audio();
        const auto *const answered = sdpOf(evidence, answer).audio();
        if (offered == nullptr || answered == nullptr || answered->port == 0 ||
            !hasEvents(*offered) || hasEvents(*answered) || !shareCodec(*offered, *answered))
            continue;
        auto &f = out.add("neg-dtmf-lost", Severity::Info, Grade::Seen,
                          fmt::format("telephone-event was offered [1] and is not in the answer of "
                                      "{} [2].",
                                      sender(evidence, answer)));
        f.impact =
            "Digits have to travel as tones or INFO; a voice menu behind a compressing codec "
            "does not hear them.";
        f.evidence = {at(evidence, offer, offered->line, "the offer"),
                      at(evidence, answer, answered->line, "the answer")};
        f.fixes = {{"Switch RFC 4733 on at the answering side, or agree on INFO.", "gateway or SBC",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_dtmf_lost;
const Rule neg_dtmf_lost{"neg-dtmf-lost",
                         "DTMF as events was offered and not taken",
                         Severity::Info,
                         "RFC 4733 section 2.5.1.1",
                         "488",
                         R"(
  0.00 alice>bob INVITE sdp=8,101
* 1.00 bob>alice 200 tag=b sdp=8
  1.05 alice>bob ACK tag=b
)",
                         R"(
  0.00 alice>bob INVITE sdp=8,101
  1.00 bob>alice 200 tag=b sdp=8,101
  1.05 alice>bob ACK tag=b
)",
                         check,
                         Reads::Messages};

} // namespace diagnosis::rules
