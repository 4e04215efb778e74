// SPDX-License-Identifier: Apache-2.0
// Private to ingest: a message that a log wrote into one line, its line ends as escapes (syslog
// daemons, JSON, printf of hand-made scripts). Pure, linear.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingest::text {

/// The message with its line ends, up to the size its Content-Length tells; nullopt: `line` holds
/// no escaped line end.
std::optional<std::string> unescaped(std::string_view line);

} // namespace ingest::text
