// SPDX-License-Identifier: Apache-2.0
// Private to ingest: a packet as Wireshark prints its details (tshark -V, -O sip, "as plain text").
// The tree names each header as it stood; what it only tells in other words is not restored. Pure,
// linear in the packet.
#pragma once

#include <ingest/text/marker.h>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::text {

struct Details {
    std::string message;
    Marker marker;        // times and addresses of the packet
    bool cut = false;     // the tree does not hold all of it
    bool raw = false;     // of the section "SIP as raw text", which may repeat a tree above
    std::size_t head = 0; // raw: where that section's title stands
    std::size_t next = 0; // where the text goes on
};

/// `line`: begins with "Request-Line:" or "Status-Line:", or stands first in a packet's section
/// "SIP as raw text", whose lines have their ends written out; what stands above `floor` belongs to
/// others.
std::optional<Details> readDetails(std::string_view text, std::size_t line, std::size_t floor);

} // namespace ingest::text
