// SPDX-License-Identifier: Apache-2.0
#include <engine/number_guard.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <vector>

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
constexpr std::array<std::string_view, 4> kAbroad{"+", "0011", "011", "00"};
constexpr std::size_t kShortestPremium = 8; // shorter ones are extensions

/// With what %-escapes stand for: they dial the same (RFC 3261 section 19.1.4).
std::string unescaped(std::string_view text)
{
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
        const int low = high >= 0 ? digit(text[i + 2]) : -1;
        out += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
        i += low >= 0 ? 2 : 0;
    }
    return out;
}

/// Behind the codes that a switch takes for itself ("*31#" hides who calls).
std::string_view withoutFeatureCodes(std::string_view number)
{
    const bool code = !number.empty() && (number.front() == '*' || number.front() == '#');
    return code ? number.substr(number.find_last_of("*#") + 1) : number;
}

/// Digits with whatever only separates them taken out (RFC 3966 section 5.1.1, and what people
/// write); empty: no telephone number.
std::string digitsOf(std::string_view number)
{
    constexpr std::string_view kSeparators = "-.()/ \t_~";
    std::string out;
    for (const char c : withoutFeatureCodes(number)) {
        if (c >= '0' && c <= '9')
            out += c;
        else if (c == '+' && out.empty())
            out += c;
        else if (kSeparators.find(c) == std::string_view::npos)
            return {};
    }
    return out;
}

/// As it is dialled, and what it comes to where the context completes it: "12345678" in
/// phone-context=+49900 (RFC 3966 section 5.1.5).
std::vector<std::string> dialled(std::string_view user)
{
    const std::string text = unescaped(user);
    const auto parts = base::split(text, ';');
    std::vector<std::string> out{digitsOf(parts.front())};
    constexpr std::string_view kContext = "phone-context=";
    for (const auto part : parts) {
        const bool context = part.size() > kContext.size() &&
                             base::equalsNoCase(part.substr(0, kContext.size()), kContext) &&
                             part[kContext.size()] == '+';
        if (context && !out.front().empty() && out.front().front() != '+')
            out.push_back(digitsOf(part.substr(kContext.size())) + out.front());
    }
    return out;
}

std::optional<std::string> riskyDigits(std::string digits)
{
    if (std::find(kEmergency.begin(), kEmergency.end(), digits) != kEmergency.end())
        return "an emergency number";
    const std::string national = digits;
    // "+" is what every country's own prefix stands for.
    const auto *const prefix =
        std::find_if(kAbroad.begin(), kAbroad.end(), [&](std::string_view each) {
            return digits.compare(0, each.size(), each) == 0;
        });
    const auto judge = [](const std::string &number, const auto &known) {
        const auto at = std::find_if(known.begin(), known.end(), [&](const Prefix &each) {
            return number.size() >= kShortestPremium &&
                   number.compare(0, each.digits.size(), each.digits) == 0;
        });
        return at == known.end() ? std::nullopt : std::optional(std::string(at->what));
    };
    if (prefix != kAbroad.end())
        digits.erase(0, prefix->size());
    auto found = prefix != kAbroad.end() ? judge(digits, kInternational) : std::nullopt;
    return found ? found : judge(national, kNational);
}

} // namespace

std::optional<std::string> riskyNumber(std::string_view user)
{
    for (const auto &digits : dialled(user))
        if (auto what = riskyDigits(digits))
            return what;
    return std::nullopt;
}

} // namespace engine
