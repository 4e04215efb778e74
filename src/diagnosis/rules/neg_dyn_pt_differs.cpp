// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kDynamic = 96;

/// The same codec under another dynamic number, and the offer's number stands for nothing there.
const sip::SdpFormat *renumbered(const sip::SdpMedia &offer, const sip::SdpFormat &answered)
{
    if (answered.payloadType < kDynamic || answered.map.encoding.empty())
        return nullptr;
    const sip::SdpFormat *found = nullptr;
    for (const auto &offered : offer.formats) {
        if (offered.payloadType < kDynamic || !sameCodec(offered, answered))
            continue;
        if (offered.payloadType == answered.payloadType)
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
            const auto *const other = renumbered(*offered, format);
            if (other == nullptr)
                continue;
            auto &f =
                out.add("neg-dyn-pt-differs", Severity::Info, Grade::Seen,
                        fmt::format("{} is number {} in the offer [1] and {} in the answer of "
                                    "{} [2].",
                                    shown(format.map.encoding), other->payloadType,
                                    format.payloadType, sender(evidence, answer)));
            f.impact = "Legal: each side sends with the number of the other's description. Peers "
                       "that use their own number for both ways are not understood.";
            f.evidence = {at(evidence, offer, offered->line, "the offer"),
                          at(evidence, answer, answered->line, "the answer")};
            f.fixes = {
                {"Answer with the numbers of the offer.", "callee's user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule neg_dyn_pt_differs;
const Rule neg_dyn_pt_differs{"neg-dyn-pt-differs",
                              "One codec, two numbers",
                              Severity::Info,
                              "RFC 3264 section 6.1",
                              "200",
                              R"(
  0.00 alice>bob INVITE sdp=0,111
* 1.00 bob>alice 200 tag=b sdp=0,107 opus=107
  1.05 alice>bob ACK tag=b
)",
                              R"(
  0.00 alice>bob INVITE sdp=0,111
  1.00 bob>alice 200 tag=b sdp=0,111
  1.05 alice>bob ACK tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
