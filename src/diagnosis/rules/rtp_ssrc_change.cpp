// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMany = 3; // changes that no transfer or music on hold explains
constexpr std::uint64_t kEnough = 25;

/// Streams of the answered call that follow one another from one socket to another.
std::vector<const rtp::Stream *> chain(const Evidence &evidence, const BoundStream &first)
{
    std::vector<const rtp::Stream *> found{first.stream.get()};
    for (const auto &other : evidence.streams)
        if (other.stream != first.stream && other.stream->source == first.stream->source &&
            other.stream->destination == first.stream->destination &&
            other.stream->packets >= kEnough && other.stream->first >= found.back()->last)
            found.push_back(other.stream.get());
    return found;
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    for (const auto &bound : evidence.streams) {
        if (bound.early || bound.stream->packets < kEnough)
            continue;
        const auto all = chain(evidence, bound);
        if (all.size() < 2)
            continue;
        const auto changes = all.size() - 1;
        const bool odd = changes >= kMany && !renegotiated(evidence);
        auto &f = out.add("rtp-ssrc-change", odd ? Severity::Warning : Severity::Info, Grade::Seen,
                          fmt::format("{} changed its SSRC {} on the same way [1][2].",
                                      bound.stream->source.text(), count(changes, "time")));
        f.impact = odd ? "Each time the receiver starts over: a short gap, and encrypted media may "
                         "fail for want of a key."
                       : "Another source speaks from here on: music on hold, a transfer, or a "
                         "gateway that started over.";
        f.evidence = {at(*all[0], "before"), at(*all[1], "behind the change")};
        f.fixes = {{"Keep one SSRC for a session unless the source really changes.",
                    "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rtp_ssrc_change;
const Rule rtp_ssrc_change{"rtp-ssrc-change",
                           "Another source on the same way",
                           Severity::Warning,
                           "RFC 3550 section 8",
                           "200",
                           R"(
  answered
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 100
* 3.20 bob>alice rtp 100 ssrc=77
* 5.30 bob>alice rtp 100 ssrc=78
* 7.40 bob>alice rtp 100 ssrc=79
 35.00 tick
)",
                           R"(
  answered
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 100
  3.20 bob>alice rtp 100 sequence=100
 35.00 tick
)",
                           check};

} // namespace diagnosis::rules
