// SPDX-License-Identifier: Apache-2.0
// Captures that were written as several files (ring buffers, rotation): what tells that one goes on
// where another ended, and the order in which such files are read. Pure but for reading the files'
// beginnings and ends.
#pragma once

#include <ingest/source.h>
#include <optional>
#include <string>
#include <vector>

namespace ingest {

/// nullopt: no capture, or none that tells when it begins.
std::optional<Extent> extentOf(const std::string &path);

/// Does a capture of that extent go on where one of that link type ended?
bool follows(std::uint32_t linkType, base::Instant last, const Extent &next);

/// The same paths with the files of one capture in order of time, at the place of the first of them
/// that was named; all others stay where they are.
std::vector<std::string> readingOrder(const std::vector<std::string> &paths);

} // namespace ingest
