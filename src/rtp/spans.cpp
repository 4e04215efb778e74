// SPDX-License-Identifier: Apache-2.0
#include <rtp/spans.h>

#include <algorithm>
#include <rtp/timing.h>

namespace rtp {
namespace {

constexpr std::size_t kMostSpans = 4096;
constexpr base::Duration kSpanBreak =
    std::chrono::milliseconds(300); // silence on the wire ends a bar

/// The list is full: the older half is joined two by two, so that joining stays cheap per packet.
void joinOldest(std::vector<LevelSpan> &spans)
{
    const std::size_t half = spans.size() / 2;
    std::size_t out = 0;
    for (std::size_t i = 0; i + 1 < half; i += 2, ++out)
        spans[out] = {spans[i].from, spans[i + 1].to, spans[i].silent && spans[i + 1].silent};
    spans.erase(spans.begin() + static_cast<std::ptrdiff_t>(out),
                spans.begin() + static_cast<std::ptrdiff_t>(out * 2));
}

/// A packet that was read behind later ones, as from a second capture of the same minutes.
void insertInSpans(std::vector<LevelSpan> &spans, base::Instant at, bool silent)
{
    const auto next = std::upper_bound(
        spans.begin(), spans.end(), at,
        [](base::Instant value, const LevelSpan &span) { return value < span.from; });
    if (next != spans.begin() && apart(at, (next - 1)->to) <= kSpanBreak) {
        (next - 1)->to = std::max((next - 1)->to, at);
        return;
    }
    if (next != spans.end() && apart(next->from, at) <= kSpanBreak)
        next->from = at;
    else if (spans.size() < kMostSpans)
        spans.insert(next, {at, at, silent});
}

} // namespace

void extendSpans(std::vector<LevelSpan> &spans, base::Instant at, bool silent)
{
    if (!spans.empty() && at < spans.back().to)
        return insertInSpans(spans, at, silent);
    if (!spans.empty() && spans.back().silent == silent &&
        apart(at, spans.back().to) <= kSpanBreak) {
        spans.back().to = std::max(spans.back().to, at);
        return;
    }
    // A change of loudness has no hole in the bar: the new span takes over where the old one ended.
    const bool joins = !spans.empty() && apart(at, spans.back().to) <= kSpanBreak;
    if (spans.size() >= kMostSpans)
        joinOldest(spans);
    spans.push_back({joins ? std::min(spans.back().to, at) : at, at, silent});
}

} // namespace rtp
