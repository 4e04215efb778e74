// SPDX-License-Identifier: Apache-2.0
// What a capture file has no field for, as comments: whose sockets an interface stands for, and
// what happened without a packet (an end of a connection, a local event, a flow's state). The words
// are for whoever opens the file in another program, the last line restores the packet exactly.
#pragma once

#include <base/packet.h>
#include <optional>
#include <string>
#include <string_view>

namespace record {

/// What all packets of one interface of a session file have in common.
struct Lane {
    base::Origin origin = base::Origin::Capture;
    base::Transport transport = base::Transport::Unknown;
    base::PayloadHint hint = base::PayloadHint::Unknown;
    friend bool operator==(const Lane &, const Lane &) = default;
};
std::string laneName(const Lane &lane);    // "earshot tap TCP"
std::string laneComment(const Lane &lane); // of its interface block
std::optional<Lane> laneOf(std::string_view interfaceComment);

/// The comment of a packet that is no plain bytes; empty: it needs none.
std::string packetComment(const base::Packet &packet);
/// The words of a packet without bytes of its own: what a reader of bytes is shown.
std::string words(const base::Packet &packet);

/// A name that the ladder gives an end, as a packet: Local without an event, the name as payload.
base::Packet naming(const base::Endpoint &endpoint, std::string_view name);
bool isNaming(const base::Packet &packet);

/// Makes of a packet as read (its bytes, addresses and `outgoing` stand) what was recorded. False:
/// the comment is of another kind, the packet stays as it is but for its lane.
bool restore(base::Packet &packet, const Lane &lane, std::string_view comment);

} // namespace record
