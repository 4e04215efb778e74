// SPDX-License-Identifier: Apache-2.0
// Hexadecimal digits, and the %-escapes of URIs. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace base {

/// 0 to 15; -1: not a hexadecimal digit.
int hexDigit(char c);

/// Each %-escape as the octet that it stands for (RFC 3261 section 19.1.4: they are equal); a "%"
/// that begins none stays as it is.
std::string unescaped(std::string_view text);

} // namespace base
