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
#include <sip/uri.h>

namespace sip {
namespace {

enum Character : std::uint8_t {
    kHost = 1,
    kUri = 2,
    kToken = 4,
    kDisplay = 8,
    kParameter = 16,
    kMark = 32, // ends a part of a URI
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
        if (alphanumeric || c == '-' || c == '.' || c == '_')
            kinds |= kHost;
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

/// "host", "192.0.2.1:5060", "[2001:db8::1]:5060".
bool isPlace(std::string_view text)
{
    std::size_t at = 0;
    if (!text.empty() && text[0] == '[') {
        at = text.find(']');
        if (at == std::string_view::npos)
            return false;
        const auto address = addressOf(text.substr(1, at - 1));
        if (!address || address->family != 6)
            return false;
        ++at;
    } else {
        at = run(text, kHost);
        if (at == 0)
            return false;
    }
    if (at == text.size())
        return true;
    std::uint64_t port = 0;
    return text[at] == ':' && readNumber(text.substr(at + 1), port) && port <= 65535;
}

/// ";a;b=c" or nothing: none of them empty, no quoted text.
bool areParameters(std::string_view text)
{
    if (text.empty())
        return true;
    if (text[0] != ';')
        return false;
    bool empty = true; // what stands behind the last semicolon
    for (const char c : text.substr(1)) {
        if (c == ';' ? empty : !is(c, kParameter))
            return false;
        empty = c == ';' || (empty && c == ' ');
    }
    return !empty;
}

bool isContactParameter(std::string_view name, std::string_view parameters)
{
    const auto value = parameter(parameters, name);
    std::uint64_t number = 0;
    return !value || (name == "q" ? isQuality(*value)
                                  : readNumber(*value, number) &&
                                        number <= std::numeric_limits<std::uint32_t>::max());
}

/// "Name" <uri>;parameters, Name <uri>, or a URI alone.
bool isAddress(HeaderId id, std::string_view value)
{
    std::string_view rest = value;
    if (!rest.empty() && rest[0] == '"') {
        const std::size_t close = rest.find('"', 1);
        if (close == std::string_view::npos ||
            rest.substr(0, close).find('\\') != std::string_view::npos)
            return false;
        rest.remove_prefix(close + 1);
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        if (rest.empty() || rest[0] != '<')
            return false;
    } else {
        rest.remove_prefix(run(rest, kDisplay));
    }
    std::string_view uri, parameters;
    if (!rest.empty() && rest[0] == '<') {
        const std::size_t close = rest.find('>');
        if (close == std::string_view::npos)
            return false;
        uri = rest.substr(1, close - 1);
        parameters = trimmed(rest.substr(close + 1));
    } else {
        const std::size_t semicolon = std::min(value.find(';'), value.size());
        uri = trimmed(value.substr(0, semicolon));
        parameters = value.substr(semicolon);
        if (uri.find('?') != std::string_view::npos || uri.find(',') != std::string_view::npos)
            return false;
    }
    if (!isFlawlessUri(uri) || !areParameters(parameters))
        return false;
    return id != HeaderId::Contact || parameters.empty() ||
           (isContactParameter("expires", parameters) && isContactParameter("q", parameters));
}

bool isVia(std::string_view value)
{
    constexpr std::string_view kProtocol = "SIP/2.0/";
    const std::size_t semicolon = std::min(value.find(';'), value.size());
    std::string_view head = value.substr(0, semicolon);
    if (head.substr(0, kProtocol.size()) != kProtocol)
        return false;
    head.remove_prefix(kProtocol.size());
    const std::size_t transport = run(head, kToken);
    return transport != 0 && transport < head.size() && head[transport] == ' ' &&
           isPlace(trimmed(head.substr(transport))) && areParameters(value.substr(semicolon));
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
    if (uri.substr(0, 4) == "sip:")
        uri.remove_prefix(4);
    else if (uri.substr(0, 5) == "sips:")
        uri.remove_prefix(5);
    else
        return run(uri, kUri) == uri.size() && parseUri(uri).ok;
    std::size_t begin = 0, end = uri.size(); // of host and port
    bool user = false;
    for (std::size_t i = 0; i < uri.size(); ++i) {
        const auto kinds = kCharacters[static_cast<unsigned char>(uri[i])];
        if ((kinds & (kUri | kMark)) == kUri)
            continue;
        if ((kinds & kUri) == 0)
            return false;
        if (uri[i] != '@') {
            end = std::min(end, i);
        } else if (!user) { // what stood before was a part of it
            if (i == 0 || uri[0] == ':')
                return false;
            user = true;
            begin = i + 1;
            end = uri.size();
        }
    }
    return isPlace(uri.substr(begin, end - begin));
}

bool isFlawless(HeaderId id, std::string_view value)
{
    switch (id) {
    case HeaderId::Via:
        return isVia(value);
    case HeaderId::From:
    case HeaderId::To:
    case HeaderId::Contact:
    case HeaderId::Route:
    case HeaderId::RecordRoute:
    case HeaderId::Path:
    case HeaderId::ServiceRoute:
    case HeaderId::ReferTo:
    case HeaderId::ReferredBy:
        return isAddress(id, value) || (id == HeaderId::Contact && value == "*");
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
