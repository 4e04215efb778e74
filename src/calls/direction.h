// SPDX-License-Identifier: Apache-2.0
// Was only one direction of a call captured? Pure.
#pragma once

#include <calls/call.h>

namespace calls {

enum class Captured : std::uint8_t {
    Both,          // or nothing tells
    RequestsOnly,  // and they prove that responses came
    ResponsesOnly, // and they prove that requests went
    OneWay,        // everything goes from one address to another, what came back is missing
};
Captured capturedOf(const Call &call, const trace::Trace &trace);

} // namespace calls
