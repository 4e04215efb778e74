// SPDX-License-Identifier: Apache-2.0
// What Retry-After may stand in.
#pragma once

namespace sip {

/// RFC 3261 section 20.33: with these codes it says when to try again. With others, as 403, it is
/// no leave to repeat what was refused.
constexpr bool takesRetryAfter(int status)
{
    switch (status) {
    case 404:
    case 413:
    case 480:
    case 486:
    case 500:
    case 503:
    case 600:
    case 603:
        return true;
    default:
        return false;
    }
}

} // namespace sip
