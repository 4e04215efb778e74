// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/taken_apart.h>

#include <base/text.h>

namespace ingest::text {

bool isTakenApart(std::string_view firstBytes)
{
    constexpr std::size_t kBeginning = 512;
    std::string_view text = firstBytes;
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    text = base::trim(text);
    const auto begins = [&](std::string_view part) {
        return text.substr(0, kBeginning).find(part) != std::string_view::npos;
    };
    if (text.starts_with('{')) // a line for each packet, with or without one for an index before
        return (begins("\"index\"") && begins("packets-")) ||
               (begins("\"timestamp\"") && text.find("\"layers\"") != std::string_view::npos);
    if (text.starts_with('['))
        return begins("\"_index\"") && begins("packets-");
    return text.starts_with('<') && (begins("<pdml") || begins("<psml"));
}

} // namespace ingest::text
