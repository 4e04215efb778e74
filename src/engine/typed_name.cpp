// SPDX-License-Identifier: Apache-2.0
#include <engine/typed_name.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace engine {

namespace {

bool isHex(std::string_view text)
{
    return text.size() == 2 && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

} // namespace

std::string withEscapedUser(std::string_view uri, bool all)
{
    constexpr std::string_view kPlain = "-_.!~*'()&=+$,;?/:"; // the last one: before a password
    const auto at = uri.find('@');
    const auto colon = uri.find(':');
    const auto scheme = base::lower(uri.substr(0, colon));
    const bool named = scheme == "sip" || scheme == "sips";
    if (at == uri.npos || (colon < at && !named)) // not what it should be: that is said elsewhere
        return std::string(uri);
    const std::size_t begin = colon < at ? colon + 1 : 0;
    if (uri.substr(begin, 1) == "[") // an IPv6 host, and the '@' is a parameter's
        return std::string(uri);
    std::string out(uri.substr(0, begin));
    for (std::size_t i = begin; i < at; ++i) {
        const auto byte = static_cast<unsigned char>(uri[i]);
        const bool control = byte < 0x20 || byte == 0x7F;
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') ||
                           (byte == '%' && isHex(uri.substr(i + 1, 2))) ||
                           kPlain.find(uri[i]) != kPlain.npos;
        if (byte < 0x80 && (plain || control || !all))
            out += uri[i];
        else
            out += fmt::format("%{:02X}", byte);
    }
    return out + std::string(uri.substr(at));
}

std::pair<std::string_view, std::string_view> nameAndUri(std::string_view text)
{
    text = base::trim(text);
    if (text.empty() || text.back() != '>')
        return {{}, text};
    const std::string lower = base::lower(text);
    auto open = std::min(lower.find("<sip:"), lower.find("<sips:"));
    if (open == std::string::npos)
        open = lower.rfind('<');
    if (open == std::string::npos)
        return {{}, text};
    return {base::trim(text.substr(0, open)), text.substr(open + 1, text.size() - open - 2)};
}

std::string quotedName(std::string_view typed)
{
    const bool quoted = typed.size() > 1 && typed.front() == '"' && typed.back() == '"';
    if (quoted)
        typed = typed.substr(1, typed.size() - 2);
    std::string name;
    for (std::size_t i = 0; i < typed.size(); ++i) {
        if (quoted && typed[i] == '\\' && i + 1 < typed.size())
            ++i;
        name += typed[i];
    }
    std::string out;
    for (const char c : base::printable(name, false, 120)) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out.empty() ? out : "\"" + out + "\" ";
}

} // namespace engine
