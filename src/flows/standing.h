// SPDX-License-Identifier: Apache-2.0
// What became of a flow that was only seen on the wire: does it still stand, and if not, since when
// and why. Pure.
#pragma once

#include <flows/flow.h>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flows {

/// The event after which nothing was heard of the flow at `when`; nullptr: it lived, as far as this
/// trace tells. A response that came over it ends what the network told (ICMP). Another mapped
/// address ends it until it is registered anew (RFC 5626 section 4.4.2).
const FlowEvent *deathOf(const Flow &flow, base::Instant when);

/// Does the event show that a flow lives in spite of what seemed its end before?
bool revives(const FlowEvent &event, const FlowEvent &death);

enum class Standing : std::uint8_t {
    Seen,       // nothing tells
    Registered, // and nothing came after it
    Closed,     // its connection was closed or reset
    Failed,     // no pong, ICMP, another mapped address, the REGISTER refused
    Expired,    // the registration ran out
    Replaced,   // the same reg-id was registered over another connection (RFC 5626 section 4.5)
    Removed,    // the user agent took its binding away
};
std::string_view standingText(Standing standing); // "registered"

struct FlowStanding {
    Standing what = Standing::Seen;
    base::Instant since; // unknown: nothing tells
    std::string reason;  // one clause, empty: none
};
/// What became of flows, asked for many of them: in time that grows with their number alone.
class Standings
{
public:
    /// `others`: the flows among which a replacement is looked for; borrowed. `now`: unknown,
    /// nothing expires.
    Standings(std::span<const std::shared_ptr<const Flow>> others, base::Instant now);

    FlowStanding of(const Flow &flow) const;

private:
    const Flow *replacementOf(const Flow &flow) const;

    std::unordered_map<std::string, std::vector<const Flow *>> m_registered; // in order of time
    base::Instant m_now;
};
/// Of one flow.
FlowStanding standingOf(const Flow &flow, std::span<const std::shared_ptr<const Flow>> others,
                        base::Instant now);

} // namespace flows
