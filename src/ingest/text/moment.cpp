// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/moment.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <optional>

namespace ingest::text {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLatestYear = 2200;
constexpr int kLeapYear = 1972; // stands for a year that is not told; it has a 29th of February

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Digits at `at`, at most `most` of them.
std::string_view digits(std::string_view text, std::size_t at, std::size_t most = 10)
{
    std::size_t end = at;
    while (end < text.size() && end - at < most && isDigit(text[end]))
        ++end;
    return text.substr(std::min(at, text.size()), end - at);
}

int number(std::string_view text)
{
    return static_cast<int>(base::toInteger(text).value_or(-1));
}

/// Days since the epoch of a date of the Gregorian calendar.
std::int64_t daysOf(std::int64_t year, int month, int day)
{
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = year / 400;
    const std::int64_t ofEra = year - era * 400;
    const std::int64_t ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468;
}

struct Date {
    std::int64_t year = 0; // 0: not told
    int month = 0, day = 0;
};

bool sane(const Date &date)
{
    return date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31 &&
           (date.year == 0 || (date.year >= 1970 && date.year <= kLatestYear));
}

int monthOf(std::string_view word)
{
    static constexpr std::array<std::string_view, 12> kNames{
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    const std::string low = base::lower(word.substr(0, 3));
    const auto *const found = std::find(kNames.begin(), kNames.end(), low);
    return word.size() < 3 || found == kNames.end() ? 0
                                                    : static_cast<int>(found - kNames.begin()) + 1;
}

/// The last word of `text`, cut off it; commas and blanks separate.
std::string_view lastWord(std::string_view &text)
{
    constexpr std::string_view kSeparators = " ,\t";
    const std::size_t last = text.find_last_not_of(kSeparators);
    if (last == std::string_view::npos)
        return text = {};
    const std::size_t before = text.find_last_of(kSeparators, last);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view word = text.substr(begin, last + 1 - begin);
    text = text.substr(0, begin);
    return word;
}

/// "02/01/2024": Americans, who write 12-hour clocks, put the month first; with dots the day comes
/// first; else what is above 12 tells. nullopt: it does not.
std::optional<Date> dayAndMonth(char separator, int first, int second, int year, bool american)
{
    if (separator == '.' || first > 12)
        return Date{year, second, first};
    if (american || second > 12 || first == second)
        return Date{year, first, second};
    return std::nullopt;
}

/// "2024-01-02", "2024/01/02", "02/Jan/2024", "02.01.2024" at the end of the word.
std::optional<Date> numericDate(std::string_view word, bool american)
{
    const std::size_t begin = word.find_first_of("0123456789");
    if (begin == std::string_view::npos)
        return std::nullopt;
    word = word.substr(begin);
    const std::size_t first = word.find_first_of("-/.");
    const std::size_t second =
        first == std::string_view::npos ? first : word.find_first_of("-/.", first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    const auto a = word.substr(0, first), b = word.substr(first + 1, second - first - 1),
               c = word.substr(second + 1);
    Date date;
    if (a.size() == 4)
        date = {number(a), number(b), number(c)};
    else if (monthOf(b) != 0 && c.size() == 4)
        date = {number(c), monthOf(b), number(a)};
    else if (const auto told =
                 c.size() == 4 && a.size() <= 2 && b.size() <= 2
                     ? dayAndMonth(word[first], number(a), number(b), number(c), american)
                     : std::nullopt)
        date = *told;
    else
        return std::nullopt;
    return sane(date) ? std::optional(date) : std::nullopt;
}

/// What stands right before a clock.
std::optional<Date> dateBefore(std::string_view text, bool american)
{
    if (!text.empty() && (text.back() == 'T' || text.back() == '_' || text.back() == ':'))
        text.remove_suffix(1);
    const auto one = lastWord(text);
    if (const auto date = numericDate(one, american))
        return date;
    const auto trimmed = [](std::string_view word) {
        const auto begin = std::min(word.find_first_not_of("[(<"), word.size());
        return word.substr(begin);
    };
    const auto two = lastWord(text);
    Date date;
    if (one.size() == 4 && digits(one, 0).size() == 4) { // "Jan 2, 2024" or "2 Jan 2024"
        const auto three = lastWord(text);
        date = monthOf(trimmed(three)) != 0 && digits(two, 0).size() == two.size()
                   ? Date{number(one), monthOf(trimmed(three)), number(two)}
                   : Date{number(one), monthOf(two), number(trimmed(three))};
    } else if (digits(one, 0).size() == one.size() && one.size() <= 2) { // "Jan  2"
        date = {0, monthOf(trimmed(two)), number(one)};
    } else { // "2 Jan"
        date = {0, monthOf(one), number(trimmed(two))};
    }
    return sane(date) ? std::optional(date) : std::nullopt;
}

/// "Z", " UTC", "+01:00", "-0330": seconds east of Greenwich; moves `at` behind it.
std::optional<int> zoneAt(std::string_view text, std::size_t &at)
{
    std::size_t from = at;
    while (from < text.size() && text[from] == ' ' && from - at < 2)
        ++from;
    const std::string_view rest = text.substr(from);
    if (rest.substr(0, 1) == "Z" || rest.substr(0, 3) == "UTC" || rest.substr(0, 3) == "GMT") {
        at = from + (rest[0] == 'Z' ? 1 : 3);
        return 0;
    }
    if (rest.size() < 5 || (rest[0] != '+' && rest[0] != '-'))
        return std::nullopt;
    const auto hours = digits(rest, 1, 2);
    const std::size_t colon = rest[3] == ':' ? 1 : 0;
    const auto minutes = digits(rest, 3 + colon, 2);
    if (hours.size() != 2 || minutes.size() != 2 || number(hours) > 14 || number(minutes) > 59)
        return std::nullopt;
    at = from + 5 + colon;
    const int seconds = (number(hours) * 60 + number(minutes)) * 60;
    return rest[0] == '-' ? -seconds : seconds;
}

/// ".123456", ",123" or ":123" behind the seconds, in nanoseconds; moves `at` behind it.
std::int64_t fractionAt(std::string_view text, std::size_t &at)
{
    if (at + 1 >= text.size() || std::string_view(".,:").find(text[at]) == std::string_view::npos)
        return 0;
    const auto found = digits(text, at + 1, 9);
    if (found.empty() || (text[at] == ':' && found.size() != 3))
        return 0;
    at += 1 + found.size();
    std::int64_t value = number(found);
    for (std::size_t i = found.size(); i < 9; ++i)
        value *= 10;
    return value;
}

/// "12:34:56" stands at `at`: seconds since midnight, -1: it does not.
int clockAt(std::string_view text, std::size_t at)
{
    const std::string_view clock = text.substr(at, 8);
    const std::string_view before = text.substr(0, at), behind = text.substr(at + clock.size());
    if (clock.size() < 8 || clock[2] != ':' || clock[5] != ':' ||
        (!before.empty() && isDigit(before.back())) || (!behind.empty() && isDigit(behind[0])))
        return -1;
    // "02/Jan/2024:12:34:56" is one; "00:11:22:33:44:55" is a hardware address.
    if (!before.empty() && before.back() == ':' && (at < 5 || digits(before, at - 5).size() != 4))
        return -1;
    if (behind.size() > 3 && behind[0] == ':' && digits(behind, 1).size() == 2 && behind[3] == ':')
        return -1;
    const auto hour = digits(clock, 0, 2), minute = digits(clock, 3, 2),
               second = digits(clock, 6, 2);
    const bool whole = hour.size() == 2 && minute.size() == 2 && second.size() == 2;
    if (!whole || number(hour) > 23 || number(minute) > 59 || number(second) > 60)
        return -1;
    return (number(hour) * 60 + number(minute)) * 60 + number(second);
}

/// "1:05:03" as 12-hour clocks have it: as clockAt().
int shortClockAt(std::string_view text, std::size_t at)
{
    if (at != 0 && text[at - 1] != ' ' && text[at - 1] != '[' && text[at - 1] != ',')
        return -1;
    return clockAt("0" + std::string(text.substr(at, 8)), 0);
}

/// " PM" at `at`, which moves behind it: the time of day that such a clock means; -1: it does not
/// stand there.
int twelveHours(std::string_view text, std::size_t &at, int clock)
{
    std::string_view rest = text.substr(at);
    rest.remove_prefix(rest.starts_with(' ') ? 1 : 0);
    const std::string half = base::lower(rest.substr(0, 2));
    const int hour = clock / 3600;
    const bool ends =
        rest.size() < 3 || std::string_view(" \t,;]|)\"").find(rest[2]) != std::string_view::npos;
    if ((half != "am" && half != "pm") || !ends || hour < 1 || hour > 12)
        return -1;
    at = text.size() - rest.size() + 2;
    return clock + ((hour % 12 + (half == "pm" ? 12 : 0)) - hour) * 3600;
}

/// The year behind "Mon Jan  2 12:34:56 2024", perhaps behind a zone's name; 0: none.
std::int64_t yearBehind(std::string_view text, std::size_t at)
{
    for (int word = 0; word < 2; ++word) {
        while (at < text.size() && text[at] == ' ')
            ++at;
        const auto year = digits(text, at, 5);
        if (year.size() == 4 && number(year) >= 1970 && number(year) <= kLatestYear)
            return number(year);
        while (at < text.size() && text[at] >= 'A' && text[at] <= 'Z')
            ++at;
    }
    return 0;
}

/// `twelve`: it counts only as the clock of half a day.
Moment momentAt(std::string_view text, std::size_t clockBegin, std::size_t length, int clock,
                bool twelve = false)
{
    std::size_t at = clockBegin + length;
    const std::int64_t fraction = fractionAt(text, at);
    const int half = twelveHours(text, at, clock);
    if (half < 0 && twelve)
        return {};
    clock = half < 0 ? clock : half;
    const auto zone = zoneAt(text, at);
    Moment out;
    out.tells = Moment::Tells::Clock;
    out.time = {clock * kSecond + fraction};
    auto date = dateBefore(text.substr(0, clockBegin), half >= 0);
    if (!date)
        return out;
    if (date->year == 0)
        date->year = yearBehind(text, at);
    out.tells = date->year == 0 ? Moment::Tells::NoYear : Moment::Tells::Instant;
    const std::int64_t days =
        daysOf(date->year == 0 ? kLeapYear : date->year, date->month, date->day);
    out.time.ns += (days * 86400 - zone.value_or(0)) * kSecond;
    return out;
}

/// "1700000000.123456" at the line's beginning.
Moment epochIn(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t[(");
    const auto seconds = digits(text, std::min(begin, text.size()), 11);
    if (seconds.size() != 10)
        return {};
    std::size_t at = begin + seconds.size();
    if (at >= text.size() || text[at] != '.')
        return {};
    return {Moment::Tells::Instant,
            {base::toInteger(seconds).value_or(0) * kSecond + fractionAt(text, at)}};
}

} // namespace

Moment momentIn(std::string_view line)
{
    line = line.substr(0, 512);
    for (std::size_t at = line.find(':'); at != std::string_view::npos;
         at = line.find(':', at + 1)) {
        constexpr std::size_t kClock = 8;
        if (const int clock = at < 2 ? -1 : clockAt(line, at - 2); clock >= 0)
            return momentAt(line, at - 2, kClock, clock);
        if (const int clock = at < 1 ? -1 : shortClockAt(line, at - 1); clock >= 0) {
            if (const Moment out = momentAt(line, at - 1, kClock - 1, clock, true); out.known())
                return out;
        }
    }
    return epochIn(line);
}

} // namespace ingest::text
