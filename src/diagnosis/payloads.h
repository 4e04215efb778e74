// SPDX-License-Identifier: Apache-2.0
// The payload types of a stream against what its receiver described when the packets came. Pure
// functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <string>
#include <vector>

namespace diagnosis {

/// Packets of one payload type.
struct Payload {
    std::uint8_t type = 0;
    std::uint64_t packets = 0;
    /// Those of them that came while descriptions of the receiver were in force and none named the
    /// type (RFC 3264 sections 5.1 and 6.1): it cannot decode them. Comfort noise, which is sent
    /// without negotiation by so many gateways that it tells nothing, never counts.
    std::uint64_t foreign = 0;
    std::string codec;       // as the receiver calls it; empty: it does not name it
    bool judged = false;     // descriptions of the receiver are known
    bool unanswered = false; // the sender has described itself, and this codec not
};
/// The packets of a stream before `until`; the type of most first, speech before events.
std::vector<Payload> payloadsBefore(const Evidence &evidence, const BoundStream &bound,
                                    base::Instant until);

/// What the receiver of a stream asked for until then.
struct Wanted {
    std::string types; // "0, 8"
    trace::RowId row;  // where it said so at last, invalid: nowhere
};
Wanted wantedBefore(const Evidence &evidence, const BoundStream &bound, base::Instant until);

} // namespace diagnosis
