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
    return text.starts_with('<') &&
           text.substr(0, kBeginning).find("<psml") != std::string_view::npos;
}

} // namespace ingest::text
