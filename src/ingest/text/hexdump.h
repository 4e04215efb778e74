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

struct DumpLine {
    std::size_t offset = 0;
    std::string bytes; // at most 32
};

/// "0x0010:  4500 01f4 ..  E..", "0010  45 00 01 f4", "00000010  45 00  |E.|".
/// `radix`: of the offset, 16 or 8 (as od writes it).
std::optional<DumpLine> readDumpLine(std::string_view line, unsigned radix = 16);

/// "494e56", "49:4e:56"; empty where it is no hex of whole bytes.
std::string bytesOfHex(std::string_view hex);

/// A dump that begins in the line at `line` with offset 0; nullopt: there is none.
std::optional<Dump> readDump(std::string_view text, std::size_t line);

/// Which link layer the bytes begin with, so far as their lengths agree; nullopt: none we know.
std::optional<std::uint32_t> linkTypeOf(std::string_view bytes);

} // namespace ingest::text
