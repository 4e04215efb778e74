// SPDX-License-Identifier: Apache-2.0
// Private to ingest: a log that was copied from where it was shown: a terminal's colours around
// each line, a web page's entities for the signs of mark-up, or its empty line behind each. Pure.
#pragma once

#include <string>
#include <string_view>

namespace ingest::text {

/// The log as it was written; empty: it is as it was, or too large to be held once more.
std::string withoutShowing(std::string_view text);

} // namespace ingest::text
