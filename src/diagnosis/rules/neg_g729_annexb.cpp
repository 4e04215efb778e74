// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/format_parameter.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

const sip::SdpFormat *g729(const sip::SdpMedia *audio)
{
    if (audio != nullptr && audio->port != 0)
        for (const auto &format : audio->formats)
            if (base::equalsNoCase(format.map.encoding, "G729"))
                return &format;
    return nullptr;
}

/// What is said of Annex B; what is not said is yes (RFC 7261 section 3).
std::optional<bool> saidOfAnnexB(const sip::SdpFormat &format)
{
    if (const auto said = formatParameter(format.fmtp, "annexb"); said && !said->empty())
        return !base::equalsNoCase(*said, "no");
    return std::nullopt;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const offered = g729(sdpOf(evidence, offer).audio());
        const auto *const answered = g729(sdpOf(evidence, answer).audio());
        if (offered == nullptr || answered == nullptr || saidOfAnnexB(*offered).value_or(true) ||
            !saidOfAnnexB(*answered).value_or(true))
            continue;
        const bool said = saidOfAnnexB(*answered).has_value();
        auto &f = out.add("neg-g729-annexb", Severity::Info, Grade::Seen,
                          fmt::format("G.729 was offered without silence frames (annexb=no) [1], "
                                      "and {} answers with annexb={} [2].",
                                      sender(evidence, answer),
                                      said ? "yes" : "yes, as nothing is said"));
        f.impact = "If it then sends frames of Annex B in pauses, a decoder of plain G.729 makes "
                   "noise of them or holds the last sound.";
        f.evidence = {at(evidence, offer, offered->fmtp, "no Annex B"),
                      at(evidence, answer,
                         said ? answered->fmtp : sdpOf(evidence, answer).audio()->line, "Annex B")};
        f.fixes = {
            {"Answer annexb=no where the offer says so.", "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_g729_annexb;
const Rule neg_g729_annexb{"neg-g729-annexb",
                           "Silence frames that were not wanted",
                           Severity::Info,
                           "RFC 7261 section 3.3",
                           "488",
                           R"(
  0.00 alice>bob INVITE sdp=18,0 "a=fmtp:18 annexb=no"
* 1.00 bob>alice 200 tag=b sdp=18 "a=fmtp:18 annexb=yes"
  1.05 alice>bob ACK tag=b
)",
                           R"(
  0.00 alice>bob INVITE sdp=18,0 "a=fmtp:18 annexb=yes"
  1.00 bob>alice 200 tag=b sdp=18 "a=fmtp:18 annexb=no"
  1.05 alice>bob ACK tag=b
)",
                           check,
                           Reads::Messages};

} // namespace diagnosis::rules
