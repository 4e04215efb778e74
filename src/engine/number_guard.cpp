// SPDX-License-Identifier: Apache-2.0
#include <engine/number_guard.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr std::array<std::string_view, 18> kEmergency{"112", "911", "999", "000", "110", "111",
                                                      "113", "114", "115", "117", "118", "119",
                                                      "122", "15",  "17",  "18",  "144", "108"};

struct Prefix {
    std::string_view digits;
    std::string_view what;
};
/// International numbers, without "+" or "00" (ITU-T E.164 assignments).
constexpr std::array<Prefix, 10> kInternational{{{"979", "an international premium number"},
                                                 {"1900", "a premium number"},
                                                 {"44909", "a premium number"},
                                                 {"49900", "a premium number"},
                                                 {"49137", "a premium number"},
                                                 {"33899", "a premium number"},
                                                 {"870", "a satellite number"},
                                                 {"881", "a satellite number"},
                                                 {"882", "an international network's number"},
                                                 {"883", "an international network's number"}}};
constexpr std::array<Prefix, 6> kNational{{{"0900", "a premium number"},
                                           {"0906", "a premium number"},
                                           {"0909", "a premium number"},
                                           {"0137", "a premium number"},
                                           {"0899", "a premium number"},
                                           {"1900", "a premium number"}}};
constexpr std::size_t kShortestPremium = 8; // shorter ones are extensions

/// Digits with visual separators taken out; empty: no telephone number.
std::string digitsOf(std::string_view user)
{
    user = user.substr(0, user.find(';')); // RFC 3261 section 19.1.1: phone-context and the like
    std::string out;
    for (const char c : user) {
        if (c >= '0' && c <= '9')
            out += c;
        else if (c == '+' && out.empty())
            out += c;
        else if (c != '-' && c != '.' && c != '(' && c != ')')
            return {};
    }
    return out;
}

} // namespace

std::optional<std::string> riskyNumber(std::string_view user)
{
    std::string digits = digitsOf(user);
    if (std::find(kEmergency.begin(), kEmergency.end(), digits) != kEmergency.end())
        return "an emergency number";
    bool international = false;
    if (digits.compare(0, 1, "+") == 0) {
        digits.erase(0, 1);
        international = true;
    } else if (digits.compare(0, 2, "00") == 0) {
        digits.erase(0, 2);
        international = true;
    }
    if (digits.size() < kShortestPremium)
        return std::nullopt;
    const auto matches = [&](const Prefix &each) {
        return digits.compare(0, each.digits.size(), each.digits) == 0;
    };
    if (international) {
        const auto at = std::find_if(kInternational.begin(), kInternational.end(), matches);
        if (at != kInternational.end())
            return std::string(at->what);
        return std::nullopt;
    }
    const auto at = std::find_if(kNational.begin(), kNational.end(), matches);
    return at == kNational.end() ? std::nullopt : std::optional(std::string(at->what));
}

} // namespace engine
