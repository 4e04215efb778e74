// SPDX-License-Identifier: Apache-2.0
#include <sip/start_line.h>

#include <algorithm>

#include <base/text.h>
#include <sip/message.h>
#include <sip/scan.h>

namespace sip {
namespace {

constexpr std::string_view kBlank = " \t";

bool beginsVersion(std::string_view text)
{
    return text.size() > 4 && base::equalsNoCase(text.substr(0, 4), "SIP/") && text[4] >= '0' &&
           text[4] <= '9';
}

std::string_view skipBlank(std::string_view text)
{
    return text.substr(std::min(text.find_first_not_of(kBlank), text.size()));
}

StartLine readStatusLine(std::string_view line)
{
    StartLine out;
    const auto gap = firstBlank(line);
    out.version = line.substr(0, gap);
    const auto rest = skipBlank(line.substr(gap));
    const auto end = firstBlank(rest);
    out.code = rest.substr(0, end);
    out.reason = base::trim(rest.substr(end));
    // "SIP/2.0/UDP 192.0.2.1" is what stands in a Via.
    out.recognised = !out.code.empty() && out.code[0] >= '0' && out.code[0] <= '9' &&
                     out.version.find('/', 4) == std::string_view::npos;
    // One space each; an empty phrase still needs the space before it.
    out.odd = rest.data() != line.data() + gap + 1 || line[gap] != ' ' || end == rest.size() ||
              rest[end] != ' ' || out.version.substr(0, 4) != "SIP/";
    return out;
}

StartLine readRequestLine(std::string_view line)
{
    StartLine out;
    const auto gap = firstBlank(line);
    if (gap == 0 || gap == line.size() || !isToken(line.substr(0, gap)))
        return out;
    const auto text = base::trim(line);
    const auto last = text.find_last_of(kBlank);
    const auto version = last == std::string_view::npos ? text : text.substr(last + 1);
    if (!beginsVersion(version))
        return out;
    out.method = line.substr(0, gap);
    out.version = version;
    out.uri = base::trim(text.substr(gap, last - std::min(gap, last)));
    out.recognised = !out.uri.empty() || methodOf(out.method) != Method::Unknown;
    const auto plain = out.method.size() + out.uri.size() + version.size() + 2;
    out.odd = line.size() != plain || line[gap] != ' ' || version.substr(0, 4) != "SIP/" ||
              line[line.size() - version.size() - 1] != ' ';
    return out;
}

} // namespace

StartLine readStartLine(std::string_view line)
{
    return beginsVersion(line) ? readStatusLine(line) : readRequestLine(line);
}

} // namespace sip
