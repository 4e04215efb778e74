// SPDX-License-Identifier: Apache-2.0
// When a pcapng file begins and ends, without walking over it: blocks have their length at both
// ends. Pure.
#pragma once

#include <ingest/source.h>
#include <optional>
#include <string_view>

namespace ingest::decode {

/// `whole`: the bytes go to the end of the file. nullopt: no packet near its beginning.
std::optional<Extent> ngExtent(std::string_view bytes, bool whole);

} // namespace ingest::decode
