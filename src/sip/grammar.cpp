// SPDX-License-Identifier: Apache-2.0
#include <sip/grammar.h>

#include <algorithm>
#include <array>
#include <limits>

#include <base/text.h>
#include <sip/scan.h>

namespace sip {

bool standsOnce(HeaderId id)
{
    switch (id) {
    case HeaderId::From:
    case HeaderId::To:
    case HeaderId::CallId:
    case HeaderId::CSeq:
    case HeaderId::MaxForwards:
    case HeaderId::ContentType:
    case HeaderId::ContentLength:
    case HeaderId::ContentDisposition:
    case HeaderId::Expires:
    case HeaderId::MinExpires:
    case HeaderId::RSeq:
    case HeaderId::RAck:
    case HeaderId::FlowTimer:
    case HeaderId::RetryAfter:
    case HeaderId::Server:
    case HeaderId::UserAgent:
    case HeaderId::SessionId:
    case HeaderId::SessionExpires:
    case HeaderId::MinSe:
    case HeaderId::Subject:
    case HeaderId::Event:
    case HeaderId::ReferTo:
    case HeaderId::ReferredBy:
    case HeaderId::Replaces:
        return true;
    default:
        return false;
    }
}

namespace {

struct NumberRange {
    HeaderId id;
    std::uint64_t least, most;
};
constexpr std::uint64_t k32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::array<NumberRange, 8> kNumbers{{{HeaderId::MaxForwards, 0, 255},
                                               {HeaderId::Expires, 0, k32},
                                               {HeaderId::MinExpires, 0, k32},
                                               {HeaderId::RSeq, 1, k32},
                                               {HeaderId::FlowTimer, 1, k32},
                                               {HeaderId::RetryAfter, 0, k32},
                                               {HeaderId::SessionExpires, 1, k32},
                                               {HeaderId::MinSe, 1, k32}}};
constexpr std::uint64_t kNumeric = [] { // a bit for each of them
    std::uint64_t out = 0;
    for (const NumberRange &range : kNumbers)
        out |= 1ULL << static_cast<unsigned>(range.id);
    return out;
}();

} // namespace

bool numberFits(HeaderId id, std::string_view value)
{
    if ((kNumeric >> static_cast<unsigned>(id) & 1U) == 0)
        return true;
    const auto *const it = std::find_if(kNumbers.begin(), kNumbers.end(),
                                        [id](const NumberRange &range) { return range.id == id; });
    const auto digits = leadingNumber(value);
    const auto behind = base::trim(value.substr(digits.size()));
    std::uint64_t number = 0;
    const bool tail = behind.empty() || behind[0] == ';' || behind[0] == '(';
    return readNumber(digits, number) && number >= it->least && number <= it->most && tail;
}

bool hasEmptyParameter(std::string_view parameters)
{
    if (parameters.empty())
        return false;
    TopLevel scan(parameters);
    auto semicolon = scan.find(';');
    while (semicolon != std::string_view::npos) {
        const auto next = scan.find(';');
        const auto length = next == std::string_view::npos ? next : next - semicolon - 1;
        if (base::trim(parameters.substr(semicolon + 1, length)).empty())
            return true;
        semicolon = next;
    }
    return false;
}

bool isQuality(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1'))
        return false;
    if (text.size() == 1)
        return true;
    const auto digits = text.substr(2);
    return text[1] == '.' && digits.size() <= 3 && (digits.empty() || isDigits(digits)) &&
           (text[0] == '0' || digits.find_first_not_of('0') == std::string_view::npos);
}

bool isRegistered(std::string_view tag)
{
    static constexpr std::array<std::string_view, 36> kTags{"100rel",
                                                            "199",
                                                            "answermode",
                                                            "early-session",
                                                            "eventlist",
                                                            "explicitsub",
                                                            "from-change",
                                                            "geolocation-http",
                                                            "geolocation-sip",
                                                            "gin",
                                                            "gruu",
                                                            "histinfo",
                                                            "ice",
                                                            "join",
                                                            "mediasec",
                                                            "multiple-refer",
                                                            "norefersub",
                                                            "nosub",
                                                            "outbound",
                                                            "path",
                                                            "policy",
                                                            "precondition",
                                                            "pref",
                                                            "privacy",
                                                            "recipient-list-invite",
                                                            "recipient-list-message",
                                                            "recipient-list-subscribe",
                                                            "record-aware",
                                                            "replaces",
                                                            "resource-priority",
                                                            "sdp-anat",
                                                            "sec-agree",
                                                            "siprec",
                                                            "tdialog",
                                                            "timer",
                                                            "trickle-ice"};
    return base::equalsNoCase(tag, "uui") ||
           std::any_of(kTags.begin(), kTags.end(),
                       [tag](std::string_view one) { return base::equalsNoCase(tag, one); });
}

bool isDate(std::string_view text)
{
    static constexpr std::string_view kForm = "Aaa, 00 Aaa 0000 00:00:00 GMT";
    static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static constexpr std::string_view kDays = "MonTueWedThuFriSatSun";
    if (text.size() != kForm.size())
        return false;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool letter = i < 3 || (i >= 8 && i < 11);
        const bool digit = kForm[i] == '0';
        if (digit ? text[i] < '0' || text[i] > '9' : !letter && text[i] != kForm[i])
            return false;
    }
    const auto day = kDays.find(text.substr(0, 3)), month = kMonths.find(text.substr(8, 3));
    return day != std::string_view::npos && day % 3 == 0 && month != std::string_view::npos &&
           month % 3 == 0;
}

} // namespace sip
