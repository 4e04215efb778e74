// SPDX-License-Identifier: Apache-2.0
// Counts the packets of which the capture kept a part only (its snap length), and those of SIP
// among them. One importer's thread; owned by the Decoder.
#pragma once

#include <cstdint>
#include <ingest/source.h>
#include <string>
#include <string_view>

namespace ingest::decode {

class Cuts
{
public:
    explicit Cuts(CutPackets &out) : m_out(out) {}

    /// A frame of which `kept` bytes are there and `missing` are not.
    void frame(std::size_t kept, std::uint32_t missing);
    /// A datagram or segment with bytes in it; `cut`: its end is missing.
    void payload(std::uint16_t from, std::uint16_t to, std::string_view bytes, bool cut);
    /// One sentence; empty: nothing was cut.
    std::string sentence(std::uint64_t frames) const;

private:
    CutPackets &m_out;
};

} // namespace ingest::decode
