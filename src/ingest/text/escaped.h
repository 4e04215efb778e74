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
/// `ended`, if given, becomes whether the end of the head was there, or is only taken to have been.
std::optional<std::string> unescaped(std::string_view line, bool *ended = nullptr);

} // namespace ingest::text
