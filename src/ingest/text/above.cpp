// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/above.h>

#include <algorithm>
#include <base/text.h>
#include <ingest/text/fields.h>
#include <ingest/text/lines.h>

namespace ingest::text {
namespace {

constexpr std::size_t kFarthestMarker = 2048; // bytes above a message

/// The kind whose line this is, nullptr: none's.
const Source *claimant(std::string_view line)
{
    for (const Source *source : sources::all())
        if (source->claims != nullptr && source->claims(line))
            return source;
    return nullptr;
}

} // namespace

Marker markerAbove(std::string_view text, std::size_t line, std::string_view prefix,
                   std::size_t done, const Source *&kind)
{
    constexpr int kMostLines = 3, kMostEmpty = 4;
    Marker out = prefix.empty() ? Marker{} : readMarker(prefix);
    const std::size_t floor = std::max(done, line > kFarthestMarker ? line - kFarthestMarker : 0);
    if (const auto told = prefix.empty() ? fieldsAbove(text, line, floor) : std::nullopt)
        return *told;
    bool claimed = false;
    std::string room;
    for (int lines = 0, empty = 0; lines < kMostLines && empty < kMostEmpty && line > floor;) {
        const Line where = lineAround(text, line - 1, floor);
        line = where.begin;
        const std::string_view content = withoutEscapes(where.in(text), room);
        if (base::trim(content).empty() || isBorder(content)) {
            ++empty;
            continue;
        }
        ++lines;
        const Source *claims = claimed ? nullptr : claimant(content);
        const Marker told = readMarker(content);
        if (claims != nullptr || (!claimed && lines == 1 && told.tellsAddress())) {
            claimed = true;
            kind = claims;
            const Moment before = out.moment;
            out = told;
            if (!out.moment.known())
                out.moment = before;
        } else if (!out.moment.known() && (claimed || lines <= 2)) { // "Received:" may be between
            out.moment = told.moment;
        }
        if (claimed && out.moment.known())
            break;
    }
    return out;
}

} // namespace ingest::text
