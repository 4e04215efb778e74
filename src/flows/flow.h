// SPDX-License-Identifier: Apache-2.0
// RFC 5626 flows: our own (told by the engine) and those only seen on the wire. State of the latter
// is not guessed.
#pragma once

#include <base/flow_report.h>
#include <base/packet.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trace/trace.h>
#include <vector>

namespace flows {

struct FlowTag;
using FlowId = base::Id<FlowTag>;

enum class TokenLayout : std::uint8_t {
    Rfc5626,     // section 5.2's example, as Kamailio and Flexisip write it
    Resiprocate, // repro and what else is built on reSIProcate
};
std::string_view layoutText(TokenLayout layout); // "Kamailio, Flexisip"

/// A flow token that can be read without its maker's key.
struct FlowToken {
    base::Transport transport = base::Transport::Unknown;
    base::Endpoint edge; // unknown where the layout leaves it out (reSIProcate)
    base::Endpoint userAgent;
    TokenLayout layout = TokenLayout::Rfc5626;
};
/// nullopt: opaque (the RFC allows any content).
std::optional<FlowToken> decodeToken(std::string_view userPart);

enum class Happening : std::uint8_t {
    Registered, // 2xx to a REGISTER that binds something over it
    Removed,    // 2xx to a REGISTER that took the binding away
    RegisterFailed,
    Ping,
    Pong,
    PongMissing,
    Remapped, // STUN tells another mapped address than before
    Closed,   // FIN
    Reset,
    Unreachable,  // ICMP: what was sent over it did not arrive
    Disowned,     // 430 for a request that was to go over it: its edge has it no more
    StateChanged, // our own engine's report
    Used,         // another request or response travelled on it
};

struct FlowEvent {
    base::Instant time;
    Happening what = Happening::Used;
    trace::RowId row;
    int status = 0;
    std::string text;                             // one clause
    bool granted = false;                         // Registered: with outbound
    base::Duration flowTimer{0};                  // Registered: what that 2xx granted, 0: none
    base::FlowState state = base::FlowState::Off; // StateChanged
};

struct Flow {
    FlowId id;
    bool ours = false;
    base::FlowReport report; // ours: the engine's; else what the wire told
    base::Endpoint userAgent, edge;
    base::Transport transport = base::Transport::Unknown;
    bool granted = false;        // Require: outbound in the 2xx, and the binding was not taken away
    base::Duration flowTimer{0}; // of the newest 2xx that granted outbound, over any connection
    trace::RowId grantedBy;      // that 2xx
    bool withPath = false;       // Path with ;ob in the 2xx
    base::Endpoint mapped;       // what the newest STUN answer says the user agent is seen as
    std::uint32_t remapped = 0;  // how often that changed
    std::string token;           // user part of the Path URI, if any was seen
    trace::RowId lastRegister, lastResponse, closedAt;
    base::Instant registered, lastSeen, lastPing, lastPong;
    std::vector<FlowEvent> events; // newest last, at most 256
};

/// How long a ping waits for its pong: 10 s over a stream (RFC 5626 section 4.4.1); over UDP as
/// long as STUN sends its request again, 39.5 s with the usual timers (RFC 5389 section 7.2.1).
base::Duration pongWait(base::Transport transport);

} // namespace flows
