// SPDX-License-Identifier: Apache-2.0
// The labelled set: every national tone at several levels, through both laws of G.711, with noise
// and a frequency that is a little off, and all that is no tone.
#include <rtp/ear.h>

#include <array>
#include <gtest/gtest.h>
#include <map>
#include <rtp/g711.h>
#include <rtp/national_tones.h>
#include <rtp/voice.h>
#include <support/sounds.h>

namespace {

enum class Way { Plain, Pcmu, Pcma };

std::vector<std::int16_t> through(std::vector<std::int16_t> samples, Way way)
{
    for (std::int16_t &s : samples) {
        if (way == Way::Pcmu)
            s = static_cast<std::int16_t>(rtp::muLawSample(rtp::muLawCode(s)));
        if (way == Way::Pcma)
            s = static_cast<std::int16_t>(rtp::aLawSample(rtp::aLawCode(s)));
    }
    return samples;
}

/// Fed as packets would bring it.
rtp::Heard listen(const std::vector<std::int16_t> &samples, std::uint32_t rate = 8000)
{
    rtp::Ear ear;
    const std::size_t packet = rate / 50;
    for (std::size_t at = 0; at < samples.size(); at += packet)
        ear.add(std::span(samples).subspan(at, std::min(packet, samples.size() - at)), rate);
    return ear.heard();
}

class Confusion
{
public:
    void add(rtp::Sound truth, const rtp::Heard &heard, const std::string &what, bool fine)
    {
        ++m_counts[truth][heard.what];
        ++m_all;
        m_right += fine ? 1 : 0;
        m_lostTones += rtp::isTone(truth) && rtp::isQuiet(heard.what) ? 1 : 0;
        if (!fine && m_wrong++ < 40)
            m_text += what + " -> " + rtp::describe(heard) + "\n";
    }
    double share() const { return static_cast<double>(m_right) / m_all; }
    int lostTones() const { return m_lostTones; }
    int all() const { return m_all; }
    std::string text() const
    {
        std::string out;
        for (const auto &[truth, row] : m_counts) {
            out += std::string(rtp::soundKey(truth)) + ":";
            for (const auto &[said, count] : row)
                out += " " + std::string(rtp::soundKey(said)) + " " + std::to_string(count);
            out += "\n";
        }
        return out + m_text;
    }

private:
    std::map<rtp::Sound, std::map<rtp::Sound, int>> m_counts;
    int m_all = 0, m_right = 0, m_wrong = 0, m_lostTones = 0;
    std::string m_text;
};

struct Variant {
    double level, off, noise; // dBFS, relative, dBFS (0: none)
    Way way;
};

std::vector<Variant> variants()
{
    std::vector<Variant> out;
    for (const double level : {-10.0, -20.0, -30.0, -40.0}) {
        const bool low = level < -25;
        out.push_back({level, low ? 0.01 : -0.01, 0, low ? Way::Pcma : Way::Pcmu});
        out.push_back({level, low ? -0.01 : 0.01, level - 10, low ? Way::Pcmu : Way::Pcma});
    }
    return out;
}

support::Sound madeOf(const rtp::NationalTone &tone, const Variant &variant, double seconds)
{
    std::vector<double> hertz, cadence;
    const double base = tone.hertz[0] * (1 + variant.off);
    if (tone.modulation != 0)
        hertz = {base - tone.modulation, base + tone.modulation};
    else
        hertz = {base};
    if (tone.hertz[1] != 0)
        hertz.push_back(tone.hertz[1] * (1 + variant.off));
    for (const auto ms : rtp::cadenceOf(tone))
        cadence.push_back(ms / 1000.0);
    auto out = support::atLevel(support::tones(hertz, cadence, seconds), variant.level);
    if (variant.noise != 0)
        out = support::mixed(out, support::atLevel(support::noise(seconds, 7), variant.noise));
    return out;
}

/// What any network means by just this tone: 425 Hz, 0.25 s on and off is busy in one country and
/// congestion in the next.
bool meansAlike(const rtp::NationalTone &tone, rtp::Sound said)
{
    for (const auto &other : rtp::nationalTones()) {
        const bool alike = other.means == said && std::abs(other.hertz[0] - tone.hertz[0]) <= 26 &&
                           other.hertz[1] == tone.hertz[1];
        const auto a = rtp::cadenceOf(tone), b = rtp::cadenceOf(other);
        bool same = alike && a.size() == b.size();
        for (std::size_t i = 0; same && i < a.size(); ++i)
            same = std::abs(a[i] - b[i]) <= 45;
        if (same)
            return true;
    }
    return false;
}

TEST(LabelledSounds, NationalTonesAreKnownByName)
{
    Confusion confusion;
    for (const auto &tone : rtp::nationalTones()) {
        for (const Variant &variant : variants()) {
            const auto heard = listen(through(support::pcm(madeOf(tone, variant, 7)), variant.way));
            const bool fine = heard.what == tone.means || meansAlike(tone, heard.what);
            confusion.add(tone.means, heard,
                          std::string(tone.country) + " " + std::string(rtp::soundKey(tone.means)) +
                              " " + std::to_string(variant.level) + " dBFS, " +
                              std::to_string(variant.off) + ", noise " +
                              std::to_string(variant.noise),
                          fine);
        }
    }
    RecordProperty("share", std::to_string(confusion.share()));
    std::printf("%d sounds, %.2f %% right\n%s", confusion.all(), confusion.share() * 100,
                confusion.text().c_str());
    EXPECT_GE(confusion.share(), 0.98);
    EXPECT_EQ(confusion.lostTones(), 0) << "a tone was called silence";
}

TEST(LabelledSounds, WhatIsNoToneIsKnownToo)
{
    Confusion confusion;
    const auto add = [&](rtp::Sound truth, const support::Sound &sound, Way way,
                         const std::string &what) {
        const auto heard = listen(through(support::pcm(sound), way));
        confusion.add(truth, heard, what, heard.what == truth);
    };
    for (const Way way : {Way::Plain, Way::Pcmu, Way::Pcma}) {
        const auto named = [way](const char *what, double level, unsigned seed) {
            return std::string(what) + " " + std::to_string(level) + " dBFS, seed " +
                   std::to_string(seed) + ", way " + std::to_string(static_cast<int>(way));
        };
        for (unsigned seed = 1; seed <= 8; ++seed) {
            for (const double level : {-10.0, -20.0, -30.0, -40.0}) {
                add(rtp::Sound::Speech, support::atLevel(support::speech(6, seed), level), way,
                    named("speech", level, seed));
                add(rtp::Sound::Speech, support::atLevel(support::babble(6, seed), level), way,
                    named("babble", level, seed));
                add(rtp::Sound::Music, support::atLevel(support::music(6, seed), level), way,
                    named("music", level, seed));
            }
            for (const double level : {-60.0, -55.0, -50.0, -46.0})
                add(rtp::Sound::ComfortNoise, support::atLevel(support::noise(6, seed), level), way,
                    named("comfort noise", level, seed));
            for (const double level : {-120.0, -85.0, -75.0})
                add(rtp::Sound::Silence, support::atLevel(support::noise(6, seed), level), way,
                    named("silence", level, seed));
            const double level = -10.0 - 4 * seed, off = 1 + 0.0025 * (seed % 8 - 3.5);
            support::Sound sit;
            for (const double hertz : {950.0, 1400.0, 1800.0})
                sit = support::then(sit,
                                    support::tones({hertz * off}, {}, seed % 2 != 0 ? 0.33 : 0.38));
            sit = support::then(sit, support::Sound(8000, 0));
            sit = support::then(support::atLevel(sit, level),
                                support::atLevel(support::speech(4, seed), level));
            add(rtp::Sound::SpecialInformation, sit, way, named("sit", level, seed));
            add(rtp::Sound::Tone, support::atLevel(support::tones({425 * off}, {}, 6), level), way,
                named("steady tone", level, seed));
            add(rtp::Sound::Dtmf,
                support::atLevel(support::tones({770 * off, 1336 * off}, {0.1, 0.1}, 1), level),
                way, named("dtmf", level, seed));
        }
    }
    std::printf("%d sounds, %.2f %% right\n%s", confusion.all(), confusion.share() * 100,
                confusion.text().c_str());
    EXPECT_GE(confusion.share(), 0.98);
    EXPECT_EQ(confusion.lostTones(), 0) << "a tone was called silence";
}

/// There and back through a codec that is more than a curve.
std::vector<std::int16_t> coded(const std::vector<std::int16_t> &samples, std::uint8_t type)
{
    const auto format = rtp::staticVoice(type);
    const auto encoder = rtp::voiceEncoder(*format);
    const auto decoder = rtp::voiceDecoder(*format);
    std::vector<std::int16_t> out;
    const std::size_t frame = encoder->rate() / 50;
    for (std::size_t at = 0; at + frame <= samples.size(); at += frame)
        decoder->decode(encoder->encode(std::span(samples).subspan(at, frame)), out);
    return out;
}

std::string nameOf(const rtp::NationalTone &tone, const Variant &variant, const char *way)
{
    return std::string(tone.country) + " " + std::string(rtp::soundKey(tone.means)) + " " +
           std::to_string(variant.level) + " dBFS, " + way;
}

TEST(LabelledSounds, TonesAreKnownThroughCodecs)
{
    constexpr std::uint8_t kGsm = 3, kG722 = 9;
    Confusion confusion;
    const auto add = [&](const rtp::NationalTone &tone, const Variant &variant, const char *way,
                         const std::vector<std::int16_t> &samples, std::uint32_t rate) {
        const auto heard = listen(samples, rate);
        confusion.add(tone.means, heard, nameOf(tone, variant, way),
                      heard.what == tone.means || meansAlike(tone, heard.what));
    };
    for (const auto &tone : rtp::nationalTones()) {
        for (const Variant &variant : variants()) {
            if (variant.way != Way::Pcmu) // the other half differs by its noise
                continue;
            const auto samples = support::pcm(madeOf(tone, variant, 7));
            add(tone, variant, "GSM", coded(samples, kGsm), 8000);
            std::vector<std::int16_t> wide; // twice as many, straight between them
            for (std::size_t i = 0; i < samples.size(); ++i) {
                wide.push_back(samples[i]);
                const int next = i + 1 < samples.size() ? samples[i + 1] : samples[i];
                wide.push_back(static_cast<std::int16_t>((samples[i] + next) / 2));
            }
            add(tone, variant, "G722", coded(wide, kG722), 16000);
        }
    }
    std::printf("%d sounds, %.2f %% right\n%s", confusion.all(), confusion.share() * 100,
                confusion.text().c_str());
    EXPECT_GE(confusion.share(), 0.98);
    EXPECT_EQ(confusion.lostTones(), 0) << "a tone was called silence";
}

/// So many decibels beyond full scale, cut there: of 12 dB a square wave. `below`: the lower half
/// is cut so much earlier, as a bad amplifier does, which makes even harmonics too.
support::Sound clipped(support::Sound sound, double decibels, double below)
{
    double peak = 0;
    for (const double s : sound)
        peak = std::max(peak, std::abs(s));
    const double gain = std::pow(10, decibels / 20) / peak;
    for (double &s : sound)
        s = std::clamp(gain * s, -below, 1.0);
    return sound;
}

/// Of 20 dB two tones become a din, which may be called noise, but is no silence.
TEST(LabelledSounds, ClippedTonesAreKnownByName)
{
    Confusion confusion, din;
    const std::array<Variant, 4> all{{{-10, -0.01, 0, Way::Pcmu},
                                      {-10, 0.01, -45, Way::Pcma},
                                      {-10, 0.003, 0, Way::Plain},
                                      {-10, -0.005, -50, Way::Pcmu}}};
    for (const auto &tone : rtp::nationalTones())
        for (const Variant &variant : all)
            for (const double decibels : {6.0, 12.0, 20.0})
                for (const double below : {1.0, 0.7}) {
                    const auto loud = clipped(madeOf(tone, variant, 7), decibels, below);
                    const auto heard = listen(through(support::pcm(loud), variant.way));
                    (decibels > 12 ? din : confusion)
                        .add(tone.means, heard,
                             nameOf(tone, variant, "clipped by ") + std::to_string(decibels),
                             heard.what == tone.means || meansAlike(tone, heard.what));
                }
    std::printf("%d sounds, %.2f %% right\n%s", confusion.all(), confusion.share() * 100,
                confusion.text().c_str());
    std::printf("20 dB: %d sounds, %.2f %% right\n", din.all(), din.share() * 100);
    EXPECT_GE(confusion.share(), 0.98);
    EXPECT_EQ(confusion.lostTones() + din.lostTones(), 0) << "a tone was called silence";
}

} // namespace
