// SPDX-License-Identifier: Apache-2.0
#include <rtp/ear.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <rtp/level.h>
#include <rtp/resample.h>
#include <rtp/rhythm.h>
#include <rtp/sound_meter.h>
#include <utility>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kHop = kEarRate / 50; // samples of a frame
constexpr base::Duration kTonesOver = 7s;   // longer than any pause between two rings
constexpr base::Duration kStrong = 300ms;   // no vowel is that steady for so long
constexpr base::Duration kShortest = 130ms; // of a burst in the fastest rhythms, and its pause
constexpr std::size_t kMostBursts = 24, kMostParts = 64;
constexpr base::Duration kLongestQuiet = 600s;
constexpr double kFaint = -72;    // dBFS; what is quieter is not looked at
constexpr double kOverTones = 12; // dB below the tones that speech may be

base::Duration timeOf(std::int64_t samples)
{
    return base::Duration(samples * (1'000'000'000 / kEarRate));
}

bool similar(const Burst &a, const Burst &b)
{
    return sameTone(a.hertz, b.hertz) &&
           std::abs((a.length() - b.length()).count()) * 4 < b.length().count();
}

bool shareTone(const Burst &a, const Burst &b)
{
    return std::any_of(a.hertz.begin(), a.hertz.end(), [&](double hertz) {
        return std::any_of(b.hertz.begin(), b.hertz.end(),
                           [hertz](double other) { return std::abs(hertz - other) < 12; });
    });
}

/// Neither would be believed alone; a voice does not repeat itself like that.
bool makePair(const Burst &a, const Burst &b)
{
    const auto pause = b.from - a.to;
    return similar(a, b) && a.length() >= kShortest && pause >= kShortest && pause < 1s &&
           std::abs(a.level - b.level) < 2;
}

} // namespace

struct Ear::Work {
    Resampler resampler;
    Spectrum spectrum;
    std::array<float, kWindow> window{};
    std::size_t fresh = 0; // samples of the next frame that are in the window already
    std::int64_t samples = 0, comfortUntil = 0;
    double comfortLevel = kFloorDbfs;
    ToneTracker tracker;
    SoundMeter meter;
    std::vector<Burst> bursts; // of the row under way; empty: no tones now
    base::Duration rowFrom{0}; // where it began; its first bursts may be forgotten
    std::optional<Burst> weak; // may have been a vowel
    std::vector<Heard> parts;

    void take(float sample);
    void frame();
    void onBurst(const Burst &burst);
    bool believable(const Burst &burst) const;
    bool begins(const Burst &burst) const;
    void finishBursts(base::Duration until);
    void finishSound(base::Duration until);
    void lookAfter();
    void push(Heard heard);
    std::optional<Heard> tones() const;
};

void Ear::Work::take(float sample)
{
    window[kWindow - kHop + fresh] = sample;
    ++samples;
    if (++fresh == kHop) {
        frame();
        std::move(window.begin() + kHop, window.end(), window.begin());
        fresh = 0;
    }
}

void Ear::Work::frame()
{
    SoundFrame out;
    out.at = timeOf(samples - static_cast<std::int64_t>(kWindow / 2));
    if (samples - static_cast<std::int64_t>(kWindow / 2) < comfortUntil)
        out.comfort = comfortLevel;
    double mean = 0, square = 0;
    for (const float s : window) {
        mean += s;
        square += static_cast<double>(s) * s;
    }
    mean /= kWindow;
    if (dbfs(square / kWindow - mean * mean) > kFaint) {
        spectrum.of(window, out.powers);
        const double band = bandPower(out.powers);
        out.level = dbfs(band);
        out.loud = out.level > kFaint;
        double both = 0;
        for (const Peak &peak : strongest(out.powers, 2)) {
            both += peak.power;
            out.hertz = out.hertz > 0 ? out.hertz : peak.hertz;
        }
        out.tonality = band > 0 ? both / band : 0;
    }
    const auto ended = tracker.add(out);
    if (!tracker.inTone() || bursts.empty())
        meter.add(out);
    if (ended)
        onBurst(*ended);
    lookAfter();
}

/// A tone of the network, not a vowel or a note.
bool Ear::Work::believable(const Burst &burst) const
{
    if (!bursts.empty() && sameTone(burst.hertz, bursts.back().hertz) &&
        (burst.running ||
         (burst.length() >= kShortest && std::abs(burst.level - bursts.back().level) < 2)))
        return true;
    if (!meter.audible() && bursts.empty() && burst.length() >= 100ms)
        return true;
    if (burst.length() >= kStrong || isKey(burst))
        return true;
    return weak && makePair(*weak, burst);
}

/// Begins another row than the one under way.
bool Ear::Work::begins(const Burst &burst) const
{
    if (bursts.empty())
        return true;
    auto row = bursts;
    row.push_back(burst);
    if (!sameTone(burst.hertz, bursts.back().hertz)) {
        const bool siblings = (bursts.size() == 1 || !isOneTone(bursts)) && !isKey(bursts.back());
        return !(siblings && burst.from - bursts.back().to < 1s) &&
               !(isKey(burst) && isKey(bursts.back()));
    }
    if (!isOneTone(bursts))
        return true;
    const Heard before = judgeBursts(bursts, burst.from), after = judgeBursts(row, burst.to);
    return !before.countries.empty() && after.countries.empty() && bursts.size() >= 3;
}

void Ear::Work::push(Heard heard)
{
    if (parts.size() >= kMostParts) { // the first ones become one
        parts[1].from = parts[0].from;
        parts.erase(parts.begin());
    }
    parts.push_back(std::move(heard));
}

void Ear::Work::finishBursts(base::Duration until)
{
    // A short one alone, of no key: the beginning of what comes next.
    const bool stray =
        bursts.size() == 1 && bursts.front().length() < kStrong && !isKey(bursts.front());
    if (!bursts.empty() && !stray) {
        push(judgeBursts(bursts, until));
        parts.back().from = rowFrom;
    }
    bursts.clear();
}

void Ear::Work::finishSound(base::Duration until)
{
    for (Heard &ended : meter.takeEnded())
        push(std::move(ended));
    Heard last = meter.now();
    last.to = std::min(last.to, until);
    if (last.to - last.from >= 300ms)
        push(std::move(last));
}

void Ear::Work::onBurst(const Burst &burst)
{
    if (!believable(burst)) {
        weak = burst;
        return;
    }
    const auto first = std::exchange(weak, {});
    if (begins(burst)) {
        const bool pair = bursts.empty() && first && makePair(*first, burst);
        if (bursts.empty())
            finishSound(pair ? first->from : burst.from);
        finishBursts(burst.from);
        if (pair) {
            rowFrom = first->from;
            bursts.push_back(*first);
        }
    }
    if (bursts.empty())
        rowFrom = burst.from;
    if (bursts.size() >= kMostBursts) // the rhythm is known by then
        bursts.erase(bursts.begin(), bursts.begin() + kMostBursts / 2);
    bursts.push_back(burst);
    meter.begin(burst.to);
}

void Ear::Work::lookAfter()
{
    if (bursts.empty()) {
        for (Heard &ended : meter.takeEnded())
            push(std::move(ended));
        return;
    }
    (void)meter.takeEnded();
    if (tracker.inTone())
        return;
    const base::Duration since = timeOf(samples) - bursts.back().to;
    const Heard beside = meter.now();
    const bool lively = beside.what == Sound::Speech || beside.what == Sound::Music;
    const bool other = lively && meter.audible() && since > 600ms &&
                       (beside.level > bursts.back().level - kOverTones || since > 1500ms);
    const bool noise =
        beside.what == Sound::Noise && since > 2s && beside.level > bursts.back().level - 6;
    if (other || noise || since > kTonesOver)
        finishBursts(bursts.back().to);
}

/// The row under way, with the burst that sounds.
std::optional<Heard> Ear::Work::tones() const
{
    auto running = tracker.running();
    auto row = bursts;
    if (running && believable(*running)) {
        // What has just begun is not measured well yet.
        if (!row.empty() && running->length() < kStrong && shareTone(*running, row.back()))
            running->hertz = row.back().hertz;
        if (begins(*running))
            row.clear();
        row.push_back(*running);
    }
    if (row.empty())
        return std::nullopt;
    auto out = judgeBursts(row, timeOf(samples));
    if (row.size() >= bursts.size() && !bursts.empty())
        out.from = rowFrom;
    return out;
}

Ear::Ear() : m_work(std::make_unique<Work>())
{
    m_work->meter.begin(base::Duration{0});
}
Ear::Ear(const Ear &other) : m_work(std::make_unique<Work>(*other.m_work)) {}
Ear::~Ear() = default;
Ear::Ear(Ear &&) noexcept = default;
Ear &Ear::operator=(Ear &&) noexcept = default;

void Ear::add(std::span<const std::int16_t> samples, std::uint32_t rate)
{
    m_work->resampler.run(samples, rate, [this](float sample) { m_work->take(sample); });
}

void Ear::quiet(base::Duration length, std::optional<double> comfortNoise)
{
    const auto count =
        std::clamp(length, base::Duration{0}, kLongestQuiet).count() / (1'000'000'000 / kEarRate);
    if (comfortNoise) {
        m_work->comfortUntil = m_work->samples + count;
        m_work->comfortLevel = std::clamp(*comfortNoise, kFloorDbfs, 0.0);
    }
    for (std::int64_t i = 0; i < count; ++i)
        m_work->take(0);
}

base::Duration Ear::length() const
{
    return timeOf(m_work->samples);
}

Heard Ear::now() const
{
    if (auto tones = m_work->tones())
        return *tones;
    return m_work->meter.now();
}

std::vector<Heard> Ear::parts() const
{
    std::vector<Heard> out = m_work->parts;
    auto tones = m_work->tones();
    if (m_work->bursts.empty()) {
        Heard sound = m_work->meter.now();
        sound.to = std::min(sound.to, tones ? tones->from : sound.to);
        if (sound.to - sound.from >= 300ms || (out.empty() && !tones && sound.to > sound.from))
            out.push_back(std::move(sound));
    }
    if (tones)
        out.push_back(std::move(*tones));
    return out;
}

Heard Ear::heard() const
{
    const auto all = parts();
    const Heard *best = nullptr;
    const auto weight = [](const Heard &part) {
        // Special information says what the announcement behind it is about.
        if (part.what == Sound::SpecialInformation)
            return 1e6;
        return base::toSeconds(part.to - part.from) * (isQuiet(part.what) ? 1e-3 : 1);
    };
    for (const Heard &part : all)
        if (best == nullptr || weight(part) > weight(*best))
            best = &part;
    return best != nullptr ? *best : Heard();
}

} // namespace rtp
