// SPDX-License-Identifier: Apache-2.0
#include <rtp/heard.h>

#include <array>
#include <fmt/format.h>
#include <rtp/national_tones.h>

namespace rtp {
namespace {

struct Words {
    std::string_view text, key;
};
constexpr std::array kWords{Words{"something unknown", "unknown"},
                            Words{"silence", "silence"},
                            Words{"comfort noise", "comfort_noise"},
                            Words{"noise", "noise"},
                            Words{"ringback", "ringback"},
                            Words{"busy tone", "busy"},
                            Words{"congestion tone", "congestion"},
                            Words{"special information tone", "sit"},
                            Words{"a tone", "tone"},
                            Words{"DTMF", "dtmf"},
                            Words{"speech", "speech"},
                            Words{"music", "music"}};

constexpr double kSoft = -45; // dBFS; below it a tone is easily missed

std::string placesText(const std::vector<std::string_view> &codes)
{
    std::string out(countryName(codes.front()));
    if (codes.size() == 2)
        return out + " and " + std::string(countryName(codes[1]));
    if (codes.size() > 2)
        out += fmt::format(" and {} other countries", codes.size() - 1);
    return out;
}

} // namespace

std::string_view soundText(Sound sound)
{
    return kWords[static_cast<std::size_t>(sound) % kWords.size()].text;
}

std::string_view soundKey(Sound sound)
{
    return kWords[static_cast<std::size_t>(sound) % kWords.size()].key;
}

std::string describe(const Heard &heard)
{
    std::string out(soundText(heard.what));
    for (std::size_t i = 0; i < heard.hertz.size(); ++i)
        out += fmt::format("{}{:.0f}", i == 0 ? ", " : "+", heard.hertz[i]);
    if (!heard.hertz.empty())
        out += " Hz";
    for (std::size_t i = 0; i < heard.cadence.size(); ++i)
        out += fmt::format("{}{:.2f}", i == 0 ? ", " : "/", base::toSeconds(heard.cadence[i]));
    if (!heard.cadence.empty())
        out += " s";
    if (!heard.countries.empty())
        out += ", as in " + placesText(heard.countries);
    if (!heard.other.empty())
        out += fmt::format(" (in {} it is the {})", placesText(heard.other),
                           soundText(heard.otherwise));
    if (heard.what != Sound::Silence && heard.what != Sound::Unknown)
        out += fmt::format(", {:.0f} dBFS{}", heard.level,
                           isTone(heard.what) && heard.level < kSoft ? " (very soft)" : "");
    return out + fmt::format(", {:.0f} % sure", heard.confidence * 100);
}

} // namespace rtp
