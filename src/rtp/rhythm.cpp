// SPDX-License-Identifier: Apache-2.0
#include <rtp/rhythm.h>

#include <algorithm>
#include <cmath>
#include <rtp/level.h>
#include <rtp/national_tones.h>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr base::Duration kSteady = 2500ms; // no network rings longer without a pause
constexpr base::Duration kShortRing = 350ms, kOneRing = 700ms;
constexpr base::Duration kRings = 1000ms; // between two rings at least, where no network is known

Rhythm rhythmOf(std::span<const Burst> bursts, base::Duration now)
{
    Rhythm out;
    out.cutStart = bursts.front().cutStart;
    for (std::size_t i = 0; i < bursts.size(); ++i) {
        out.parts.push_back(bursts[i].length());
        const auto until = i + 1 < bursts.size() ? bursts[i + 1].from : now;
        if (!bursts[i].running)
            out.parts.push_back(std::max(base::Duration{1}, until - bursts[i].to));
    }
    out.running = true; // the last part, sound or pause, has no end yet
    return out;
}

struct Candidate {
    const NationalTone *tone = nullptr;
    RhythmMatch match;
    double error = 0;
};

std::vector<Candidate> candidates(const Rhythm &rhythm, std::span<const double> hertz)
{
    std::vector<Candidate> out;
    for (const NationalTone &tone : nationalTones()) {
        const double off = frequencyError(tone, hertz);
        if (off > 1)
            continue;
        const RhythmMatch fit = match(rhythm, cadenceOf(tone));
        if (fit.fits)
            out.push_back({&tone, fit, fit.error + 0.05 * off});
    }
    return out;
}

/// One period, as far as whole parts of it were heard.
std::vector<base::Duration> periodOf(const Rhythm &rhythm, std::size_t parts)
{
    std::vector<base::Duration> out;
    const std::size_t first = rhythm.cutStart ? 2 : 0;
    const std::size_t end = rhythm.parts.size() - (rhythm.running ? 1 : 0);
    for (std::size_t i = first; i < end && out.size() < parts; ++i)
        out.push_back(rhythm.parts[i]);
    if (out.empty() && !rhythm.parts.empty() && end > 0)
        out.push_back(rhythm.parts[0]);
    return out;
}

void addOnce(std::vector<std::string_view> &codes, std::string_view code)
{
    if (std::find(codes.begin(), codes.end(), code) == codes.end())
        codes.push_back(code);
}

/// Networks disagree: what most of the best fitting ones mean by it, and what the others mean.
void settleMeaning(Heard &heard, const Rhythm &rhythm, std::vector<Candidate> fitting)
{
    std::array<int, 3> votes{};
    const auto vote = [&votes](const Candidate &each) -> int & {
        return votes[static_cast<std::size_t>(each.tone->means) -
                     static_cast<std::size_t>(Sound::Ringback)];
    };
    const auto all = static_cast<double>(fitting.size());
    const std::vector<Candidate> possible = fitting;
    const auto best =
        std::min_element(fitting.begin(), fitting.end(),
                         [](const Candidate &a, const Candidate &b) { return a.error < b.error; });
    const double limit = best->error + 0.04;
    const Candidate chosen = *best;
    std::erase_if(fitting, [&](const Candidate &each) { return each.error > limit; });
    for (const Candidate &each : fitting)
        ++vote(each);
    const auto most = std::max_element(votes.begin(), votes.end()) - votes.begin();
    heard.what = static_cast<Sound>(static_cast<int>(Sound::Ringback) + most);
    for (const Candidate &each : fitting) {
        if (each.tone->means == heard.what) {
            addOnce(heard.countries, each.tone->country);
        } else {
            addOnce(heard.other, each.tone->country);
            heard.otherwise = each.tone->means;
        }
    }
    const auto agreeing = std::count_if(possible.begin(), possible.end(), [&](const Candidate &c) {
        return c.tone->means == heard.what;
    });
    const double share = static_cast<double>(agreeing) / all;
    heard.confidence = std::min(0.98, 0.55 + 0.14 * chosen.match.complete) *
                       (1 - 2 * chosen.match.error) * (0.6 + 0.4 * share);
    heard.settled = chosen.match.complete >= 2;
    heard.cadence = periodOf(rhythm, cadenceOf(*chosen.tone).size());
}

/// A rhythm that no network of the table has: judged by what all of them have in common.
void settleUnknown(Heard &heard, const Rhythm &rhythm)
{
    heard.what = Sound::Tone;
    heard.confidence = 0.6;
    const bool likely = !heard.hertz.empty() &&
                        std::all_of(heard.hertz.begin(), heard.hertz.end(),
                                    [](double hertz) { return hertz > 300 && hertz < 700; });
    base::Duration longestOff{0}, on{0};
    for (std::size_t i = 0; i < rhythm.parts.size(); ++i)
        (i % 2 == 1 ? longestOff : on) = std::max(i % 2 == 1 ? longestOff : on, rhythm.parts[i]);
    if (!likely || longestOff < 100ms || on > kSteady)
        return;
    if (longestOff >= kRings) {
        if (on < (rhythm.parts.size() > 3 ? kShortRing : kOneRing))
            return; // a beep
        heard.what = Sound::Ringback;
        heard.confidence = 0.55;
    } else if (rhythm.parts.size() >= 5) { // two periods
        heard.what = on + longestOff < 650ms ? Sound::Congestion : Sound::Busy;
        heard.confidence = 0.5;
    }
}

struct SitTone {
    double low, high;
};
constexpr SitTone kSit[] = {{900, 1000}, {1350, 1450}, {1750, 1825}};

bool within(double hertz, std::span<const int> nominal)
{
    return std::any_of(nominal.begin(), nominal.end(),
                       [hertz](int each) { return std::abs(hertz - each) <= 0.025 * each; });
}

Heard figures(std::span<const Burst> bursts, base::Duration now)
{
    Heard out;
    out.from = bursts.front().from;
    out.to = bursts.back().running ? bursts.back().to : std::max(now, bursts.back().to);
    out.hertz = bursts.back().hertz;
    base::Duration longest{0};
    double power = 0;
    for (const Burst &burst : bursts) {
        if (burst.length() >= longest) {
            longest = burst.length();
            out.hertz = burst.hertz; // the longest is measured best
        }
        power += std::pow(10, burst.level / 10) / static_cast<double>(bursts.size());
    }
    out.level = dbfs(power);
    return out;
}

void judgeRhythm(Heard &out, std::span<const Burst> bursts, base::Duration now)
{
    Rhythm rhythm = rhythmOf(bursts, now);
    const bool steady = bursts.back().running && bursts.back().length() > kSteady;
    // While the first burst lasts, its rhythm is not known.
    const bool young = bursts.size() == 1 && bursts.back().running;
    if (steady || young) {
        out.what = Sound::Tone;
        out.confidence = steady ? 0.95 : 0.5;
        out.settled = steady;
        return;
    }
    auto fitting = candidates(rhythm, out.hertz);
    if (fitting.empty() && bursts.size() > 1 && !bursts.back().running) {
        // It has stopped, perhaps: what was before the silence may still be known.
        Rhythm before = rhythm;
        before.parts.pop_back();
        before.running = false;
        fitting = candidates(before, out.hertz);
        if (!fitting.empty()) {
            rhythm = std::move(before);
            out.to = bursts.back().to;
        }
    }
    if (!fitting.empty()) {
        settleMeaning(out, rhythm, std::move(fitting));
        return;
    }
    settleUnknown(out, rhythm);
    out.cadence = periodOf(rhythm, 2);
    out.settled = rhythm.parts.size() >= 5;
}

} // namespace

bool isOneTone(std::span<const Burst> bursts)
{
    return std::all_of(bursts.begin(), bursts.end(), [&](const Burst &burst) {
        return sameTone(burst.hertz, bursts.front().hertz);
    });
}

bool isSpecialInformation(std::span<const Burst> bursts)
{
    if (bursts.size() < 3)
        return false;
    for (std::size_t i = 0; i < 3; ++i) {
        const Burst &burst = bursts[i];
        const bool near = i == 0 || burst.from - bursts[i - 1].to < 120ms;
        if (burst.hertz.empty() || burst.hertz.front() < kSit[i].low ||
            burst.hertz.front() > kSit[i].high || burst.length() < 180ms ||
            burst.length() > 500ms || !near)
            return false;
    }
    return true;
}

bool isKey(const Burst &burst)
{
    static constexpr int kLow[] = {697, 770, 852, 941}, kHigh[] = {1209, 1336, 1477, 1633};
    if (burst.hertz.size() != 2)
        return false;
    const auto [low, high] = std::minmax(burst.hertz[0], burst.hertz[1]);
    return within(low, kLow) && within(high, kHigh);
}

Heard judgeBursts(std::span<const Burst> bursts, base::Duration now)
{
    Heard out;
    if (bursts.empty())
        return out;
    out = figures(bursts, now);
    if (isSpecialInformation(bursts)) {
        out.what = Sound::SpecialInformation;
        out.confidence = 0.97;
        out.settled = true;
        out.hertz.clear();
        for (const Burst &burst : bursts.first(3)) {
            out.hertz.push_back(burst.hertz.front());
            out.cadence.push_back(burst.length());
        }
        return out;
    }
    if (std::all_of(bursts.begin(), bursts.end(), isKey)) {
        out.what = Sound::Dtmf;
        out.confidence = 0.9;
        out.settled = true;
        return out;
    }
    if (!isOneTone(bursts)) {
        out.what = bursts.size() >= 4 ? Sound::Music : Sound::Tone;
        out.confidence = bursts.size() >= 4 ? 0.6 : 0.5;
        return out;
    }
    judgeRhythm(out, bursts, now);
    return out;
}

} // namespace rtp
