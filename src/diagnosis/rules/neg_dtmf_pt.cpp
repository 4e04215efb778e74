// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
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

/// Packets under a number that the receiver did not describe, which are events by what is in them.
bool holdsEvents(const rtp::Stream &stream, std::uint8_t type)
{
    return std::any_of(stream.digits.begin(), stream.digits.end(),
                       [&](const rtp::Digit &digit) { return digit.payloadType == type; });
}

struct Numbers { // of telephone-event, -1: none
    const Described *wants = nullptr, *has = nullptr;
    int asked = -1, own = -1;
};

void report(const BoundStream &bound, const Payload &payload, const Numbers &numbers, Findings &out)
{
    const bool itsOwn = payload.type == numbers.own;
    auto &f =
        out.add("neg-dtmf-pt", Severity::Error, Grade::Seen,
                fmt::format("{} sent {} of digits with payload type {} [1]{}; its receiver {} [2].",
                            bound.stream->source.text(), count(payload.foreign, "packet"),
                            payload.type, itsOwn ? ", the number of its own description [3]" : "",
                            numbers.asked >= 0 ? fmt::format("asked for {}", numbers.asked)
                                               : std::string("did not describe telephone-event")));
    f.impact = "The digits are not understood: voice menus do not react.";
    f.evidence = {at(*bound.stream, fmt::format("payload type {}", payload.type)),
                  at(numbers.wants->row,
                     numbers.asked >= 0 ? "the receiver's number" : "the receiver's description")};
    if (itsOwn)
        f.evidence.push_back(at(numbers.has->row, "the sender's number"));
    f.fixes = {{numbers.asked >= 0
                    ? "Send telephone-event with the number of the other side's description."
                    : "Send events only where the other side described telephone-event, else the "
                      "tones themselves or INFO.",
                "gateway or SBC", Action::None},
               {"Answer with the numbers of the offer, so that both are the same.",
                "callee's user agent", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto last = bound.stream->last;
        Numbers numbers;
        numbers.wants = inForce(evidence, bound.earlyDialog, bound.towardsCaller, last);
        numbers.has = inForce(evidence, bound.earlyDialog, !bound.towardsCaller, last);
        numbers.asked = eventNumber(evidence, numbers.wants);
        numbers.own = eventNumber(evidence, numbers.has);
        const bool swapped = numbers.own >= 0 && numbers.asked >= 0;
        if (numbers.wants == nullptr || (bound.stream->digits.empty() && !swapped))
            continue;
        for (const auto &payload : payloadsBefore(evidence, bound, evidence.now)) {
            const bool events = holdsEvents(*bound.stream, payload.type) ||
                                (swapped && payload.type == numbers.own);
            if (payload.type == numbers.asked || payload.foreign < kEnough || !events)
                continue;
            report(bound, payload, numbers, out);
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
