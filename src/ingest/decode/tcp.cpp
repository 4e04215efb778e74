// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/tcp.h>

#include <algorithm>
#include <ingest/decode/bytes.h>
#include <random>
#include <utility>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostConnections = 32768;
constexpr std::size_t kMostWaitingHere = 512; // segments behind one hole
constexpr std::size_t kMostBytesHere = 1U << 20U;
constexpr std::size_t kMostWaiting = 1U << 16U; // segments behind all holes
constexpr std::int64_t kWindow = 8 << 20;       // further away is not the same run of bytes
constexpr base::Duration kPatience = std::chrono::seconds(2);
/// A hole the peer has confirmed is a loss of the capture; the wait allows for the two directions
/// of a connection being captured slightly out of order.
constexpr base::Duration kConfirmedPatience = std::chrono::milliseconds(50);
/// Positions begin here, so that older bytes have positions too.
constexpr std::uint64_t kOrigin = 1ULL << 33U;

} // namespace

std::optional<TcpSegment> parseTcp(std::string_view bytes)
{
    const std::size_t header = (u8(bytes, 12) >> 4U) * 4U;
    if (header < 20 || bytes.size() < header)
        return std::nullopt;
    TcpSegment out;
    out.sourcePort = be16(bytes, 0);
    out.destinationPort = be16(bytes, 2);
    out.sequence = be32(bytes, 4);
    out.acknowledged = be32(bytes, 8);
    const std::uint8_t flags = u8(bytes, 13);
    out.fin = (flags & 0x01U) != 0;
    out.syn = (flags & 0x02U) != 0;
    out.reset = (flags & 0x04U) != 0;
    out.ack = (flags & 0x10U) != 0;
    out.payload = bytes.substr(header);
    return out;
}

std::size_t TcpTable::Hash::operator()(const Key &key) const noexcept
{
    std::uint64_t h = seed;
    const auto mix = [&h](std::uint64_t value) {
        h = (h ^ value) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 29U;
    };
    for (const base::Endpoint *end : {&key.low, &key.high}) {
        std::uint64_t words[2];
        static_assert(sizeof words == sizeof end->address.bytes);
        std::copy_n(end->address.bytes.data(), sizeof words,
                    reinterpret_cast<std::uint8_t *>(words));
        mix(words[0]);
        mix(words[1]);
        mix(end->port);
    }
    return static_cast<std::size_t>(h);
}

TcpTable::TcpTable(Emit emit)
    : m_emit(std::move(emit)),
      m_byKey(16, Hash{static_cast<std::uint64_t>(std::random_device{}()) << 32U |
                       std::random_device{}()})
{
}

TcpTable::Connection *TcpTable::find(const Key &key, bool create)
{
    const auto found = m_byKey.find(key);
    if (found != m_byKey.end()) {
        m_order.splice(m_order.end(), m_order, found->second);
        return &*found->second;
    }
    if (!create)
        return nullptr;
    if (m_order.size() >= kMostConnections) {
        Connection &oldest = m_order.front();
        flush(oldest, 0);
        flush(oldest, 1);
        m_byKey.erase({oldest.ends[0], oldest.ends[1]});
        m_order.pop_front();
        ++m_evicted;
    }
    m_order.emplace_back();
    m_order.back().ends[0] = key.low;
    m_order.back().ends[1] = key.high;
    m_byKey.emplace(key, std::prev(m_order.end()));
    return &m_order.back();
}

void TcpTable::tell(Connection &connection, int from, base::PacketKind kind, base::Blob payload,
                    base::Instant time)
{
    Half &half = connection.halves[from];
    half.last = time;
    base::Packet packet;
    packet.time = time;
    packet.kind = kind;
    packet.transport = base::Transport::Tcp;
    packet.stream = half.stream;
    packet.source = connection.ends[from];
    packet.destination = connection.ends[1 - from];
    packet.payload = std::move(payload);
    m_emit(std::move(packet));
}

void TcpTable::forget(Half &half)
{
    m_waiting -= half.waiting.size();
    half = {};
}

void TcpTable::start(Half &half, std::uint32_t sequence)
{
    forget(half);
    half.stream = ++m_streams;
    half.synchronised = true;
    half.position = kOrigin + sequence;
}

/// A SYN begins a new run of bytes, unless it repeats the one we have.
void TcpTable::open(Connection &connection, int from, const TcpSegment &segment)
{
    Half &half = connection.halves[from];
    if (half.synchronised && half.initial == segment.sequence && !half.closed)
        return;
    if (begunBefore(half, segment.sequence))
        return;
    if (half.synchronised && !segment.ack) { // the same pair of endpoints is used again
        flush(connection, 0);
        flush(connection, 1);
        forget(connection.halves[1 - from]);
    }
    flush(connection, from); // of a connection before, whose end was not captured
    start(half, segment.sequence + 1);
    half.initial = segment.sequence;
}

/// Whether the direction began in the middle just because its SYN was captured a little late.
bool TcpTable::begunBefore(Half &half, std::uint32_t sequence) const
{
    constexpr std::uint32_t kLittle = 64U << 10U;
    const auto read = static_cast<std::uint32_t>(half.position) - (sequence + 1);
    if (!half.synchronised || !half.fromMiddle || half.closed || read > kLittle)
        return false;
    half.fromMiddle = false;
    half.initial = sequence;
    return true;
}

TcpTable::Where TcpTable::locate(const Half &half, std::uint32_t sequence, std::uint64_t &position)
{
    if (!half.synchronised)
        return Where::Elsewhere;
    const std::int64_t distance =
        static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(half.position));
    if (distance < -kWindow || distance > kWindow)
        return Where::Elsewhere;
    position = half.position + static_cast<std::uint64_t>(distance);
    return half.closed ? Where::Over : Where::Known;
}

void TcpTable::add(const base::Endpoint &source, const base::Endpoint &destination,
                   const TcpSegment &segment, base::Blob payload, std::uint32_t missing,
                   base::Instant time)
{
    const int from = source < destination ? 0 : 1;
    const Key key = from == 0 ? Key{source, destination} : Key{destination, source};
    const bool carries = !payload.empty() || missing != 0;
    Connection *connection = find(key, segment.syn || carries);
    if (connection == nullptr)
        return;
    if (segment.reset) {
        // One that is far from what was sent belongs to a connection before, or is forged.
        std::uint64_t position = 0;
        const Half &half = connection->halves[from];
        if (!half.synchronised || locate(half, segment.sequence, position) != Where::Elsewhere)
            reset(*connection, from, time);
        return;
    }
    if (segment.syn)
        open(*connection, from, segment);
    if (carries || segment.fin)
        take(*connection, from, segment.sequence + (segment.syn ? 1 : 0), segment.fin,
             {std::move(payload), missing, time});
    if (segment.ack)
        confirm(connection->halves[1 - from], segment.acknowledged);
    skipHoles(*connection, 0, time);
    skipHoles(*connection, 1, time);
}

void TcpTable::take(Connection &connection, int from, std::uint32_t sequence, bool fin,
                    Waiting piece)
{
    Half &half = connection.halves[from];
    const base::Instant time = piece.time;
    std::uint64_t position = 0;
    const Where where = locate(half, sequence, position);
    if (where == Where::Over)
        return;
    if (where == Where::Elsewhere) {
        if (piece.payload.empty() && piece.missing == 0)
            return;
        if (piece.payload.text() == std::string_view("\0", 1)) // a keep-alive probe: old data
            return;
        // From the middle: a message may be under way already, so the reader has to look for a
        // beginning.
        flush(connection, from);
        start(half, sequence);
        half.fromMiddle = true;
        position = half.position;
        tell(connection, from, base::PacketKind::StreamGap, {}, time);
    }
    if (fin) {
        half.finKnown = true;
        half.finAt = piece.end(position);
        half.finTime = time;
    }
    if (position <= half.position)
        deliver(connection, from, position, piece, time);
    else
        keep(half, position, std::move(piece));
    drain(connection, from, time);
}

void TcpTable::keep(Half &half, std::uint64_t position, Waiting piece)
{
    if (half.waiting.empty())
        half.waitingSince = piece.time;
    auto [at, fresh] = half.waiting.try_emplace(position);
    if (fresh)
        ++m_waiting;
    else if (piece.end(position) <= at->second.end(position))
        return;
    half.waitingBytes += piece.payload.size() - at->second.payload.size();
    at->second = std::move(piece);
}

/// Of bytes that came twice the first copy counts: only what reaches further is handed on.
void TcpTable::deliver(Connection &connection, int from, std::uint64_t position,
                       const Waiting &piece, base::Instant time)
{
    Half &half = connection.halves[from];
    if (piece.end(position) <= half.position)
        return;
    const std::uint64_t known = half.position - position;
    half.position = piece.end(position);
    if (known < piece.payload.size())
        tell(connection, from, base::PacketKind::StreamData,
             piece.payload.part(known, piece.payload.size() - known), time);
    if (piece.missing != 0) {
        ++m_gaps;
        tell(connection, from, base::PacketKind::StreamGap, {}, time);
    }
}

/// When what waited is told to have come: what filled the hole before it may be later. Over a hole
/// that nothing filled it keeps its own time, however long nobody knew that.
base::Instant TcpTable::inTurn(const Half &half, base::Instant captured)
{
    return std::max(half.last, captured);
}

/// Hands on what has come into order, and the end of the direction.
void TcpTable::drain(Connection &connection, int from, base::Instant time)
{
    Half &half = connection.halves[from];
    while (!half.waiting.empty() && half.waiting.begin()->first <= half.position) {
        const auto entry = half.waiting.extract(half.waiting.begin());
        --m_waiting;
        half.waitingSince = time;
        half.waitingBytes -= entry.mapped().payload.size();
        deliver(connection, from, entry.key(), entry.mapped(), inTurn(half, entry.mapped().time));
    }
    if (half.finKnown && half.position >= half.finAt && !half.closed) {
        half.closed = true;
        tell(connection, from, base::PacketKind::StreamFin, {}, inTurn(half, half.finTime));
    }
}

/// The peer says that it has everything before `acknowledged`.
void TcpTable::confirm(Half &half, std::uint32_t acknowledged)
{
    const auto ahead =
        static_cast<std::int32_t>(acknowledged - static_cast<std::uint32_t>(half.position));
    if (half.synchronised && ahead > 0 && ahead < kWindow)
        half.acknowledged =
            std::max(half.acknowledged, half.position + static_cast<std::uint32_t>(ahead));
}

void TcpTable::skipHole(Connection &connection, int from, base::Instant time)
{
    Half &half = connection.halves[from];
    ++m_gaps;
    const auto &[position, next] = *half.waiting.begin();
    half.position = position;
    tell(connection, from, base::PacketKind::StreamGap, {}, inTurn(half, next.time));
    drain(connection, from, time);
}

bool TcpTable::overdue(const Half &half, base::Instant time) const
{
    if (half.waiting.size() > kMostWaitingHere || half.waitingBytes > kMostBytesHere ||
        m_waiting > kMostWaiting)
        return true;
    const base::Duration waited = time - half.waitingSince;
    return waited > kPatience || (half.acknowledged > half.position && waited > kConfirmedPatience);
}

void TcpTable::skipHoles(Connection &connection, int from, base::Instant time)
{
    const Half &half = connection.halves[from];
    while (!half.waiting.empty() && overdue(half, time))
        skipHole(connection, from, time);
}

/// Everything that waits, with its holes told.
void TcpTable::flush(Connection &connection, int from)
{
    const Half &half = connection.halves[from];
    while (!half.waiting.empty())
        skipHole(connection, from, std::max(half.last, half.waiting.begin()->second.time));
}

void TcpTable::refused(const base::Endpoint &by, const base::Endpoint &to)
{
    constexpr std::size_t kMost = 16;
    constexpr std::uint16_t kFirstPort = 5060, kLastPort = 5090;
    if (by.port < kFirstPort || by.port > kLastPort)
        return;
    const auto known = std::find_if(m_refusals.begin(), m_refusals.end(), [&](const Refusal &one) {
        return one.by == by && one.to == to.address;
    });
    if (known != m_refusals.end())
        ++known->count;
    else if (m_refusals.size() < kMost)
        m_refusals.push_back({by, to.address, 1});
}

void TcpTable::reset(Connection &connection, int from, base::Instant time)
{
    Half &half = connection.halves[from];
    Half &other = connection.halves[1 - from];
    const bool over = half.closed && (other.closed || !other.synchronised);
    if (over || (!half.synchronised && !other.synchronised))
        return;
    flush(connection, 0);
    flush(connection, 1);
    const bool unused = other.synchronised && !other.fromMiddle &&
                        static_cast<std::uint32_t>(other.position) == other.initial + 1;
    const bool silent =
        !half.synchronised ||
        (!half.fromMiddle && static_cast<std::uint32_t>(half.position) == half.initial + 1);
    if (unused && silent)
        refused(connection.ends[from], connection.ends[1 - from]);
    if (!half.synchronised) // refused: the answer to a SYN
        start(half, 0);
    half.closed = other.closed = true;
    tell(connection, from, base::PacketKind::StreamReset, {}, time);
}

void TcpTable::finish()
{
    for (Connection &connection : m_order) {
        flush(connection, 0);
        flush(connection, 1);
    }
}

} // namespace ingest::decode
