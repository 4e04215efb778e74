// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/twins.h>

#include <base/hash.h>
#include <cstring>

namespace ingest::decode {
namespace {

constexpr std::size_t kPlaces = 1U << 13U, kWays = 8; // powers of two: 65536 packets at once
/// Another interface, tag, tunnel or number of hops: the same datagram further on its way.
constexpr base::Duration kOtherWay = std::chrono::milliseconds(100);
/// The same identification of a sender that counts: no second sending has it.
constexpr base::Duration kCounted = std::chrono::milliseconds(100);
constexpr std::size_t kSenders = 256; // a power of two
/// A mirror port that sees a packet come and go. Quicker than any sender repeats.
constexpr base::Duration kSameWay = std::chrono::microseconds(500);
constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ULL;

std::uint64_t word(const char *at)
{
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value)
{
    hash = (hash ^ value) * kFactor;
    return hash ^ hash >> 32U;
}

bool looksLikeRtp(std::string_view payload)
{
    return !payload.empty() && (static_cast<unsigned char>(payload.front()) & 0xC0U) == 0x80U;
}

/// The first and last bytes of RTP tell one packet from another, sequence number and time stamp
/// among them; SIP has to be read whole.
std::uint64_t contentOf(std::string_view payload, std::uint64_t &hash)
{
    constexpr std::size_t kEnough = 24;
    if (payload.size() <= 2 * kEnough || !looksLikeRtp(payload))
        return hash = base::hashOf(payload);
    return base::hashOf(payload.substr(0, kEnough),
                        base::hashOf(payload.substr(payload.size() - kEnough), payload.size()));
}

} // namespace

/// Whether the sender gives each packet an identification of its own; many write 0, or always one.
bool Twins::counts(const Sighting &sighting)
{
    if (sighting.identification == 0)
        return false;
    const base::Address &address = sighting.source.address;
    Sender &sender = m_senders[std::hash<base::Address>()(address) & (kSenders - 1)];
    if (sender.address != address)
        sender = {address, sighting.identification, false};
    sender.counts = sender.counts || sender.identification != sighting.identification;
    sender.identification = sighting.identification;
    return sender.counts;
}

/// The entry of that datagram, or the one that can best be spared.
Twins::Found Twins::find(std::uint64_t identity, std::uint32_t identification, std::uint32_t way)
{
    Entry *const first = &m_entries[(identity >> 1U & (kPlaces - 1)) * kWays];
    Entry *oldest = first;
    bool again = false;
    for (Entry *at = first; at != first + kWays; ++at) {
        // A mirror's copy (HEP) has no identification; two that differ were sent twice.
        if (at->identity == identity && (at->identification == identification ||
                                         at->identification == 0 || identification == 0))
            return {*at, true, again};
        // At another point of capture the identification may be another one (RFC 6864 section 4).
        again |= at->identity == identity && at->way == way;
        if (at->time < oldest->time)
            oldest = at;
    }
    return {*oldest, false, again};
}

Twins::Kind Twins::seen(const Sighting &sighting, std::uint64_t &hash)
{
    if (m_entries.empty()) {
        m_entries.resize(kPlaces * kWays);
        m_senders.resize(kSenders);
    }
    const bool counted = counts(sighting) && !looksLikeRtp(sighting.payload);
    std::uint64_t identity = 0;
    for (const base::Endpoint *end : {&sighting.source, &sighting.destination}) {
        const auto *address = reinterpret_cast<const char *>(end->address.bytes.data());
        identity = mix(mix(mix(identity, word(address)), word(address + 8)), end->port);
    }
    identity = base::mixed(identity, contentOf(sighting.payload, hash)) | 1U;
    const auto [entry, same, again] = find(identity, sighting.identification, sighting.way);
    if (same) {
        const base::Duration apart = std::chrono::abs(sighting.time - entry.time);
        const bool numbered = counted && entry.identification != 0;
        if (apart < (entry.way != sighting.way ? kOtherWay : numbered ? kCounted : kSameWay)) {
            ++m_count;
            return Kind::Copy;
        }
    }
    entry = {identity, sighting.time, sighting.way, sighting.identification};
    return again ? Kind::SentAgain : Kind::New;
}

} // namespace ingest::decode
