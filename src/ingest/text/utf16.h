// SPDX-License-Identifier: Apache-2.0
// Text of two bytes a character, as consoles and editors of Windows save it, made UTF-8 for the
// readers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingest::text {

enum class Wide : std::uint8_t { No, LittleEndian, BigEndian };

/// By the byte order mark; without one by its first characters, which are ASCII in every log.
Wide wideOf(std::string_view firstBytes);
/// In UTF-8, without the mark. A half of a pair that stands alone becomes U+FFFD, a last odd byte
/// is left out.
std::string narrowed(std::string_view bytes, Wide order);

} // namespace ingest::text
