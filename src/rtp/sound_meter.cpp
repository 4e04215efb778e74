// SPDX-License-Identifier: Apache-2.0
#include <rtp/sound_meter.h>

#include <algorithm>
#include <cmath>
#include <rtp/level.h>
#include <utility>

namespace rtp {
namespace {

constexpr double kAudible = -65;      // dBFS; below it a line is silent
constexpr double kComfortBelow = -42; // dBFS; comfort noise is quieter, and other noise louder
constexpr double kEvenSpread = 2.4;   // dB; noise keeps its loudness, nothing else does
constexpr int kSlice = 25;            // frames
constexpr double kMusicSteady = 0.6;  // share of frames that keep their strongest frequency
constexpr double kSteady = 0.012;
constexpr std::size_t kMostEnded = 16;

double grow(double from, double to, double part)
{
    return from + (to - from) * std::clamp(part, 0.0, 1.0);
}

} // namespace

void SoundMeter::Figures::add(const Figures &more)
{
    if (more.frames == 0)
        return;
    if (frames == 0)
        from = more.from;
    to = more.to;
    frames += more.frames;
    loud += more.loud;
    comfort += more.comfort;
    steady += more.steady;
    pairs += more.pairs;
    power += more.power;
    decibels += more.decibels;
    squares += more.squares;
    noise += more.noise;
}

double SoundMeter::Figures::spread() const
{
    if (loud < 2)
        return 0;
    const double mean = decibels / loud;
    return std::sqrt(std::max(0.0, squares / loud - mean * mean));
}

double SoundMeter::Figures::level() const
{
    return loud == 0 ? kFloorDbfs : dbfs(power / loud);
}

SoundMeter::Class SoundMeter::Figures::kind() const
{
    if (loud * 10 < frames)
        return Class::Quiet;
    const bool music = pairs > 10 && steady > kMusicSteady * pairs;
    const bool even = loud * 10 > frames * 9 && spread() < kEvenSpread && !music;
    return even ? Class::Even : Class::Lively;
}

void SoundMeter::begin(base::Duration at)
{
    m_span = m_tail = m_slice = {};
    m_span.from = m_span.to = at;
    m_lastHertz = 0;
}

void SoundMeter::add(const SoundFrame &frame)
{
    Figures one;
    one.from = frame.at;
    one.to = frame.at + kFrame;
    one.frames = 1;
    one.comfort = frame.comfort ? 1 : 0;
    one.noise = frame.comfort.value_or(0);
    if (frame.loud && frame.level > kAudible) {
        one.loud = 1;
        one.power = std::pow(10, frame.level / 10);
        one.decibels = frame.level;
        one.squares = frame.level * frame.level;
        one.pairs = m_lastHertz > 0 ? 1 : 0;
        one.steady = one.pairs != 0 && frame.tonality > 0.3 &&
                             std::abs(frame.hertz - m_lastHertz) < kSteady * m_lastHertz
                         ? 1
                         : 0;
        m_lastHertz = frame.hertz;
    } else {
        m_lastHertz = 0;
    }
    m_slice.add(one);
    if (m_slice.frames >= kSlice)
        slice();
}

/// Frames of another kind that it takes to believe in a change.
int SoundMeter::wanted(Class from, Class to) const
{
    if (to == Class::Quiet || from == Class::Lively)
        return 4 * kSlice; // speech has pauses
    return from == Class::Quiet ? kSlice : 2 * kSlice;
}

void SoundMeter::slice()
{
    const Figures fresh = std::exchange(m_slice, {});
    if (m_span.frames == 0) {
        const auto from = m_span.from;
        m_span.add(fresh);
        m_span.from = std::min(from, fresh.from);
        return;
    }
    const Class kind = m_span.kind();
    if (fresh.kind() == kind || (m_tail.frames == 0 && m_span.frames < 2 * kSlice &&
                                 kind != Class::Quiet && fresh.kind() != Class::Quiet)) {
        m_span.add(std::exchange(m_tail, {}));
        m_span.add(fresh);
        return;
    }
    m_tail.add(fresh);
    if (m_tail.frames < wanted(kind, m_tail.kind()) || m_tail.kind() == kind)
        return;
    if (m_ended.size() < kMostEnded)
        m_ended.push_back(judge(m_span));
    m_span = std::exchange(m_tail, {});
}

Heard SoundMeter::judge(const Figures &figures)
{
    Heard out;
    out.from = figures.from;
    out.to = figures.to;
    out.level = figures.level();
    const double seconds = base::toSeconds(figures.to - figures.from);
    out.settled = seconds >= 5;
    if (figures.frames == 0)
        return out;
    switch (figures.kind()) {
    case Class::Quiet:
        out.what = figures.comfort * 2 > figures.frames ? Sound::ComfortNoise : Sound::Silence;
        out.level = out.what == Sound::Silence ? kFloorDbfs : figures.noise / figures.comfort;
        out.confidence = grow(0.3, 0.97, seconds / 6);
        break;
    case Class::Even:
        out.what = out.level < kComfortBelow ? Sound::ComfortNoise : Sound::Noise;
        out.confidence = grow(0.3, 0.95, seconds / 3);
        break;
    case Class::Lively: {
        const bool full = figures.loud * 10 > figures.frames * 8;
        const bool music =
            full && figures.pairs > 50 && figures.steady > kMusicSteady * figures.pairs;
        const bool enough = figures.loud >= 12;
        out.what = music ? Sound::Music : enough ? Sound::Speech : Sound::Unknown;
        out.confidence = grow(0.3, music ? 0.8 : 0.95, seconds / 3) *
                         (music ? 1 : grow(0.6, 1, (figures.spread() - kEvenSpread) / 3));
        out.settled = seconds >= 3;
        break;
    }
    }
    return out;
}

Heard SoundMeter::now() const
{
    Figures all = m_span;
    if (m_tail.kind() == m_span.kind() || m_tail.frames == 0)
        all.add(m_slice);
    if (m_span.frames == 0) {
        all = m_slice;
        all.from = m_span.from;
    }
    all.to = std::max({all.to, m_tail.to, m_slice.to});
    return judge(all);
}

bool SoundMeter::audible() const
{
    Figures all = m_span;
    all.add(m_tail);
    all.add(m_slice);
    return all.kind() != Class::Quiet && all.loud >= 20;
}

std::vector<Heard> SoundMeter::takeEnded()
{
    return std::exchange(m_ended, {});
}

} // namespace rtp
