// SPDX-License-Identifier: Apache-2.0
// The six classes of responses in words, for explanations and for what a ladder's row says.
#pragma once

#include <string_view>

namespace diagnosis {

/// "client error" for 430; "no SIP status code" for what is none.
std::string_view responseClass(int code);

} // namespace diagnosis
