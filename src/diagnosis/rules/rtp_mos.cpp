// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/each_way.h>
#include <diagnosis/missing.h>
#include <diagnosis/pace.h>
#include <diagnosis/payloads.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <rtp/quality.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 250; // packets: five seconds
constexpr double kPoor = 3.6, kBad = 3.1;
constexpr auto kJump = std::chrono::milliseconds(200); // that is a sender that sets its time anew

/// The stream the other way, whose round trips belong to the same path; nullptr: none.
const rtp::Stream *back(const Evidence &evidence, const BoundStream &bound)
{
    for (const auto &other : evidence.streams)
        if (other.stream->source == bound.stream->destination &&
            other.stream->destination == bound.stream->source)
            return other.stream.get();
    return nullptr;
}

/// Numbers that were left out on purpose, or a sender with another clock, would be taken for loss
/// and jitter.
bool measurable(const BoundStream &bound)
{
    const auto &stream = *bound.stream;
    return stream.packets >= kEnough && stream.sequenceResets == 0 && !stream.outgoing &&
           !bound.astray && !paceDiffers(stream) && (stream.lost == 0 || missing(stream) != 0) &&
           stream.closed == 0 && stream.maxJitter < kJump;
}

/// How far below the best MOS it is, and the reason; 0: nothing can be said.
rtp::Quality qualityOf(const Evidence &evidence, const BoundStream &bound)
{
    if (!measurable(bound))
        return {};
    const auto payloads = payloadsBefore(evidence, bound, evidence.now);
    if (payloads.empty() || payloads.front().codec.empty())
        return {};
    return rtp::qualityOf(*bound.stream, payloads.front().codec, back(evidence, bound));
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(evidence, -kPoor, [&](const BoundStream &bound) {
        const auto quality = qualityOf(evidence, bound);
        return quality.mos ? -*quality.mos : -5.0;
    });
    if (bad.empty())
        return;
    std::string list;
    for (const auto *each : bad)
        list += fmt::format("{}of what {} sent [{}]: {}", list.empty() ? "" : " And ",
                            each->stream->source.text(), list.empty() ? 1 : 2,
                            qualityOf(evidence, *each).why);
    const bool hardly = *qualityOf(evidence, *bad.front()).mos < kBad;
    auto &f = out.add("rtp-mos", hardly ? Severity::Error : Severity::Warning, Grade::Likely,
                      "Poor quality " + list);
    f.impact = fmt::format("The {} {} satisfied with what is heard{}.", hearers(bad),
                           bad.size() > 1 ? "are not" : "is not",
                           hardly ? "; hardly anybody would be" : "");
    f.evidence = places(bad, "reckoned by the E-model (ITU-T G.107) from loss, delay and codec");
    f.fixes = {{"Begin with what costs most of those: loss and jitter on the way, delay of the "
                "route, or the codec.",
                "operator", Action::None}};
}

} // namespace

extern const Rule rtp_mos;
const Rule rtp_mos{"rtp-mos",
                   "Quality as an ear would judge it",
                   Severity::Error,
                   "ITU-T G.107, G.113",
                   "200",
                   R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 80
* 3.10 bob>alice rtp 80 sequence=100 at=100
* 5.10 bob>alice rtp 80 sequence=200 at=200
* 7.10 bob>alice rtp 80 sequence=300 at=300
* 9.10 bob>alice rtp 80 sequence=400 at=400
 35.00 tick
)",
                   R"(
  answered
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 99
  3.10 bob>alice rtp 99 sequence=100 at=100
  5.10 bob>alice rtp 99 sequence=200 at=200
  7.10 bob>alice rtp 99 sequence=300 at=300
  9.10 bob>alice rtp 99 sequence=400 at=400
 35.00 tick
)",
                   check};

} // namespace diagnosis::rules
