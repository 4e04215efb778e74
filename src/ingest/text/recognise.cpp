// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/reader.h>

#include <ingest/text/lines.h>

namespace ingest::text {

int recognise(std::string_view firstBytes, bool (*claims)(std::string_view line), int sure)
{
    if (!looksLikeText(firstBytes))
        return 0;
    std::string room;
    for (std::size_t at = 0; at < firstBytes.size();) {
        const Line line = lineAt(firstBytes, at);
        if (claims(withoutEscapes(line.in(firstBytes), room)))
            return sure;
        at = line.next;
    }
    return 0;
}

} // namespace ingest::text
