// SPDX-License-Identifier: Apache-2.0
// Masks what must not leave with a report. Works on any text, SIP or not, header by header without
// a parse, because broken messages hold secrets too. Linear.
#include <report/format.h>

#include <base/text.h>

namespace report {

namespace {

constexpr std::string_view kMask = "***";

bool isNameCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

bool startsNoCase(std::string_view text, std::string_view with)
{
    return text.size() >= with.size() && base::equalsNoCase(text.substr(0, with.size()), with);
}

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Digest parameters that prove the password or the other side's knowledge of it (RFC 7616
/// section 3.4, 3.5).
bool isSecretParameter(std::string_view name)
{
    for (const std::string_view secret : {"response", "cnonce", "rspauth", "password", "token"})
        if (base::equalsNoCase(name, secret))
            return true;
    return false;
}

/// The end of a parameter's value that begins at `at`, its quotes included.
std::size_t valueEnd(std::string_view text, std::size_t at)
{
    if (at < text.size() && text[at] == '"') {
        for (++at; at < text.size() && text[at] != '"'; ++at)
            if (text[at] == '\\' && at + 1 < text.size())
                ++at;
        return at < text.size() ? at + 1 : text.size();
    }
    while (at < text.size() && text[at] != ',' && text[at] != ';' && !isSpace(text[at]))
        ++at;
    return at;
}

std::string maskParameters(std::string_view text)
{
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text[at] == '"') { // a quoted value of no interest
            const auto end = valueEnd(text, at);
            out += text.substr(at, end - at);
            at = end;
            continue;
        }
        if (!isNameCharacter(text[at])) {
            out += text[at++];
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && isNameCharacter(text[end]))
            ++end;
        const auto name = text.substr(at, end - at);
        std::size_t equals = end;
        while (equals < text.size() && isSpace(text[equals]))
            ++equals;
        if (equals >= text.size() || text[equals] != '=' || !isSecretParameter(name)) {
            out += name;
            at = end;
            continue;
        }
        std::size_t value = equals + 1;
        while (value < text.size() && isSpace(text[value]))
            ++value;
        out += text.substr(at, value - at);
        const bool quoted = value < text.size() && text[value] == '"';
        out += quoted ? "\"" + std::string(kMask) + "\"" : std::string(kMask);
        at = valueEnd(text, value);
    }
    return out;
}

/// `value` of an authorization header: digest parameters one by one, any other scheme's credentials
/// whole.
std::string maskCredentials(std::string_view value)
{
    std::size_t scheme = 0;
    while (scheme < value.size() && isSpace(value[scheme]))
        ++scheme;
    std::size_t end = scheme;
    while (end < value.size() && !isSpace(value[end]))
        ++end;
    const auto name = value.substr(scheme, end - scheme);
    if (base::equalsNoCase(name, "Digest") || name.find('=') != std::string_view::npos)
        return maskParameters(value);
    std::size_t tail = value.size();
    while (tail > end && isSpace(value[tail - 1]))
        --tail;
    return std::string(value.substr(0, end)) + " " + std::string(kMask) +
           std::string(value.substr(tail));
}

/// "sip:user:password@host" and "https://user:password@host" anywhere: the password goes.
std::string maskPasswords(std::string_view text)
{
    std::string out;
    std::size_t done = 0, from = 0;
    for (std::size_t at = text.find('@'); at != std::string_view::npos;
         at = text.find('@', at + 1)) {
        std::size_t start = at;
        while (start > from && !isSpace(text[start - 1]) && text[start - 1] != '<' &&
               text[start - 1] != '>' && text[start - 1] != '"')
            --start;
        from = at + 1;
        std::size_t user = std::string_view::npos;
        for (std::size_t i = start; i < at && user == std::string_view::npos; ++i) {
            const bool boundary = i == start || !isNameCharacter(text[i - 1]);
            for (const std::string_view scheme : {"sip:", "sips:", "://"})
                if ((boundary || scheme == "://") && startsNoCase(text.substr(i, at - i), scheme))
                    user = i + scheme.size();
        }
        if (user == std::string_view::npos)
            continue;
        const auto colon = text.find(':', user);
        if (colon >= at)
            continue;
        out += text.substr(done, colon + 1 - done);
        out += kMask;
        done = at;
    }
    out += text.substr(done);
    return out;
}

std::string maskAfter(std::string_view line, std::size_t at)
{
    return std::string(line.substr(0, at)) + std::string(kMask);
}

/// Every key of an a=crypto line (RFC 4568 section 9.1); the suite stays.
std::string maskInline(std::string_view line)
{
    std::string out;
    std::size_t at = 0;
    const std::string low = base::lower(line);
    for (auto key = low.find("inline:"); key != std::string::npos; key = low.find("inline:", at)) {
        const auto begin = key + 7;
        auto end = begin;
        while (end < line.size() && line[end] != ';' && line[end] != '|' && !isSpace(line[end]))
            ++end;
        out += line.substr(at, begin - at);
        out += kMask;
        at = end;
    }
    out += line.substr(at);
    return out;
}

/// Lines of a body: SDP keys and DTMF digits.
std::string maskBodyLine(std::string_view line)
{
    if (startsNoCase(line, "a=crypto:"))
        return maskInline(line);
    if (startsNoCase(line, "k=")) {
        const auto colon = line.find(':');
        return colon == std::string_view::npos ? std::string(line) : maskAfter(line, colon + 1);
    }
    for (const std::string_view name : {"a=ice-pwd:", "a=key-mgmt:", "Signal="})
        if (startsNoCase(line, name))
            return maskAfter(line, name.size());
    return maskPasswords(line);
}

std::string maskBearer(std::string text)
{
    const std::string low = base::lower(text);
    std::string out;
    std::size_t at = 0;
    for (auto found = low.find("bearer "); found != std::string::npos;
         found = low.find("bearer ", at)) {
        std::size_t begin = found + 7;
        while (begin < text.size() && text[begin] == ' ')
            ++begin;
        std::size_t end = begin;
        while (end < text.size() && !isSpace(text[end]) && text[end] != ',' && text[end] != '"')
            ++end;
        out += text.substr(at, begin - at);
        if (end > begin)
            out += kMask;
        at = end;
    }
    out += text.substr(at);
    return out;
}

/// One header with all its folds (RFC 3261 section 7.3.1).
std::string maskHeader(std::string_view header)
{
    const auto colon = header.find(':');
    const auto name =
        colon == std::string_view::npos ? std::string_view() : base::trim(header.substr(0, colon));
    for (const std::string_view secret : {"Authorization", "Proxy-Authorization",
                                          "Authentication-Info", "Proxy-Authentication-Info"})
        if (base::equalsNoCase(name, secret))
            return std::string(header.substr(0, colon + 1)) +
                   maskPasswords(maskCredentials(header.substr(colon + 1)));
    for (const std::string_view secret : {"Cookie", "Set-Cookie"})
        if (base::equalsNoCase(name, secret))
            return std::string(header.substr(0, colon + 1)) + " " + std::string(kMask);
    return maskBearer(maskPasswords(header));
}

struct Line {
    std::string_view text, end; // without and with its line end's characters
};

/// The line at `at`; CR, LF and CRLF all end one.
Line lineAt(std::string_view text, std::size_t at)
{
    std::size_t stop = at;
    while (stop < text.size() && text[stop] != '\r' && text[stop] != '\n')
        ++stop;
    std::size_t after = stop < text.size() ? stop + 1 : stop;
    if (stop + 1 < text.size() && text[stop] == '\r' && text[stop + 1] == '\n')
        ++after;
    return {text.substr(at, stop - at), text.substr(stop, after - stop)};
}

bool isBodyLine(std::string_view line)
{
    return (line.size() > 1 && line[1] == '=') || startsNoCase(line, "Signal=");
}

} // namespace

std::string redacted(std::string_view message)
{
    std::string out;
    out.reserve(message.size());
    std::size_t at = 0;
    while (at < message.size()) {
        const Line first = lineAt(message, at);
        std::size_t stop = at + first.text.size();
        std::string_view end = first.end;
        // Folds belong to their header: a secret may stand on the line after its name.
        while (!first.text.empty() && stop + end.size() < message.size() &&
               (message[stop + end.size()] == ' ' || message[stop + end.size()] == '\t')) {
            const Line next = lineAt(message, stop + end.size());
            stop += end.size() + next.text.size();
            end = next.end;
        }
        const auto whole = message.substr(at, stop - at);
        out += isBodyLine(first.text) ? maskBodyLine(whole) : maskHeader(whole);
        out += end;
        at = stop + end.size();
    }
    return out;
}

} // namespace report
