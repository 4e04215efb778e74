// SPDX-License-Identifier: Apache-2.0
// Private to ingest: a block of "name: value" lines above a message that tells one thing per line,
// as Kamailio's module sipdump writes it. Pure, bounded.
#pragma once

#include <ingest/text/marker.h>
#include <optional>

namespace ingest::text {

/// What the lines right above `line` tell, nothing before `floor`. nullopt: they do not name both
/// ends, each in a line of its own.
std::optional<Marker> fieldsAbove(std::string_view text, std::size_t line, std::size_t floor);

} // namespace ingest::text
