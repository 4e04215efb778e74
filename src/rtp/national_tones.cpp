// SPDX-License-Identifier: Apache-2.0
#include <rtp/national_tones.h>

#include <algorithm>
#include <cmath>

namespace rtp {
namespace {

constexpr Sound R = Sound::Ringback, B = Sound::Busy, C = Sound::Congestion;

constexpr NationalTone kTones[] = {
    {"AR", R, {425}, 0, {1000, 4500}},
    {"AR", B, {425}, 0, {300, 200}},
    {"AR", C, {425}, 0, {200, 300}},
    {"AT", R, {420}, 0, {1000, 5000}},
    {"AT", B, {420}, 0, {400, 400}},
    {"AT", C, {420}, 0, {200, 200}},
    {"AU", R, {413, 438}, 0, {400, 200, 400, 2000}},
    {"AU", R, {400, 450}, 0, {400, 200, 400, 2000}},
    {"AU", B, {425}, 0, {375, 375}},
    {"BE", R, {425}, 0, {1000, 3000}},
    {"BE", B, {425}, 0, {500, 500}},
    {"BE", C, {425}, 0, {167, 167}},
    {"BR", R, {425}, 0, {1000, 4000}},
    {"BR", B, {425}, 0, {250, 250}},
    {"BR", C, {425}, 0, {250, 250, 750, 250}},
    {"CA", R, {440, 480}, 0, {2000, 4000}},
    {"CA", B, {480, 620}, 0, {500, 500}},
    {"CA", C, {480, 620}, 0, {250, 250}},
    {"CH", R, {425}, 0, {1000, 4000}},
    {"CH", B, {425}, 0, {500, 500}},
    {"CH", C, {425}, 0, {200, 200}},
    {"CL", R, {400}, 0, {1000, 3000}},
    {"CL", B, {400}, 0, {500, 500}},
    {"CL", C, {400}, 0, {200, 200}},
    {"CN", R, {450}, 0, {1000, 4000}},
    {"CN", B, {450}, 0, {350, 350}},
    {"CN", C, {450}, 0, {700, 700}},
    {"CZ", R, {425}, 0, {1000, 4000}},
    {"CZ", B, {425}, 0, {330, 330}},
    {"CZ", C, {425}, 0, {165, 165}},
    {"DE", R, {425}, 0, {1000, 4000}},
    {"DE", B, {425}, 0, {480, 480}},
    {"DE", C, {425}, 0, {240, 240}},
    {"DK", R, {425}, 0, {1000, 4000}},
    {"DK", B, {425}, 0, {250, 250}},
    {"ES", R, {425}, 0, {1500, 3000}},
    {"ES", B, {425}, 0, {200, 200}},
    {"ES", C, {425}, 0, {200, 200, 200, 200, 200, 600}},
    {"FI", R, {425}, 0, {1000, 4000}},
    {"FI", B, {425}, 0, {300, 300}},
    {"FI", C, {425}, 0, {200, 200}},
    {"FR", R, {440}, 0, {1500, 3500}},
    {"FR", B, {440}, 0, {500, 500}},
    {"FR", C, {440}, 0, {250, 250}},
    {"GB", R, {400, 450}, 0, {400, 200, 400, 2000}},
    {"GB", B, {400}, 0, {375, 375}},
    {"GB", C, {400}, 0, {400, 350, 225, 525}},
    {"GR", R, {425}, 0, {1000, 4000}},
    {"GR", B, {425}, 0, {300, 300}},
    {"GR", C, {425}, 0, {150, 150}},
    {"HK", R, {440, 480}, 0, {400, 200, 400, 3000}},
    {"HK", B, {480, 620}, 0, {500, 500}},
    {"HK", C, {480, 620}, 0, {250, 250}},
    {"HU", R, {425}, 0, {1250, 3750}},
    {"HU", B, {425}, 0, {300, 300}},
    {"IE", R, {400, 450}, 0, {400, 200, 400, 2000}},
    {"IE", B, {425}, 0, {500, 500}},
    {"IL", R, {400}, 0, {1000, 3000}},
    {"IL", B, {400}, 0, {500, 500}},
    {"IL", C, {400}, 0, {250, 250}},
    {"IN", R, {400}, 25, {400, 200, 400, 2000}},
    {"IN", B, {400}, 0, {750, 750}},
    {"IN", C, {400}, 0, {250, 250}},
    {"IT", R, {425}, 0, {1000, 4000}},
    {"IT", B, {425}, 0, {500, 500}},
    {"IT", C, {425}, 0, {200, 200}},
    {"JP", R, {400}, 16, {1000, 2000}},
    {"JP", B, {400}, 0, {500, 500}},
    {"KR", R, {440, 480}, 0, {1000, 2000}},
    {"KR", B, {480, 620}, 0, {500, 500}},
    {"KR", C, {480, 620}, 0, {300, 200}},
    {"MX", R, {425}, 0, {1000, 4000}},
    {"MX", B, {425}, 0, {250, 250}},
    {"MY", R, {425}, 0, {400, 200, 400, 2000}},
    {"MY", B, {425}, 0, {500, 500}},
    {"NL", R, {425}, 0, {1000, 4000}},
    {"NL", B, {425}, 0, {500, 500}},
    {"NL", C, {425}, 0, {250, 250}},
    {"NO", R, {425}, 0, {1000, 4000}},
    {"NO", B, {425}, 0, {500, 500}},
    {"NO", C, {425}, 0, {200, 200}},
    {"NZ", R, {400, 450}, 0, {400, 200, 400, 2000}},
    {"NZ", B, {400}, 0, {500, 500}},
    {"NZ", C, {400}, 0, {250, 250}},
    {"PH", R, {425, 480}, 0, {1000, 4000}},
    {"PH", B, {480, 620}, 0, {500, 500}},
    {"PH", C, {480, 620}, 0, {250, 250}},
    {"PL", R, {425}, 0, {1000, 4000}},
    {"PL", B, {425}, 0, {500, 500}},
    {"PT", R, {425}, 0, {1000, 5000}},
    {"PT", B, {425}, 0, {500, 500}},
    {"PT", C, {425}, 0, {200, 200}},
    {"RU", R, {425}, 0, {1000, 4000}},
    {"RU", R, {425}, 0, {800, 3200}},
    {"RU", B, {425}, 0, {400, 400}},
    {"RU", C, {425}, 0, {200, 200}},
    {"SE", R, {425}, 0, {1000, 5000}},
    {"SE", B, {425}, 0, {250, 250}},
    {"SE", C, {425}, 0, {250, 750}},
    {"SG", R, {400}, 24, {400, 200, 400, 2000}},
    {"SG", R, {425}, 24, {400, 200, 400, 2000}},
    {"SG", B, {425}, 0, {750, 750}},
    {"SG", C, {425}, 0, {250, 250}},
    {"TH", R, {400}, 0, {1000, 4000}},
    {"TH", B, {400}, 0, {500, 500}},
    {"TH", C, {400}, 0, {300, 300}},
    {"TR", R, {450}, 0, {2000, 4000}},
    {"TR", B, {450}, 0, {500, 500}},
    {"TR", C, {450}, 0, {200, 200, 200, 200, 200, 200, 600, 200}},
    {"TW", R, {440, 480}, 0, {1000, 2000}},
    {"TW", B, {480, 620}, 0, {500, 500}},
    {"TW", C, {480, 620}, 0, {250, 250}},
    {"US", R, {440, 480}, 0, {2000, 4000}},
    {"US", B, {480, 620}, 0, {500, 500}},
    {"US", C, {480, 620}, 0, {250, 250}},
    {"ZA", R, {400}, 33, {400, 200, 400, 2000}},
    {"ZA", B, {400}, 0, {500, 500}},
    {"ZA", C, {400}, 0, {250, 250}},
};

struct Name {
    std::string_view code, name;
};
constexpr Name kNames[] = {
    {"AR", "Argentina"},       {"AT", "Austria"},
    {"AU", "Australia"},       {"BE", "Belgium"},
    {"BR", "Brazil"},          {"CA", "Canada"},
    {"CH", "Switzerland"},     {"CL", "Chile"},
    {"CN", "China"},           {"CZ", "Czechia"},
    {"DE", "Germany"},         {"DK", "Denmark"},
    {"ES", "Spain"},           {"FI", "Finland"},
    {"FR", "France"},          {"GB", "the United Kingdom"},
    {"GR", "Greece"},          {"HK", "Hong Kong"},
    {"HU", "Hungary"},         {"IE", "Ireland"},
    {"IL", "Israel"},          {"IN", "India"},
    {"IT", "Italy"},           {"JP", "Japan"},
    {"KR", "South Korea"},     {"MX", "Mexico"},
    {"MY", "Malaysia"},        {"NL", "the Netherlands"},
    {"NO", "Norway"},          {"NZ", "New Zealand"},
    {"PH", "the Philippines"}, {"PL", "Poland"},
    {"PT", "Portugal"},        {"RU", "Russia"},
    {"SE", "Sweden"},          {"SG", "Singapore"},
    {"TH", "Thailand"},        {"TR", "Turkey"},
    {"TW", "Taiwan"},          {"US", "the United States"},
    {"ZA", "South Africa"},
};

constexpr double kFrequencyTolerance = 0.02; // exchanges drift by 1 %, and so does our measurement

} // namespace

std::span<const NationalTone> nationalTones()
{
    return kTones;
}

std::string_view countryName(std::string_view code)
{
    const auto *found = std::find_if(std::begin(kNames), std::end(kNames),
                                     [code](const Name &name) { return name.code == code; });
    return found == std::end(kNames) ? code : found->name;
}

double frequencyError(const NationalTone &tone, std::span<const double> hertz)
{
    if (hertz.empty())
        return 2;
    const double base = tone.hertz[0], beside = tone.modulation;
    const std::array<double, 3> parts =
        beside != 0 ? std::array{base - beside, base, base + beside}
                    : std::array{base, static_cast<double>(tone.hertz[1]), 0.0};
    std::array<bool, 3> met{};
    double worst = 0;
    for (const double measured : hertz) {
        std::size_t nearest = 0;
        for (std::size_t i = 1; i < parts.size(); ++i)
            if (std::abs(parts[i] - measured) < std::abs(parts[nearest] - measured))
                nearest = i;
        if (parts[nearest] <= 0)
            return 2;
        met[nearest] = true;
        worst = std::max(worst, std::abs(parts[nearest] - measured) /
                                    (parts[nearest] * kFrequencyTolerance));
    }
    if (beside != 0) // some exchanges leave the modulation out, which is not quite it
        return met[0] && met[2] ? worst : std::max(worst, 0.8);
    return tone.hertz[1] == 0 || (met[0] && met[1]) ? worst : 2;
}

std::span<const std::uint16_t> cadenceOf(const NationalTone &tone)
{
    const auto end = std::find(tone.cadence.begin(), tone.cadence.end(), 0);
    return {tone.cadence.begin(), end};
}

RhythmMatch match(const Rhythm &rhythm, std::span<const std::uint16_t> cadence)
{
    using namespace std::chrono_literals;
    RhythmMatch best;
    for (std::size_t phase = 0; phase < cadence.size(); phase += 2) {
        RhythmMatch tried;
        tried.fits = !rhythm.parts.empty();
        double sum = 0;
        for (std::size_t i = 0; i < rhythm.parts.size() && tried.fits; ++i) {
            const base::Duration wanted = cadence[(phase + i) % cadence.size()] * 1ms;
            const base::Duration tolerated = 30ms + wanted / 16;
            const base::Duration off = rhythm.parts[i] - wanted;
            const bool open =
                (i == 0 && rhythm.cutStart) || (i + 1 == rhythm.parts.size() && rhythm.running);
            tried.fits = off <= tolerated && (open || off >= -tolerated);
            if (open)
                continue;
            ++tried.complete;
            sum += std::abs(static_cast<double>(off.count())) / static_cast<double>(wanted.count());
        }
        tried.error = tried.complete == 0 ? 0 : sum / tried.complete;
        if (tried.fits && (!best.fits || tried.error < best.error))
            best = tried;
    }
    return best;
}

} // namespace rtp
