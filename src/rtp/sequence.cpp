// SPDX-License-Identifier: Apache-2.0
#include <rtp/sequence.h>

#include <algorithm>

namespace rtp {

namespace {

constexpr std::uint32_t kModulus = 1U << 16U;
constexpr std::uint64_t kBias = std::uint64_t{1} << 32U; // which highest() does not show
constexpr std::uint64_t kBits = 64;
constexpr std::size_t kMostWords = 1U << 18U; // 16 million packets of a run
constexpr std::size_t kMostRuns = 64, kMostAnchors = 1U << 14U;
constexpr std::uint64_t kAnchorEvery = 4096; // numbers
constexpr std::int64_t kPerSecond = 4000;    // packets, more than any sender of sound
constexpr std::int64_t kNanoseconds = 1'000'000'000;

} // namespace

bool SequenceCounter::Run::has(std::uint64_t number) const
{
    if (number < base)
        return false;
    const std::uint64_t at = number - base;
    return at / kBits < seen.size() && (seen[at / kBits] >> at % kBits & 1U) != 0;
}

bool SequenceCounter::Run::mark(std::uint64_t number)
{
    if (seen.empty())
        base = number - number % kBits;
    while (number < base) {
        if (seen.size() >= kMostWords)
            return false;
        seen.push_front(0);
        base -= kBits;
    }
    std::uint64_t at = (number - base) / kBits;
    while (at >= seen.size()) {
        seen.push_back(0);
        if (seen.size() > kMostWords) {
            seen.pop_front();
            base += kBits;
            --at;
        }
    }
    seen[at] |= std::uint64_t{1} << number % kBits;
    return true;
}

std::uint64_t SequenceCounter::expected() const
{
    std::uint64_t out = m_pastExpected;
    for (const Run &run : m_runs)
        out += run.highest - run.lowest + 1;
    return out;
}

void SequenceCounter::begin(std::uint64_t number)
{
    if (m_runs.size() >= kMostRuns) { // one that goes on starting over: what it was is counted
        for (const Run &run : m_runs)
            m_pastExpected += run.highest - run.lowest + 1;
        m_runs.clear();
        m_anchors.clear();
    }
    Run &run = m_runs.emplace_back();
    run.highest = run.lowest = number;
    run.mark(number);
    ++m_unique;
    m_bad = kModulus;
}

Arrival SequenceCounter::add(std::uint16_t sequence, base::Instant time)
{
    // A little earlier is what a network or several interfaces make of an order.
    constexpr base::Duration kLongBefore = std::chrono::milliseconds(200);
    const bool before = !m_runs.empty() && time.known() && time < m_last;
    m_behind = before && (m_behind || m_last - time > kLongBefore);
    Arrival out = Arrival::InOrder;
    if (m_behind && earlier(sequence, time, out))
        return out;
    out = inOrder(sequence);
    m_last = std::max(m_last, time);
    if (time.known() && (out == Arrival::InOrder || out == Arrival::Restart))
        anchor(time, m_runs.back().highest, m_runs.size() - 1);
    return out;
}

Arrival SequenceCounter::inOrder(std::uint16_t sequence)
{
    if (m_runs.empty()) {
        begin(kBias + sequence);
        return Arrival::InOrder;
    }
    Run &run = m_runs.back();
    const std::uint32_t ahead = (sequence - static_cast<std::uint32_t>(run.highest)) % kModulus;
    if (ahead >= kMaxDropout && ahead < kModulus - kMaxMisorder)
        return jump(sequence);
    m_bad = kModulus;
    if (ahead == 0 || ahead >= kMaxDropout)
        return late((kModulus - ahead) % kModulus);
    run.highest += ahead;
    run.mark(run.highest);
    ++m_unique;
    return Arrival::InOrder;
}

Arrival SequenceCounter::late(std::uint64_t behind)
{
    Run &run = m_runs.back();
    const std::uint64_t number = run.highest - behind;
    if (run.has(number) || !run.mark(number)) {
        ++m_duplicates;
        return Arrival::Duplicate;
    }
    // The very first packet seen may have been overtaken by later ones: the run then begins
    // earlier.
    run.lowest = std::min(run.lowest, number);
    ++m_unique;
    ++m_reordered;
    return Arrival::Reordered;
}

/// Appendix A.1: one packet far off may be a stray; two in sequence are a sender that started over.
Arrival SequenceCounter::jump(std::uint16_t sequence)
{
    if (sequence != m_bad) {
        m_bad = (sequence + 1U) % kModulus;
        return Arrival::Stray;
    }
    begin(kBias + sequence);
    Run &run = m_runs.back();
    --run.lowest; // the packet that announced the restart belongs to the new run
    run.mark(run.lowest);
    ++m_unique;
    ++m_resets;
    return Arrival::Restart;
}

const SequenceCounter::Anchor *SequenceCounter::nearest(base::Instant time) const
{
    if (m_anchors.empty())
        return nullptr;
    auto at = std::lower_bound(
        m_anchors.begin(), m_anchors.end(), time,
        [](const Anchor &anchor, base::Instant value) { return anchor.time < value; });
    if (at == m_anchors.end() ||
        (at != m_anchors.begin() && time - (at - 1)->time < at->time - time))
        --at;
    return &*at;
}

void SequenceCounter::anchor(base::Instant time, std::uint64_t number, std::size_t run)
{
    const auto at = std::lower_bound(
        m_anchors.begin(), m_anchors.end(), time,
        [](const Anchor &anchor, base::Instant value) { return anchor.time < value; });
    const auto close = [&](const Anchor &other) {
        const std::uint64_t apart =
            other.number > number ? other.number - number : number - other.number;
        return other.run == run && apart < kAnchorEvery;
    };
    if ((at != m_anchors.end() && close(*at)) || (at != m_anchors.begin() && close(*(at - 1))) ||
        m_anchors.size() >= kMostAnchors)
        return;
    m_anchors.insert(at, {time, number, run});
}

/// A packet that is read behind others of later times: its number is the one that lies nearest to
/// what was captured around it. False: it does not belong to any run, as far as can be told.
bool SequenceCounter::earlier(std::uint16_t sequence, base::Instant time, Arrival &out)
{
    const Anchor *around = nearest(time);
    if (around == nullptr)
        return false;
    const auto steps = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(around->number)));
    const base::Duration between = std::max(time, around->time) - std::min(time, around->time);
    const std::int64_t most =
        std::int64_t{kMaxDropout} + static_cast<std::int64_t>(kAnchorEvery) +
        std::min<std::int64_t>(between.count() / kNanoseconds, 3600) * kPerSecond;
    if (std::abs(static_cast<std::int64_t>(steps)) > most)
        return false;
    const std::uint64_t number = around->number + static_cast<std::uint64_t>(std::int64_t{steps});
    const std::size_t of = around->run;
    Run &run = m_runs[of];
    if (run.has(number)) {
        ++m_duplicates;
        out = Arrival::Duplicate;
        return true;
    }
    if (!run.mark(number))
        return false;
    run.lowest = std::min(run.lowest, number);
    run.highest = std::max(run.highest, number);
    ++m_unique;
    anchor(time, number, of);
    out = Arrival::Earlier;
    return true;
}

} // namespace rtp
