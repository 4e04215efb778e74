// SPDX-License-Identifier: Apache-2.0
// Private to ingest: a conversation as Wireshark's "Follow stream" writes it: what each side sent,
// in order, with the ends and times that the form tells. Pure, linear in the text.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::text {

struct Talk {
    struct Part {
        int side = 0; // 0 or 1
        base::Instant time;
        std::string bytes;
    };
    base::Endpoint ends[2]; // unknown where the text does not tell them
    base::Transport transport = base::Transport::Unknown;
    bool dots = false; // what cannot be printed is shown as dots
    std::vector<Part> parts;

    /// Each part is a datagram, as far as can be seen; else pieces of a connection.
    bool inDatagrams() const;
};

/// A hex dump of two sides: offsets run on for each, the second side is indented. What begins in
/// the line at `line`; one side that sends once is a plain dump and none of these.
std::optional<Talk> readFollowedDump(std::string_view text, std::size_t line, std::size_t &next);

/// Of tshark's own "-z follow", all of them in the text.
std::vector<Talk> readFollows(std::string_view text);
bool isFollow(std::string_view firstBytes);

/// The packets of a talk, with nothing but what it tells; `stream`: a number for its first side.
std::vector<base::Packet> packetsOf(const Talk &talk, std::uint32_t stream);

} // namespace ingest::text
