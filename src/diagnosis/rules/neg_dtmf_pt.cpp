// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/payloads.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 3; // packets of one event

/// The number that a description gives telephone-event; -1: none.
int eventNumber(const Evidence &evidence, const Described *described)
{
    const auto *const audio =
        described != nullptr ? sdpOf(evidence, described->row).audio() : nullptr;
    if (audio != nullptr)
        for (const auto &format : audio->formats)
            if (base::equalsNoCase(format.map.encoding, "telephone-event"))
                return format.payloadType;
    return -1;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto last = bound.stream->last;
        const auto *const wants = inForce(evidence, bound.earlyDialog, bound.towardsCaller, last);
        const auto *const has = inForce(evidence, bound.earlyDialog, !bound.towardsCaller, last);
        const int asked = eventNumber(evidence, wants), own = eventNumber(evidence, has);
        if (asked < 0 || own < 0 || asked == own || own > 127)
            continue;
        for (const auto &payload : payloadsBefore(evidence, bound, evidence.now)) {
            if (payload.type != own || payload.foreign < kEnough)
                continue;
            auto &f = out.add(
                "neg-dtmf-pt", Severity::Error, Grade::Seen,
                fmt::format("{} sent {} of digits with payload type {} [1], the number of its own "
                            "description [3]; its receiver asked for {} [2].",
                            bound.stream->source.text(), count(payload.foreign, "packet"), own,
                            asked));
            f.impact = "The digits are not understood: voice menus do not react.";
            f.evidence = {at(*bound.stream, fmt::format("payload type {}", own)),
                          at(wants->row, "the receiver's number"),
                          at(has->row, "the sender's number")};
            f.fixes = {{"Send telephone-event with the number of the other side's description.",
                        "gateway or SBC", Action::None},
                       {"Answer with the numbers of the offer, so that both are the same.",
                        "callee's user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule neg_dtmf_pt;
const Rule neg_dtmf_pt{"neg-dtmf-pt",
                       "Digits under the wrong number",
                       Severity::Error,
                       "RFC 3264 section 6.1, RFC 4733 section 2.5",
                       "200",
                       R"(
  0.00 alice>bob INVITE sdp=0,101
  1.00 bob>alice 200 tag=b sdp=0,96 event=96
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 100
  1.10 bob>alice rtp 100
* 3.20 bob>alice rtp 8 pt=96 size=4 sequence=100 step=0
 35.00 tick
)",
                       R"(
  0.00 alice>bob INVITE sdp=0,101
  1.00 bob>alice 200 tag=b sdp=0,96 event=96
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 100
  1.10 bob>alice rtp 100
  3.20 bob>alice rtp 8 pt=101 size=4 sequence=100 step=0
 35.00 tick
)",
                       check};

} // namespace diagnosis::rules
