// SPDX-License-Identifier: Apache-2.0
#include <sip/uri.h>

#include <algorithm>

#include <base/text.h>
#include <sip/address.h>
#include <sip/message.h>
#include <sip/scan.h>

namespace sip {
namespace {

bool isAlphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isScheme(std::string_view text)
{
    const auto fits = [](char c) { return isAlphanumeric(c) || c == '+' || c == '-' || c == '.'; };
    return !text.empty() && isAlphanumeric(text[0]) && (text[0] < '0' || text[0] > '9') &&
           std::all_of(text.begin(), text.end(), fits);
}

bool isHostName(std::string_view text)
{
    const auto fits = [](char c) { return isAlphanumeric(c) || c == '-' || c == '.' || c == '_'; };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

// No blank, control character, quote or angle bracket may stand anywhere in a URI.
bool isUriText(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F || c == '<' || c == '>' || c == '"';
    });
}

struct HostPort {
    std::string_view host;
    bool ipv6 = false;
    std::optional<std::uint16_t> port;
    bool ok = false;
};

// "host", "host:port", "[2001:db8::1]:port"; blanks around the colon as Via allows them.
HostPort readHostPort(std::string_view text)
{
    HostPort out;
    text = base::trim(text);
    std::string_view rest;
    if (!text.empty() && text[0] == '[') {
        const auto close = text.find(']');
        if (close == std::string_view::npos)
            return out;
        out.host = text.substr(1, close - 1);
        out.ipv6 = true;
        rest = base::trim(text.substr(close + 1));
        const auto address = addressOf(out.host);
        out.ok = address && address->family == 6;
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        out.host = base::trim(text.substr(0, colon));
        rest = text.substr(colon);
        out.ok = isHostName(out.host);
    }
    if (rest.empty())
        return out;
    std::uint64_t number = 0;
    const bool good =
        rest[0] == ':' && readNumber(base::trim(rest.substr(1)), number) && number <= 65535;
    if (good)
        out.port = static_cast<std::uint16_t>(number);
    out.ok = out.ok && good;
    return out;
}

void readSip(Uri &uri, std::string_view rest)
{
    const auto at = rest.find('@');
    if (at != std::string_view::npos) {
        const auto info = rest.substr(0, at);
        const auto colon = std::min(info.find(':'), info.size());
        uri.user = info.substr(0, colon);
        uri.password = info.substr(std::min(colon + 1, info.size()));
        rest = rest.substr(at + 1);
    }
    const auto question = rest.find('?');
    if (question != std::string_view::npos) {
        uri.headers = rest.substr(question + 1);
        rest = rest.substr(0, question);
    }
    const auto semicolon = rest.find(';');
    if (semicolon != std::string_view::npos) {
        uri.parameters = rest.substr(semicolon);
        rest = rest.substr(0, semicolon);
    }
    const auto place = readHostPort(rest);
    uri.host = place.host;
    uri.ipv6 = place.ipv6;
    uri.port = place.port;
    uri.ok = place.ok && (at == std::string_view::npos || !uri.user.empty());
}

void readTel(Uri &uri, std::string_view rest)
{
    const auto semicolon = std::min(rest.find(';'), rest.size());
    uri.user = rest.substr(0, semicolon);
    uri.parameters = rest.substr(semicolon);
    uri.ok = !uri.user.empty();
}

} // namespace

std::optional<std::string_view> Uri::parameter(std::string_view name) const
{
    return sip::parameter(parameters, name);
}

std::string Uri::address() const
{
    std::string place = ipv6 ? "[" + std::string(host) + "]" : std::string(host);
    if (user.empty())
        return place;
    return host.empty() ? std::string(user) : std::string(user) + "@" + place;
}

Uri parseUri(std::string_view text)
{
    Uri uri;
    uri.text = text = base::trim(text);
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || !isScheme(text.substr(0, colon)))
        return uri;
    uri.scheme = text.substr(0, colon);
    const auto rest = text.substr(colon + 1);
    if (base::equalsNoCase(uri.scheme, "sip") || base::equalsNoCase(uri.scheme, "sips")) {
        readSip(uri, rest);
    } else if (base::equalsNoCase(uri.scheme, "tel")) {
        readTel(uri, rest);
    } else {
        uri.ok = !rest.empty();
    }
    uri.ok = uri.ok && isUriText(text);
    return uri;
}

std::optional<std::string_view> NameAddress::parameter(std::string_view name) const
{
    return sip::parameter(parameters, name);
}

NameAddress parseNameAddress(std::string_view value)
{
    NameAddress out;
    value = base::trim(value);
    // Position of the "<" that opens the URI, outside a quoted display name.
    std::size_t from = 0;
    bool quoteOpen = false;
    if (!value.empty() && value[0] == '"') {
        const auto end = quotedEnd(value, 0);
        quoteOpen = end == std::string_view::npos;
        from = quoteOpen ? 0 : end;
    }
    const auto open = value.find('<', from);
    if (open == std::string_view::npos) {
        // RFC 3261 section 20.10: what follows the first semicolon belongs to the header.
        const auto semicolon = std::min(value.find(';', from), value.size());
        out.uriText = base::trim(value.substr(from, semicolon - from));
        out.parameters = value.substr(semicolon);
        out.uri = parseUri(out.uriText);
        out.ok = out.uri.ok && from == 0 && !quoteOpen;
        return out;
    }
    out.display = unquoted(value.substr(0, open));
    const auto close = value.find('>', open);
    const bool closed = close != std::string_view::npos;
    out.uriText = value.substr(open + 1, closed ? close - open - 1 : close);
    out.uri = parseUri(out.uriText);
    const auto behind = closed ? base::trim(value.substr(close + 1)) : std::string_view();
    out.parameters = behind.substr(std::min(behind.find(';'), behind.size()));
    out.ok = out.uri.ok && closed && !quoteOpen && behind.size() == out.parameters.size();
    return out;
}

std::optional<std::string_view> Via::parameter(std::string_view name) const
{
    return sip::parameter(parameters, name);
}

Via parseVia(std::string_view value)
{
    Via out;
    value = base::trim(value);
    const auto semicolon = std::min(value.find(';'), value.size());
    out.parameters = value.substr(semicolon);
    const auto head = value.substr(0, semicolon);
    const auto first = head.find('/');
    const auto second = first == std::string_view::npos ? first : head.find('/', first + 1);
    if (second == std::string_view::npos)
        return out;
    const auto protocol = base::trim(head.substr(0, first));
    const auto version = base::trim(head.substr(first + 1, second - first - 1));
    const auto rest = base::trim(head.substr(second + 1));
    const auto gap = firstBlank(rest);
    out.transport = rest.substr(0, gap);
    const auto place = readHostPort(rest.substr(gap));
    out.host = place.host;
    out.port = place.port;
    out.ok = place.ok && base::equalsNoCase(protocol, "SIP") && version == "2.0" &&
             isToken(out.transport);
    return out;
}

} // namespace sip
