// SPDX-License-Identifier: Apache-2.0
#include <engine/number_guard.h>

#include <algorithm>
#include <array>
#include <base/escape.h>
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

/// What follows a number on the keypad: it is dialled into the call, or says that the number ends.
constexpr std::string_view kBehind = "#*,;pPwW";

/// Digits with whatever only separates them taken out (RFC 3966 section 5.1.1, and what people
/// write); empty: no telephone number.
std::string digitsOf(std::string_view number)
{
    constexpr std::string_view kSeparators = "-.()/ \t_~";
    std::string out;
    for (const char c : number) {
        if (c >= '0' && c <= '9')
            out += c;
        else if (c == '+' && out.empty())
            out += c;
        else if (kBehind.find(c) != std::string_view::npos && !out.empty() && out != "+")
            break;
        else if (kSeparators.find(c) == std::string_view::npos)
            return {};
    }
    return out;
}

/// The numbers in what is dialled. Behind a code that a switch takes for itself ("*31#" hides who
/// calls, "**21*" forwards) there may be several parts, and the code itself is none.
std::vector<std::string> numbersOf(std::string_view text)
{
    if (text.empty() || (text.front() != '*' && text.front() != '#'))
        return {digitsOf(text)};
    std::vector<std::string> out;
    bool code = true;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of("*#"), text.size());
        const auto part = text.substr(0, end);
        const bool last = end == text.size();
        text.remove_prefix(last ? end : end + 1);
        if (part.empty())
            continue;
        if (!code || last || part.size() >= kShortestPremium) // no code is that long
            out.push_back(digitsOf(part));
        code = false;
    }
    return out;
}

/// As it is dialled (an escape dials what it stands for), and what it comes to where the context
/// completes it: "12345678" in phone-context=+49900 (RFC 3966 section 5.1.5).
std::vector<std::string> dialled(std::string_view user)
{
    const std::string text = base::unescaped(user);
    const auto parts = base::split(text, ';');
    std::vector<std::string> out = numbersOf(parts.front());
    const auto local = out;
    constexpr std::string_view kContext = "phone-context=";
    for (const auto part : parts) {
        const bool context = part.size() > kContext.size() &&
                             base::equalsNoCase(part.substr(0, kContext.size()), kContext) &&
                             part[kContext.size()] == '+';
        for (const auto &number : local)
            if (context && !number.empty() && number.front() != '+')
                out.push_back(digitsOf(part.substr(kContext.size())) + number);
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
