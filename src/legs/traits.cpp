// SPDX-License-Identifier: Apache-2.0
#include <legs/traits.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace legs {

namespace {

constexpr std::size_t kLeastStem = 6, kLeastMark = 8, kLongestMark = 256;
constexpr std::size_t kMostMarks = 16, kMostDiverted = 8;
constexpr std::size_t kNumberKey = 8; // digits that a number is found by
constexpr std::size_t kLeastDigits = 7;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isAlnum(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool containsNoCase(std::string_view text, std::string_view lowerPart)
{
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return std::search(text.begin(), text.end(), lowerPart.begin(), lowerPart.end(), same) !=
           text.end();
}

bool startsNoCase(std::string_view text, std::string_view with)
{
    return text.size() >= with.size() && base::equalsNoCase(text.substr(0, with.size()), with);
}

/// "b2b", "pbx-1", "leg_2", "xfer": what stands behind or before a Call-ID that is handed on.
bool isDecoration(std::string_view word)
{
    while (!word.empty() && isDigit(word.back()))
        word.remove_suffix(1);
    while (!word.empty() && !isAlnum(word.back()))
        word.remove_suffix(1);
    static constexpr std::array<std::string_view, 14> kWords{
        "b2b",  "b2bua", "pbx",     "xfer",     "leg", "lega", "legb",
        "aleg", "bleg",  "inbound", "outbound", "in",  "out",  "sbc"};
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view known) { return base::equalsNoCase(word, known); });
}

constexpr std::string_view kJoints = "_-.+~:";

/// Takes one decoration off the end: "abc_b2b-1" has a number of its own behind it.
bool trimEnd(std::string_view &text)
{
    for (std::size_t joint = text.find_last_of(kJoints);
         joint != std::string_view::npos && joint > 0;
         joint = text.find_last_of(kJoints, joint - 1)) {
        const std::string_view word = text.substr(joint + 1);
        if (isDecoration(word)) {
            text = text.substr(0, joint);
            return true;
        }
        if (word.empty() || !std::all_of(word.begin(), word.end(), isDigit) || word.size() > 4)
            return false;
    }
    return false;
}

bool trimStart(std::string_view &text)
{
    const std::size_t joint = text.find_first_of(kJoints);
    if (joint == std::string_view::npos || !isDecoration(text.substr(0, joint)))
        return false;
    text.remove_prefix(joint + 1);
    const std::size_t next = text.find_first_of(kJoints); // "B2B.123.abc"
    if (next != std::string_view::npos && next > 0 && next + 1 < text.size() &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(next), isDigit))
        text.remove_prefix(next + 1);
    return true;
}

/// The one word of a header that could be a Call-ID.
std::string_view wordOf(std::string_view value)
{
    value = base::trim(value);
    if (!value.empty() && (value.front() == '<' || value.front() == '"'))
        value.remove_prefix(1);
    return value.substr(0, value.find_first_of(" \t\r\n;,>\""));
}

bool correlates(std::string_view name)
{
    static constexpr std::array<std::string_view, 16> kParts{
        "cid",         "callid",  "call-id",  "call_id",     "uuid", "guid",
        "uniqueid",    "unique",  "linked",   "correlat",    "ucid", "session",
        "interaction", "traceid", "trace-id", "conversation"};
    return std::any_of(kParts.begin(), kParts.end(),
                       [&](std::string_view part) { return containsNoCase(name, part); });
}

/// Any header outside the standard may name another Call-ID; X- and P- ones and the well-known.
bool mayMark(std::string_view name)
{
    return startsNoCase(name, "X-") || startsNoCase(name, "P-") || startsNoCase(name, "Cisco-") ||
           startsNoCase(name, "Av-") || startsNoCase(name, "Original-Call") ||
           base::equalsNoCase(name, "User-to-User");
}

void takeSessionId(std::string_view value, std::vector<std::string_view> &out)
{
    const auto add = [&](std::string_view id) {
        id = base::trim(id);
        const bool nil = id.find_first_not_of("0-") == std::string_view::npos;
        if (!nil && id.size() >= 16 && id.size() <= 64)
            out.push_back(id);
    };
    add(value.substr(0, value.find(';')));
    if (const auto remote = sip::parameter(value, "remote"))
        add(*remote);
}

std::string userOf(std::string_view header)
{
    const auto address = sip::parseNameAddress(header);
    if (!address.ok)
        return {};
    const bool tel = base::equalsNoCase(address.uri.scheme, "tel");
    return normalised(tel ? address.uri.address() : address.uri.user);
}

void takeOther(const sip::Header &header, Traits &out)
{
    if (base::equalsNoCase(header.name, "P-Charging-Vector")) {
        const std::size_t at = header.value.find("icid-value=");
        if (at != std::string_view::npos) {
            std::string_view value = header.value.substr(at + 11);
            if (!value.empty() && value.front() == '"')
                value.remove_prefix(1);
            out.icid = value.substr(0, value.find_first_of("\";, \t\r\n"));
        }
        return;
    }
    if (base::equalsNoCase(header.name, "Diversion") ||
        base::equalsNoCase(header.name, "History-Info")) {
        if (std::string user = userOf(header.value);
            !user.empty() && out.diverted.size() < kMostDiverted)
            out.diverted.push_back(std::move(user));
        return;
    }
    if (!mayMark(header.name) || out.marks.size() >= kMostMarks)
        return;
    const std::string_view word = wordOf(header.value);
    if (word.size() >= kLeastStem && word.size() <= kLongestMark)
        out.marks.push_back(
            {header.name, word, word.size() >= kLeastMark && correlates(header.name)});
}

bool saysNothing(std::string_view user)
{
    for (const std::string_view name :
         {"anonymous", "unknown", "unavailable", "restricted", "asterisk", "private", "invalid"})
        if (base::equalsNoCase(user, name))
            return true;
    return false;
}

/// "alice 53655765 2353687637 IN IP4 192.0.2.1" without the version, which counts up.
std::string originOf(std::string_view value)
{
    std::array<std::string_view, 6> words;
    for (std::string_view &word : words) {
        word = value.substr(0, value.find(' '));
        value.remove_prefix(std::min(value.size(), word.size() + 1));
    }
    if (words[1].size() <= 2 || words[5].empty())
        return {}; // session 0 or 1 is everybody's
    std::string out;
    out.reserve(words[0].size() + words[1].size() + words[5].size() + 2);
    out.append(words[0]).append(" ").append(words[1]).append(" ").append(words[5]);
    return out;
}

} // namespace

/// Only the lines that matter are looked at: this runs for every call of an input.
Described describedBy(std::string_view sdp)
{
    Described out;
    std::string_view rest = sdp, address, port;
    bool media = false;
    while (!rest.empty()) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.size() < 2 || line[1] != '=')
            continue;
        if (line[0] == 'o' && out.origin.empty())
            out.origin = originOf(line.substr(2));
        else if (line[0] == 'c' && (!media || !port.empty()))
            address = line.substr(line.rfind(' ') + 1);
        else if (line[0] == 'm') {
            if (!port.empty())
                break; // the first audio line is told
            media = true;
            if (line.starts_with("m=audio "))
                port = line.substr(8, line.find(' ', 8) - 8);
        }
    }
    const auto number = base::toInteger(port.substr(0, port.find('/')));
    const auto host = sip::addressOf(address.substr(0, address.find('/')));
    if (number && *number > 0 && *number <= 0xFFFF && host && !host->isUnspecified())
        out.media = base::Endpoint{*host, static_cast<std::uint16_t>(*number)};
    return out;
}

Described describedIn(std::string_view message)
{
    std::size_t body = message.find("\r\n\r\n");
    if (body == std::string_view::npos)
        body = message.find("\n\n");
    return describedBy(message.substr(std::min(body, message.size())));
}

Described describedIn(const trace::Trace &trace, trace::RowId row)
{
    const trace::Row &filed = trace.row(row);
    return filed.bodyAt != 0 ? describedBy(filed.body()) : describedIn(trace.text(row));
}

std::string normalised(std::string_view user)
{
    user = user.substr(0, user.find(';'));
    std::string digits;
    for (const char c : user) {
        if (isDigit(c))
            digits += c;
        else if (c != '+' && c != '-' && c != '.' && c != '(' && c != ')' && c != ' ')
            return std::string(user.substr(0, 64));
    }
    const std::size_t first = digits.find_first_not_of('0'); // "+", "00" and the trunk prefix "0"
    return first == std::string::npos ? digits : digits.substr(first, 64);
}

std::string_view userKey(std::string_view user)
{
    const bool number = user.size() > kNumberKey && std::all_of(user.begin(), user.end(), isDigit);
    return number ? user.substr(user.size() - kNumberKey) : user;
}

bool sameUser(std::string_view a, std::string_view b)
{
    if (a == b)
        return !a.empty();
    if (a.size() > b.size())
        std::swap(a, b);
    return a.size() >= kLeastDigits && std::all_of(b.begin(), b.end(), isDigit) && b.ends_with(a);
}

std::string_view stemOf(std::string_view callId, bool *decorated)
{
    std::string_view text = callId;
    bool taken = false;
    // Behind the host ("abc@host_b2b-1") as well as before it.
    while (trimEnd(text))
        taken = true;
    text = text.substr(0, text.find('@'));
    while (trimEnd(text))
        taken = true;
    while (trimStart(text))
        taken = true;
    if (decorated != nullptr)
        *decorated = taken;
    return text.size() >= kLeastStem ? text : std::string_view();
}

std::string referTarget(const sip::Message &refer)
{
    return userOf(refer.value(sip::HeaderId::ReferTo));
}

Traits traitsOf(const sip::Message &invite)
{
    Traits out;
    out.callId = invite.callId();
    out.stem = stemOf(out.callId, &out.decorated);
    for (const sip::Header &header : invite.headers) {
        switch (header.id) {
        case sip::HeaderId::SessionId:
            takeSessionId(header.value, out.sessionIds);
            break;
        case sip::HeaderId::Replaces:
            out.replaces = base::trim(header.value.substr(0, header.value.find(';')));
            break;
        case sip::HeaderId::ReferredBy:
            out.referred = true;
            break;
        case sip::HeaderId::From:
            out.from = userOf(header.value);
            break;
        case sip::HeaderId::To:
            out.to = userOf(header.value);
            break;
        case sip::HeaderId::Other:
            takeOther(header, out);
            break;
        default:
            break;
        }
    }
    if (saysNothing(out.from))
        out.from.clear();
    out.target = normalised(sip::parseUri(invite.requestUri).user);
    out.offer = describedBy(invite.sdp());
    return out;
}

} // namespace legs
