// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/ip.h>

#include <algorithm>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostAssemblies = 1024;
constexpr std::size_t kMostBytes = 16U << 20U;
constexpr std::size_t kMostPieces = 256;
constexpr std::uint32_t kMostLength = 65535;
constexpr base::Duration kLifetime = std::chrono::seconds(60); // RFC 8200 section 4.5
constexpr int kMostExtensions = 16;
constexpr std::size_t kMostDone = 512;
/// Copies of a packet come within this time; its identification is not used again as soon.
constexpr base::Duration kCopies = std::chrono::milliseconds(200);

constexpr std::uint8_t kAuthentication = 51;

base::Address addressFour(std::string_view bytes, std::size_t at)
{
    return base::Address::v4(be32(bytes, at));
}

base::Address addressSix(std::string_view bytes, std::size_t at)
{
    return base::Address::v6(reinterpret_cast<const std::uint8_t *>(bytes.data()) + at);
}

std::optional<IpPacket> parseFour(std::string_view bytes)
{
    const std::size_t header = (u8(bytes, 0) & 0x0FU) * 4U;
    if (header < 20 || bytes.size() < header)
        return std::nullopt;
    std::size_t total = be16(bytes, 2);
    if (total == 0) // segmentation offload: the card was to fill it in
        total = bytes.size();
    if (total < header)
        return std::nullopt;
    IpPacket out;
    out.missing = static_cast<std::uint32_t>(total - std::min(total, bytes.size()));
    out.payload = bytes.substr(header, std::min(total, bytes.size()) - header);
    out.protocol = u8(bytes, 9);
    out.source = addressFour(bytes, 12);
    out.destination = addressFour(bytes, 16);
    const std::uint16_t flags = be16(bytes, 6);
    out.more = (flags & 0x2000U) != 0;
    out.offset = (flags & 0x1FFFU) * 8U;
    out.fragment = out.more || out.offset != 0;
    out.identification = be16(bytes, 4);
    out.hops = u8(bytes, 8);
    out.dscp = u8(bytes, 1) >> 2U;
    if (out.protocol == kAuthentication && !out.fragment && !skipExtensions(out))
        return std::nullopt;
    return out;
}

std::optional<IpPacket> parseSix(std::string_view bytes)
{
    constexpr std::size_t kHeader = 40;
    if (bytes.size() < kHeader)
        return std::nullopt;
    IpPacket out;
    std::size_t length = be16(bytes, 4);
    const std::size_t there = bytes.size() - kHeader;
    if (length == 0) // jumbo payload or segmentation offload
        length = there;
    out.missing = static_cast<std::uint32_t>(length - std::min(length, there));
    out.payload = bytes.substr(kHeader, std::min(length, there));
    out.protocol = u8(bytes, 6);
    out.hops = u8(bytes, 7);
    out.dscp = (be16(bytes, 0) >> 6U) & 0x3FU;
    out.source = addressSix(bytes, 8);
    out.destination = addressSix(bytes, 24);
    if (!skipExtensions(out))
        return std::nullopt;
    return out;
}

} // namespace

bool skipExtensions(IpPacket &out)
{
    for (int seen = 0; seen < kMostExtensions; ++seen) {
        std::size_t length = 0;
        const std::uint8_t next = u8(out.payload, 0);
        switch (out.protocol) {
        case 0:   // hop-by-hop
        case 43:  // routing
        case 60:  // destination
        case 135: // mobility
        case 139: // host identity
        case 140: // shim6
            length = (u8(out.payload, 1) + 1U) * 8U;
            break;
        case kAuthentication: // RFC 4302 section 2.2
            length = (u8(out.payload, 1) + 2U) * 4U;
            break;
        case 44:
            length = 8;
            break;
        default:
            return true;
        }
        if (out.payload.size() < length)
            return false;
        if (out.protocol == 44) {
            const std::uint16_t field = be16(out.payload, 2);
            out.offset = field & 0xFFF8U;
            out.more = (field & 1U) != 0;
            out.identification = be32(out.payload, 4);
            out.fragment = out.more || out.offset != 0; // else an atomic fragment, RFC 6946
        }
        out.protocol = next;
        out.payload.remove_prefix(length);
        if (out.fragment)
            return true;
    }
    return false;
}

std::optional<IpPacket> parseIp(std::string_view bytes)
{
    switch (u8(bytes, 0) >> 4U) {
    case 4:
        return parseFour(bytes);
    case 6:
        return parseSix(bytes);
    default:
        return std::nullopt;
    }
}

void Fragments::drop(Assemblies::iterator entry)
{
    m_bytes -= entry->bytes.size();
    m_byKey.erase(entry->key);
    m_order.erase(entry);
}

void Fragments::tellBeginning(const Assembly &entry)
{
    if (entry.pieces.empty() || entry.pieces.front().begin != 0)
        return;
    IpPacket packet;
    packet.source = entry.key.source;
    packet.destination = entry.key.destination;
    packet.protocol = entry.protocol;
    packet.identification = entry.key.identification;
    m_beginning(packet,
                base::Blob::copy(std::string_view(entry.bytes).substr(0, entry.pieces[0].end)),
                entry.started);
}

void Fragments::finish()
{
    for (const Assembly &entry : m_order) {
        if (entry.spoiled)
            continue;
        ++m_incomplete;
        tellBeginning(entry);
    }
}

void Fragments::expire(base::Instant time)
{
    while (!m_order.empty() && (m_order.size() > kMostAssemblies || m_bytes > kMostBytes ||
                                time - m_order.front().started > kLifetime)) {
        if (!m_order.front().spoiled) {
            ++m_givenUp;
            tellBeginning(m_order.front());
        }
        drop(m_order.begin());
    }
}

Fragments::Assembly &Fragments::assembly(const Key &key, base::Instant time)
{
    const auto found = m_byKey.find(key);
    if (found != m_byKey.end())
        return *found->second;
    m_order.push_back({key, time, 0, {}, {}, 0, false});
    m_byKey.emplace(key, std::prev(m_order.end()));
    return m_order.back();
}

/// False: the assembly is spoiled.
bool Fragments::place(Assembly &into, const IpPacket &packet)
{
    const std::uint32_t begin = packet.offset;
    const auto end = static_cast<std::uint32_t>(begin + packet.payload.size());
    if (end > kMostLength || into.pieces.size() >= kMostPieces)
        return false;
    if (!packet.more) {
        if (into.total != 0 && into.total != end)
            return false;
        into.total = end;
    }
    if (end == begin)
        return true;
    auto at = std::lower_bound(
        into.pieces.begin(), into.pieces.end(), begin,
        [](const Piece &piece, std::uint32_t value) { return piece.end <= value; });
    if (at != into.pieces.end() && at->begin <= begin && end <= at->end)
        return true; // an exact repetition, or nothing new
    const bool overlaps = at != into.pieces.end() && at->begin < end;
    if (overlaps && packet.source.family == 6)
        return false;
    if (into.bytes.size() < end) {
        m_bytes += end - into.bytes.size();
        into.bytes.resize(end);
    }
    std::uint32_t from = begin; // fills only the holes: the first byte to come stays
    while (from < end) {
        if (at != into.pieces.end() && at->begin <= from) {
            from = at->end;
            ++at;
            continue;
        }
        const std::uint32_t to = at != into.pieces.end() ? std::min(at->begin, end) : end;
        packet.payload.copy(into.bytes.data() + from, to - from, from - begin);
        at = into.pieces.insert(at, {from, to}) + 1;
        from = to;
    }
    return true;
}

/// Whether that datagram was whole a moment before.
bool Fragments::complete(const Key &key, base::Instant time)
{
    return std::any_of(m_done.begin(), m_done.end(), [&](const Done &done) {
        return done.key == key && std::chrono::abs(time - done.time) <= kCopies;
    });
}

std::optional<base::Blob> Fragments::spoil(Assembly &into, const IpPacket &packet)
{
    ++m_givenUp;
    if (packet.missing != 0 && packet.offset == 0) // a short snap length leaves the beginning
        m_beginning(packet, base::Blob::copy(packet.payload), into.started);
    // The entry stays, empty, so that the rest of the datagram is not taken for a new one.
    m_bytes -= into.bytes.size();
    into.bytes = {};
    into.pieces = {};
    into.spoiled = true;
    return std::nullopt;
}

std::optional<base::Blob> Fragments::add(const IpPacket &packet, base::Instant time)
{
    expire(time);
    const Key key{packet.source, packet.destination, packet.identification,
                  packet.source.family == 6 ? std::uint8_t{0} : packet.protocol};
    if (!m_byKey.contains(key) && complete(key, time)) {
        ++m_repeated;
        return std::nullopt;
    }
    Assembly &into = assembly(key, time);
    if (packet.offset == 0)
        into.protocol = packet.protocol;
    if (into.spoiled)
        return std::nullopt;
    if (packet.missing != 0 || !place(into, packet))
        return spoil(into, packet);
    std::uint32_t reached = 0;
    for (const Piece &piece : into.pieces) {
        if (piece.begin != reached)
            return std::nullopt;
        reached = piece.end;
    }
    if (into.total == 0 || reached < into.total)
        return std::nullopt;
    auto owner = std::make_shared<const std::string>(into.bytes.substr(0, into.total));
    const std::string_view view = *owner;
    if (m_done.size() < kMostDone)
        m_done.resize(kMostDone);
    m_done[m_nextDone++ % kMostDone] = {key, time};
    m_protocol = into.protocol;
    drop(m_byKey.find(key)->second);
    return base::Blob::view(std::move(owner), view);
}

} // namespace ingest::decode
