// SPDX-License-Identifier: Apache-2.0
#include <session/undelivered.h>

#include <algorithm>

namespace session {
namespace {

constexpr std::size_t kUdpHeader = 8;
/// An error comes back within the time a packet may live; the rows behind it are few.
constexpr base::Duration kLongestWay = std::chrono::seconds(10);
constexpr std::uint32_t kMostRows = 4096;
constexpr std::uint64_t kMostLooked = std::uint64_t{1} << 27U; // rows in all, then a few each
constexpr std::uint32_t kFew = 64;
/// RTP goes on into the void fifty times a second: one word in so long is enough, and a second one
/// soon, because a single packet may miss its port in a good call.
constexpr base::Duration kMediaEvery = std::chrono::seconds(10);
constexpr base::Duration kMediaAgain = std::chrono::seconds(1);

std::size_t udpLength(std::string_view header)
{
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(header[i]); };
    return header.size() < kUdpHeader ? 0 : std::size_t{at(4)} << 8U | at(5);
}

} // namespace

std::string_view Undelivered::quoted(const base::Packet &packet)
{
    const std::string_view bytes = packet.payload.text();
    std::size_t header = kUdpHeader;
    if (packet.transport != base::Transport::Udp) { // TCP: the data offset tells
        constexpr std::size_t kOffset = 12;
        if (bytes.size() <= kOffset)
            return {};
        header = (static_cast<std::uint8_t>(bytes[kOffset]) >> 4U) * std::size_t{4};
    }
    return bytes.size() > header ? bytes.substr(header) : std::string_view();
}

bool Undelivered::whole(const base::Packet &packet)
{
    return packet.transport == base::Transport::Udp &&
           udpLength(packet.payload.text()) == packet.payload.size();
}

bool Undelivered::fits(trace::RowId id, const base::Packet &packet, std::string_view quoted) const
{
    const trace::Row &row = m_trace.row(id);
    const bool udp = packet.transport == base::Transport::Udp;
    const bool sameTransport = (row.transport == base::Transport::Udp) == udp;
    if (!sameTransport || row.pair == 0 || m_trace.source(id) != packet.source ||
        m_trace.destination(id) != packet.destination)
        return false;
    if (!udp) // a segment says little: the newest message on the connection
        return true;
    const std::string_view text = m_trace.text(id);
    const std::size_t common = std::min(text.size(), quoted.size());
    if (text.substr(0, common) != quoted.substr(0, common))
        return false;
    const std::size_t length = udpLength(packet.payload.text());
    return row.kind == trace::RowKind::Cut || length < kUdpHeader ||
           text.size() == length - kUdpHeader;
}

trace::RowId Undelivered::rowOf(const base::Packet &packet)
{
    const std::string_view bytes = quoted(packet);
    const auto size = static_cast<std::uint32_t>(m_trace.size());
    const std::uint32_t most = std::min(size, m_looked < kMostLooked ? kMostRows : kFew);
    for (std::uint32_t back = 1; back <= most; ++back) {
        const trace::RowId id{size - back};
        const trace::Row &row = m_trace.row(id);
        ++m_looked;
        const bool sent = trace::isMessage(row.kind) || row.kind == trace::RowKind::Ping ||
                          row.kind == trace::RowKind::Pong || row.kind == trace::RowKind::Garbage;
        const base::Duration since = packet.time - row.time;
        if (row.time.known() && since > kLongestWay)
            break; // rows stand in order of time
        if (sent && since.count() >= 0 && fits(id, packet, bytes))
            return id;
    }
    return {};
}

Undelivered::Owner Undelivered::ofMedia(const base::Packet &packet)
{
    Owner owner;
    if (packet.transport != base::Transport::Udp)
        return owner;
    owner.call = m_media.callAt(packet.destination);
    if (!owner.call.valid())
        owner.call = m_media.callAt(packet.source);
    if (!owner.call.valid())
        return owner;
    Told &told = m_told.ensure({packet.source, packet.destination});
    owner.told =
        told.time.known() && packet.time - told.time < (told.again ? kMediaEvery : kMediaAgain);
    if (!owner.told) {
        told.again = told.time.known();
        told.time = packet.time;
    }
    return owner;
}

Undelivered::Owner Undelivered::ownerOf(const base::Packet &packet)
{
    const std::string_view bytes = quoted(packet);
    // RTP, or nothing is known: the rows are not searched fifty times a second for that.
    const bool likelyMedia =
        bytes.empty() || (static_cast<std::uint8_t>(bytes.front()) & 0xC0U) == 0x80U;
    const Owner media = likelyMedia ? ofMedia(packet) : Owner{};
    if (media.call.valid())
        return media;
    if (const trace::RowId row = rowOf(packet); row.valid())
        return {row, m_trace.row(row).call, false};
    return likelyMedia ? media : ofMedia(packet);
}

} // namespace session
