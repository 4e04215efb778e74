// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLong = std::chrono::seconds(2);

/// The stream was silent as long as the early phase lasted; of codecs that are looked into.
bool silentUntil(const rtp::Stream &stream, base::Instant end)
{
    if (stream.spans.empty() || std::min(stream.last, end) - stream.first < kLong)
        return false;
    return std::all_of(stream.spans.begin(), stream.spans.end(),
                       [&](const rtp::LevelSpan &span) { return span.silent || span.from >= end; });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call)
        return;
    const BoundStream *silent = nullptr;
    for (const auto &bound : evidence.streams) {
        if (!bound.towardsCaller || !bound.early)
            continue;
        if (bound.earlyDialog >= call.earlyDialogs.size() ||
            !silentUntil(*bound.stream, earlyEnd(evidence, bound.earlyDialog)))
            return; // something was heard, or it cannot be told
        silent = &bound;
    }
    if (silent == nullptr)
        return;
    const auto end = std::min(silent->stream->last, earlyEnd(evidence, silent->earlyDialog));
    auto &f =
        out.add("em-silent-rtp", Severity::Warning, Grade::Seen,
                fmt::format("For {} before the answer {} sent early media in which nothing is "
                            "to be heard [1].",
                            lasting(end - silent->stream->first), silent->stream->source.text()));
    f.impact = "A telephone stops its own ringback for it: the caller hears nothing and may hang "
               "up.";
    f.evidence = {at(*silent->stream, "silent")};
    f.fixes = {{"Send no media before there is something to hear, or play ringback in it.",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule em_silent_rtp;
const Rule em_silent_rtp{"em-silent-rtp",
                         "Early media without a sound",
                         Severity::Warning,
                         "RFC 3960 section 3.2",
                         "183",
                         R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
* 0.30 bob>alice rtp 200 silent
  6.00 bob>alice 200 tag=b answer
  6.05 alice>bob ACK tag=b
)",
                         R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
  0.30 bob>alice rtp 50 silent
  1.30 bob>alice rtp 150
  6.00 bob>alice 200 tag=b answer
  6.05 alice>bob ACK tag=b
)",
                         check};

} // namespace diagnosis::rules
