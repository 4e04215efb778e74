// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/format_parameter.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool adaptive(const sip::SdpFormat &format)
{
    return base::equalsNoCase(format.map.encoding, "AMR") ||
           base::equalsNoCase(format.map.encoding, "AMR-WB");
}

/// How the payload is laid out (RFC 4867 section 8.1); what is not said is off.
std::string layout(const sip::SdpFormat &format)
{
    std::string out;
    for (const std::string_view name : {"octet-align", "crc", "interleaving", "robust-sorting"}) {
        const auto said = formatParameter(format.fmtp, name);
        const auto value = !said ? std::string_view("0") : said->empty() ? "1" : *said;
        if (value != "0")
            out += fmt::format("{}{}={}", out.empty() ? "" : ", ", name, value);
    }
    return out.empty() ? "bandwidth-efficient" : out;
}

/// The offer has this codec, and never laid out so; nullptr else.
const sip::SdpFormat *otherwise(const sip::SdpMedia &offer, const sip::SdpFormat &answered)
{
    const sip::SdpFormat *found = nullptr;
    for (const auto &offered : offer.formats) {
        if (!sameCodec(offered, answered))
            continue;
        if (layout(offered) == layout(answered))
            return nullptr;
        found = &offered;
    }
    return found;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const offered = sdpOf(evidence, offer).audio();
        const auto *const answered = sdpOf(evidence, answer).audio();
        if (offered == nullptr || answered == nullptr || answered->port == 0)
            continue;
        for (const auto &format : answered->formats) {
            const auto *const other = adaptive(format) ? otherwise(*offered, format) : nullptr;
            if (other == nullptr)
                continue;
            auto &f = out.add("neg-fmtp-amr-octet", Severity::Error, Grade::Seen,
                              fmt::format("{} was offered {} [1] and answered {} by {} [2].",
                                          shown(format.map.encoding), shown(layout(*other)),
                                          shown(layout(format)), sender(evidence, answer)));
            f.impact = "Each side reads the other's packets in the wrong layout: noise or silence.";
            f.evidence = {
                at(evidence, offer, other->fmtp.empty() ? offered->line : other->fmtp, "the offer"),
                at(evidence, answer, format.fmtp.empty() ? answered->line : format.fmtp,
                   "the answer")};
            f.fixes = {{"Answer with the layout of the offer, or offer both as two payload types.",
                        "callee's user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule neg_fmtp_amr_octet;
const Rule neg_fmtp_amr_octet{"neg-fmtp-amr-octet",
                              "AMR in two layouts",
                              Severity::Error,
                              "RFC 4867 section 8.3",
                              "488",
                              R"(
  0.00 alice>bob INVITE sdp=96 amr=96
* 1.00 bob>alice 200 tag=b sdp=96 amr=96 "a=fmtp:96 octet-align=1"
  1.05 alice>bob ACK tag=b
)",
                              R"(
  0.00 alice>bob INVITE sdp=96 amr=96
  1.00 bob>alice 200 tag=b sdp=96 amr=96 "a=fmtp:96 octet-align=0"
  1.05 alice>bob ACK tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
