// SPDX-License-Identifier: Apache-2.0
// Private to ingest: what a log tells of a message before its text. Pure, bounded.
#pragma once

#include <ingest/source.h>
#include <ingest/text/marker.h>
#include <string_view>

namespace ingest::text {

/// What the prefix of a message's line and the lines above it tell: the nearest line of a known
/// kind, else the very next one if it names addresses. What stands above `done`
/// belongs to others. `kind`: of a line that was claimed, else as it was.
Marker markerAbove(std::string_view text, std::size_t line, std::string_view prefix,
                   std::size_t done, const Source *&kind);

} // namespace ingest::text
