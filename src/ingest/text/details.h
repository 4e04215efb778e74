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
    std::size_t next = 0; // where the text goes on
};

/// `line`: begins at `line` with "Request-Line:" or "Status-Line:"; what stands above `floor`
/// belongs to others.
std::optional<Details> readDetails(std::string_view text, std::size_t line, std::size_t floor);

} // namespace ingest::text
