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

/// Behind the digit or two that ask a switch for an outside line there may be a pause, and then
/// what is dialled: "0,112". Behind a number of more digits it is dialled into the call.
void addBehindPause(std::string_view text, std::vector<std::string> &numbers)
{
    constexpr std::string_view kPauses = ",;pPwW";
    constexpr std::size_t kLongestLineCode = 2;
    const auto pause = text.find_first_of(kPauses);
    if (pause == 0 || pause > kLongestLineCode || pause == std::string_view::npos)
        return;
    const auto behind = text.find_first_not_of(kPauses, pause);
    const auto code = digitsOf(text.substr(0, pause));
    if (code.size() == pause && code.front() != '+' && behind != std::string_view::npos)
        numbers.push_back(digitsOf(text.substr(behind)));
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
    addBehindPause(text, out);
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

/// With "+" or a foreign country's prefix before it by mistake, or the digit of an outside line.
bool isEmergency(std::string_view digits)
{
    const auto known = [](std::string_view number) {
        return std::find(kEmergency.begin(), kEmergency.end(), number) != kEmergency.end();
    };
    if (known(digits))
        return true;
    for (const auto prefix : kAbroad)
        if (digits.substr(0, prefix.size()) == prefix && known(digits.substr(prefix.size())))
            return true;
    // Behind the 9 of an outside line are far more extensions than emergencies ("9115").
    constexpr std::size_t kWithLine = 4;
    const auto rest = digits.substr(std::min<std::size_t>(1, digits.size()));
    return digits.size() == kWithLine &&
           ((digits.front() == '0' && known(rest)) ||
            (digits.front() == '9' && (rest == "911" || rest == "112" || rest == "999")));
}

/// RFC 5031 section 4.2: sos and what stands behind it ("sos.fire").
bool isEmergencyService(std::string_view user)
{
    constexpr std::string_view kUrn = "urn:service:";
    auto name = base::lower(base::unescaped(user));
    if (name.compare(0, kUrn.size(), kUrn) == 0)
        name.erase(0, kUrn.size());
    return name == "sos" || name.compare(0, 4, "sos.") == 0 || name.compare(0, 4, "sos;") == 0;
}

std::optional<std::string> riskyDigits(std::string digits)
{
    if (isEmergency(digits))
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
    if (isEmergencyService(user))
        return "the emergency service";
    for (const auto &digits : dialled(user))
        if (auto what = riskyDigits(digits))
            return what;
    return std::nullopt;
}

} // namespace engine
