// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kTogether = std::chrono::milliseconds(500);
constexpr std::uint64_t kEnough = 25; // packets of each before the answer

void check(const Evidence &evidence, Findings &out)
{
    const BoundStream *first = nullptr;
    base::Instant firstEnd;
    for (const auto &bound : evidence.streams) {
        if (!bound.towardsCaller || !bound.early)
            continue;
        const auto end = std::min(bound.stream->last, earlyEnd(evidence, bound.earlyDialog));
        if (bound.stream->arrivedBefore(end) < kEnough)
            continue;
        if (first == nullptr ||
            bound.stream->destination.address != first->stream->destination.address) {
            first = &bound;
            firstEnd = end;
            continue;
        }
        const auto together = std::min(firstEnd, end) - bound.stream->first;
        if (together < kTogether) {
            if (end > firstEnd) {
                first = &bound;
                firstEnd = end;
            }
            continue;
        }
        auto &f =
            out.add("em-overlapping-streams", Severity::Warning, Grade::Seen,
                    fmt::format("Before the answer {} [1] and {} [2] sent to the caller at the "
                                "same time, for {}.",
                                first->stream->source.text(), bound.stream->source.text(),
                                lasting(together)));
        f.impact = "A telephone that mixes them, or jumps from one to the other, makes a garble of "
                   "two announcements.";
        f.evidence = {at(*first->stream, "one"), at(*bound.stream, "the other")};
        f.fixes = {
            {"Play one branch, and quieten the others by UPDATE with inactive.",
             "caller's user agent", Action::None},
            {"Let one server make the announcements of a forked call.", "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_overlapping_streams;
const Rule em_overlapping_streams{"em-overlapping-streams",
                                  "Two early sounds at the same time",
                                  Severity::Warning,
                                  "RFC 3960 section 3.1",
                                  "183",
                                  R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.11 proxy>alice 183 tag=c sdp=0@carol
  0.20 bob>alice rtp 200
* 0.50 carol>alice rtp 200
  6.00 proxy>alice 200 tag=b sdp=0@bob
  6.05 alice>proxy ACK tag=b
)",
                                  R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.11 proxy>alice 183 tag=c sdp=0@carol
  0.20 bob>alice rtp 100
  2.50 carol>alice rtp 100
  6.00 proxy>alice 200 tag=b sdp=0@bob
  6.05 alice>proxy ACK tag=b
)",
                                  check};

} // namespace diagnosis::rules
