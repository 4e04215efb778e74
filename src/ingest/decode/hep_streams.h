// SPDX-License-Identifier: Apache-2.0
// HEP over TCP: packets back to back, framed by their length, whatever segments they came in.
// Bounded. One importer's thread; owned by the Decoder.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace ingest::decode {

class HepStreams
{
public:
    using Found = std::function<void(const base::Blob &hep, base::Instant time)>;
    explicit HepStreams(Found found) : m_found(std::move(found)) {}

    /// True: the packet is of a HEP connection and was taken; false: it is somebody else's.
    bool take(const base::Packet &packet);
    std::uint64_t lost() const { return m_lost; } // bytes between two packets that are none

private:
    bool begins(const base::Packet &packet) const;
    void data(std::string &held, const base::Packet &packet);

    Found m_found;
    std::unordered_map<std::uint32_t, std::string> m_streams; // -> bytes of a packet under way
    std::uint32_t m_middle = 0; // a connection that was captured from its middle on
    std::uint64_t m_lost = 0;
};

} // namespace ingest::decode
