// SPDX-License-Identifier: Apache-2.0
// Private to ingest: bytes written as hex with offsets, as Wireshark, tshark -x, tcpdump -X,
// text2pcap and hexdump -C do. Pure, linear in the dump.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::text {

struct Dump {
    std::string bytes;
    std::size_t next = 0; // where the text goes on
};

/// A dump that begins in the line at `line` with offset 0; nullopt: there is none.
std::optional<Dump> readDump(std::string_view text, std::size_t line);

/// Which link layer the bytes begin with, so far as their lengths agree; nullopt: none we know.
std::optional<std::uint32_t> linkTypeOf(std::string_view bytes);

} // namespace ingest::text
