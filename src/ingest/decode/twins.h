// SPDX-License-Identifier: Apache-2.0
// Recognises a datagram that was captured twice: on two interfaces, with and without a VLAN tag,
// inside and outside a tunnel, by both ends of a mirror. A sender that repeats itself does so later
// (T1 of RFC 3261 is 500 ms), or with another identification in the IP header. Constant memory, no
// allocation once made. One importer's thread; owned by the Decoder.
#pragma once

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ingest::decode {

class Twins
{
public:
    struct Sighting {
        base::Instant time;
        base::Endpoint source, destination;
        std::uint32_t identification = 0; // of the IP header, 0 where there is none
        std::uint32_t way = 0;            // what tells one place of capturing from another
        std::string_view payload;
    };
    enum class Kind : std::uint8_t {
        New,
        Copy,      // the same datagram was seen a moment before
        SentAgain, // the same bytes were, in a packet of another identification
    };
    /// How long the moment is depends on whether it came another way. `hash` gets base::hashOf the
    /// payload where it was read whole, and is left alone where it was not (RTP).
    Kind seen(const Sighting &sighting, std::uint64_t &hash);
    std::uint64_t count() const { return m_count; }

private:
    struct Entry {
        std::uint64_t identity = 0; // 0: free
        base::Instant time;
        std::uint32_t way = 0, identification = 0;
    };
    struct Sender {
        base::Address address;
        std::uint32_t identification = 0; // of its last packet
        bool counts = false;
    };
    bool counts(const Sighting &sighting);
    struct Found {
        Entry &entry;
        bool same = false;  // it is of that datagram
        bool again = false; // its bytes were sent in another packet
    };
    Found find(std::uint64_t identity, std::uint32_t identification, std::uint32_t way);

    std::vector<Sender> m_senders; // by a part of the address's hash
    std::vector<Entry> m_entries;  // a few for each of the identity's low bits, the latest
    std::uint64_t m_count = 0;
};

} // namespace ingest::decode
