// SPDX-License-Identifier: Apache-2.0
// Finding words in much text.
#pragma once

#include <string_view>

namespace base {

/// Does `lowerWord`, given in lower case, stand anywhere in the text? Without regard to the case of
/// ASCII letters. An empty word does. Many times quicker than comparing place by place.
bool containsNoCase(std::string_view text, std::string_view lowerWord);

} // namespace base
