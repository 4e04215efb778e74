// SPDX-License-Identifier: Apache-2.0
#include <sip/flawless.h>

#include <algorithm>
#include <array>
#include <base/endpoint.h>
#include <base/text.h>
#include <limits>
#include <sip/address.h>
#include <sip/grammar.h>
#include <sip/scan.h>
#include <sip/stops.h>
#include <sip/uri.h>

namespace sip {
namespace {

enum Character : std::uint8_t {
    kUri = 1,
    kToken = 2,
    kDisplay = 4,
    kParameter = 8,
    kMark = 16, // ends a part of a URI
};

constexpr auto kCharacters = [] {
    std::array<std::uint8_t, 256> out{};
    for (unsigned c = ' '; c < 0x7F; ++c) {
        const bool alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        const bool token =
            alphanumeric ||
            std::string_view("-.!%*_+`'~").find(static_cast<char>(c)) != std::string_view::npos;
        const bool quotes = c == '"' || c == '<' || c == '>';
        std::uint8_t kinds = 0;
        if (c > ' ' && !quotes)
            kinds |= kUri;
        if (token)
            kinds |= kToken;
        if (token || c == ' ')
            kinds |= kDisplay;
        if (!quotes && c != ',')
            kinds |= kParameter;
        if (c == '@' || c == ';' || c == '?')
            kinds |= kMark;
        out[c] = kinds;
    }
    return out;
}();

bool is(char c, Character kind)
{
    return (kCharacters[static_cast<unsigned char>(c)] & kind) != 0;
}

/// Length of the beginning that consists of such characters.
std::size_t run(std::string_view text, Character kind)
{
    std::size_t at = 0;
    while (at < text.size() && is(text[at], kind))
        ++at;
    return at;
}

std::string_view between(const char *begin, const char *end)
{
    return {begin, static_cast<std::size_t>(end - begin)};
}

bool isPort(std::string_view text)
{
    std::uint64_t port = 0;
    return readNumber(text, port) && port <= 65535;
}

/// "[2001:db8::1]:5060"
bool isIpv6Place(std::string_view text)
{
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos)
        return false;
    const auto address = addressOf(text.substr(1, close - 1));
    const auto behind = text.substr(close + 1);
    return address && address->family == 6 &&
           (behind.empty() || (behind[0] == ':' && isPort(behind.substr(1))));
}

/// "host", "192.0.2.1:5060", "[2001:db8::1]:5060".
bool isPlace(const Stops &stops, const char *at, const char *end)
{
    if (at == end)
        return false;
    const char *const stop = std::min(stops.next(at), end);
    if (stop == end)
        return true;
    if (*at == '[')
        return isIpv6Place(between(at, end));
    return stop != at && *stop == ':' && isPort(between(stop + 1, end));
}

bool isUri(const Stops &stops, const char *at, const char *end)
{
    const std::string_view uri = between(at, end);
    if (uri.starts_with("sip:"))
        at += 4;
    else if (uri.starts_with("sips:"))
        at += 5;
    else
        return run(uri, kUri) == uri.size() && parseUri(uri).ok;
    const char *place = at, *placeEnd = end;
    bool user = false;
    for (const char *stop = stops.next(at); stop < end; stop = stops.next(stop + 1)) {
        const auto kinds = kCharacters[static_cast<unsigned char>(*stop)];
        if ((kinds & (kUri | kMark)) == kUri)
            continue;
        if ((kinds & kUri) == 0)
            return false;
        if (*stop != '@') {
            placeEnd = std::min(placeEnd, stop);
        } else if (!user) { // what stood before was a part of it
            if (stop == at || *at == ':')
                return false;
            user = true;
            place = stop + 1;
            placeEnd = end;
        }
    }
    return isPlace(stops, place, placeEnd);
}

/// ";a;b=c" or nothing: none of them empty, no quoted text. `out`: the first of that name.
bool areParameters(const Stops &stops, const char *at, const char *end, std::string_view name,
                   std::string_view &out)
{
    if (at != end && *at != ';')
        return false;
    bool found = false;
    while (at != end) {
        const char *const begin = at + 1;
        const char *equals = nullptr;
        for (at = stops.next(begin); at < end && *at != ';'; at = stops.next(at + 1)) {
            if (!is(*at, kParameter))
                return false;
            equals = *at == '=' && equals == nullptr ? at : equals;
        }
        const std::string_view whole = trimmed(between(begin, at));
        if (whole.empty())
            return false;
        if (found || whole.size() < name.size() ||
            !base::equalsNoCase(whole.substr(0, name.size()), name))
            continue;
        found = equals != nullptr ? trimmed(between(begin, equals)).size() == name.size()
                                  : whole.size() == name.size();
        if (found && equals != nullptr)
            out = trimmed(between(equals + 1, at));
    }
    return true;
}

bool isContactParameter(std::string_view name, std::string_view parameters)
{
    const auto value = parameter(parameters, name);
    std::uint64_t number = 0;
    return !value || (name == "q" ? isQuality(*value)
                                  : readNumber(*value, number) &&
                                        number <= std::numeric_limits<std::uint32_t>::max());
}

const char *find(const Stops &stops, const char *from, char wanted)
{
    const char *at = stops.next(from);
    while (at != stops.end() && *at != wanted)
        at = stops.next(at + 1);
    return at;
}

/// Where the display name ends, nullptr: it is not written plainly.
const char *behindDisplay(const Stops &stops)
{
    const char *at = stops.begin();
    if (*at != '"') {
        at = stops.next(at);
        while (at != stops.end() && is(*at, kDisplay))
            at = stops.next(at + 1);
        return at;
    }
    for (at = stops.next(at + 1); at != stops.end() && *at != '"'; at = stops.next(at + 1)) {
        if (*at == '\\')
            return nullptr;
    }
    if (at == stops.end())
        return nullptr;
    for (++at; at != stops.end() && *at == ' '; ++at) {
    }
    return at != stops.end() && *at == '<' ? at : nullptr;
}

bool isRAck(std::string_view value)
{
    std::uint64_t number = 0;
    for (int i = 0; i < 2; ++i) {
        const std::size_t gap = firstBlank(value);
        if (!readNumber(value.substr(0, gap), number) ||
            number > std::numeric_limits<std::uint32_t>::max())
            return false;
        value = trimmed(value.substr(gap));
    }
    return isToken(value);
}

} // namespace

bool isFlawlessUri(std::string_view uri)
{
    return uri.size() <= Stops::kMost && !uri.empty() &&
           isUri(Stops(uri), uri.data(), uri.data() + uri.size());
}

bool readAddress(HeaderId id, std::string_view value, std::string_view &tag)
{
    if (value.empty() || value.size() > Stops::kMost)
        return false;
    const Stops stops(value);
    const char *uri = stops.begin(), *const end = stops.end();
    const char *const open = behindDisplay(stops);
    if (open == nullptr)
        return false;
    const bool angles = open != end && *open == '<';
    const char *uriEnd = find(stops, open, angles ? '>' : ';'), *parameters = uriEnd;
    if (angles) {
        if (uriEnd == end)
            return false;
        uri = open + 1;
        for (++parameters; parameters != end && isBlank(*parameters); ++parameters) {
        }
    } else {
        uriEnd = uri + trimmed(between(uri, uriEnd)).size();
        const auto text = between(uri, uriEnd);
        if (text.find('?') != std::string_view::npos || text.find(',') != std::string_view::npos)
            return false;
    }
    if (!isUri(stops, uri, uriEnd) || !areParameters(stops, parameters, end, "tag", tag))
        return false;
    const auto behind = between(parameters, end);
    return id != HeaderId::Contact || behind.empty() ||
           (isContactParameter("expires", behind) && isContactParameter("q", behind));
}

bool readVia(std::string_view value, std::string_view &sentBy, std::string_view &branch)
{
    constexpr std::string_view kProtocol = "SIP/2.0/";
    if (value.size() > Stops::kMost || !value.starts_with(kProtocol))
        return false;
    const Stops stops(value);
    const char *const transport = stops.begin() + kProtocol.size(), *const end = stops.end();
    const char *place = stops.next(transport);
    while (place != end && is(*place, kToken))
        place = stops.next(place + 1);
    if (place == transport || place == end || *place != ' ')
        return false;
    const char *const parameters = find(stops, place, ';');
    sentBy = trimmed(between(place, parameters));
    if (!isPlace(stops, sentBy.data(), sentBy.data() + sentBy.size()) ||
        !areParameters(stops, parameters, end, "branch", branch))
        return false;
    if (sentBy[0] == '[')
        sentBy.remove_prefix(1); // as parseVia's host begins
    return isTokenChar(sentBy[0]);
}

bool isFlawless(HeaderId id, std::string_view value)
{
    std::string_view tag;
    switch (id) {
    case HeaderId::Contact:
    case HeaderId::Route:
    case HeaderId::RecordRoute:
    case HeaderId::Path:
    case HeaderId::ServiceRoute:
    case HeaderId::ReferTo:
    case HeaderId::ReferredBy:
        return readAddress(id, value, tag) || (id == HeaderId::Contact && value == "*");
    case HeaderId::RAck:
        return isRAck(value);
    case HeaderId::Warning:
        return value.size() > 4 && value[3] == ' ' && isDigits(value.substr(0, 3)) &&
               value.find(',') == std::string_view::npos;
    case HeaderId::Require:
    case HeaderId::ProxyRequire:
        return isRegistered(value);
    default:
        return numberFits(id, value); // CSeq has its own look
    }
}

bool isFlawlessOther(std::string_view name, std::string_view value)
{
    return isToken(name) &&
           (name.size() != 4 || !base::equalsNoCase(name, "Date") || isDate(value));
}

} // namespace sip
