// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791) and IPv6 (RFC 8200): headers read without trust, fragments put together in bounded
// memory. One importer's thread; owned by the Decoder.
#pragma once

#include <base/blob.h>
#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::decode {

struct IpPacket {
    base::Address source, destination;
    std::uint8_t protocol = 0; // of the payload: 17 UDP, 6 TCP
    std::uint8_t hops = 0;     // time to live, hop limit
    std::uint8_t dscp = 0;     // RFC 2474 section 3
    std::string_view payload;
    std::uint32_t missing = 0; // bytes at its end that the capture does not hold
    bool fragment = false;
    bool more = false; // more fragments follow
    std::uint32_t identification = 0;
    std::uint32_t offset = 0; // of the fragment, in bytes
};

/// nullopt: no IP packet, or its headers do not fit into what is there.
std::optional<IpPacket> parseIp(std::string_view bytes);
/// Walks extension headers (RFC 8200 section 4) and AH (RFC 4302) at the payload's begin, up to a
/// fragment header; false: they do not fit, or nothing readable follows.
bool skipExtensions(IpPacket &packet);

class Fragments
{
public:
    /// Hears the beginning of a datagram whose rest never came: filters on ports let only first
    /// fragments pass. The packet's time is that of its first piece.
    using Beginning =
        std::function<void(const IpPacket &packet, const base::Blob &begin, base::Instant time)>;
    explicit Fragments(Beginning beginning) : m_beginning(std::move(beginning)) {}

    /// Takes a fragment; the whole payload once its last piece has come. Overlapping IPv6 pieces
    /// discard the whole (RFC 8200 section 4.5), of overlapping IPv4 pieces the first byte to come
    /// is kept. A piece of a datagram that was whole just before was captured twice.
    std::optional<base::Blob> add(const IpPacket &packet, base::Instant time);
    /// What the first fragment of the datagram put together last says it holds.
    std::uint8_t protocol() const { return m_protocol; }
    std::uint64_t repeated() const { return m_repeated; } // pieces captured twice
    /// Datagrams given up: too many at once, too old, too many pieces, overlapping.
    std::uint64_t givenUp() const { return m_givenUp; }
    std::uint64_t incomplete() const { return m_incomplete; } // that lack a piece, when finished
    /// The input ended.
    void finish();

private:
    struct Key {
        base::Address source, destination;
        std::uint32_t identification = 0;
        std::uint8_t protocol = 0; // IPv6: 0, only the first fragment's counts
        friend auto operator<=>(const Key &, const Key &) = default;
    };
    struct Piece {
        std::uint32_t begin = 0, end = 0;
    };
    struct Assembly {
        Key key;
        base::Instant started;
        std::uint8_t protocol = 0; // of the first fragment
        std::string bytes;
        std::vector<Piece> pieces; // in order, without overlap
        std::uint32_t total = 0;   // 0: the last fragment has not come
        bool spoiled = false;      // nothing more is to be made of it
    };
    using Assemblies = std::list<Assembly>;

    Assembly &assembly(const Key &key, base::Instant time);
    void drop(Assemblies::iterator entry);
    void tellBeginning(const Assembly &entry);
    void expire(base::Instant time);
    bool place(Assembly &into, const IpPacket &packet);
    bool complete(const Key &key, base::Instant time);
    std::optional<base::Blob> spoil(Assembly &into, const IpPacket &packet);

    Assemblies m_order; // oldest first
    std::map<Key, Assemblies::iterator> m_byKey;
    std::size_t m_bytes = 0;
    struct Done {
        Key key;
        base::Instant time;
    };
    std::vector<Done> m_done; // the last ones put together, a ring
    std::size_t m_nextDone = 0;
    std::uint8_t m_protocol = 0;
    std::uint64_t m_givenUp = 0, m_incomplete = 0, m_repeated = 0;
    Beginning m_beginning;
};

} // namespace ingest::decode
