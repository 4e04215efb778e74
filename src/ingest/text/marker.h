// SPDX-License-Identifier: Apache-2.0
// Private to ingest: what the line above a message tells of it: when, from where, to where, how
// big. Reads the words that logs have in common, so that a kind of log nobody here has seen gives
// what it says too. Pure, linear in the line.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <cstdint>
#include <ingest/text/moment.h>
#include <string_view>

namespace ingest::text {

struct Marker {
    Moment moment;
    base::Transport transport = base::Transport::Unknown;
    base::Endpoint source, destination; // unknown where the line does not say it
    std::uint64_t bytes = 0;            // the message's size, 0: not told

    bool tellsAddress() const { return source.known() || destination.known(); }
};

Marker readMarker(std::string_view line);

/// "udp/[192.0.2.1]:5060", "UDP:192.0.2.1:5060", "192.0.2.1.5060", "[2001:db8::1]:5060", an address
/// alone. False: it is none of these. `transport` is set if the text names one.
bool readEndpoint(std::string_view word, base::Endpoint &out, base::Transport &transport);

} // namespace ingest::text
