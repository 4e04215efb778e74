// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/recorded.h>

#include <ingest/decode/bytes.h>
#include <ingest/decode/ip.h>
#include <record/blocks.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostStreams = 65536;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint32_t kDirection = 3;

base::Address addressOf(std::string_view value)
{
    if (value.size() == 4)
        return base::Address::v4(be32(value, 0));
    if (value.size() == 16)
        return base::Address::v6(reinterpret_cast<const std::uint8_t *>(value.data()));
    return {};
}

/// Tags of an exported PDU, as far as ours go; false: they do not end.
bool readPdu(const base::Blob &bytes, base::Packet &out)
{
    constexpr std::uint16_t kSource4 = 20, kDestination4 = 21, kSource6 = 22, kDestination6 = 23,
                            kSourcePort = 25, kDestinationPort = 26;
    const std::string_view whole = bytes.text();
    for (std::size_t at = 0; at + 4 <= whole.size();) {
        const std::uint16_t code = be16(whole, at);
        const std::size_t length = be16(whole, at + 2);
        at += 4;
        if (code == 0) {
            out.payload = bytes.part(at, whole.size() - at);
            return true;
        }
        if (length > whole.size() - at)
            return false;
        const std::string_view value = whole.substr(at, length);
        if (code == kSource4 || code == kSource6)
            out.source.address = addressOf(value);
        else if (code == kDestination4 || code == kDestination6)
            out.destination.address = addressOf(value);
        else if (code == kSourcePort)
            out.source.port = static_cast<std::uint16_t>(be32(value, 0));
        else if (code == kDestinationPort)
            out.destination.port = static_cast<std::uint16_t>(be32(value, 0));
        at += length;
    }
    return false;
}

bool readUdp(const base::Blob &bytes, base::Packet &out)
{
    constexpr std::size_t kHeader = 8;
    const auto ip = parseIp(bytes.text());
    if (!ip || ip->fragment || ip->protocol != kUdp || ip->payload.size() < kHeader)
        return false;
    out.source = {ip->source, be16(ip->payload, 0)};
    out.destination = {ip->destination, be16(ip->payload, 2)};
    out.dscp = ip->dscp;
    out.hops = out.outgoing ? 0 : ip->hops; // nobody has seen ours arrive
    const auto behind = static_cast<std::size_t>(ip->payload.data() - bytes.text().data());
    out.payload = bytes.part(behind + kHeader, ip->payload.size() - kHeader);
    return true;
}

bool isConnection(base::Transport transport)
{
    return transport == base::Transport::Tcp || transport == base::Transport::Tls ||
           transport == base::Transport::Ws || transport == base::Transport::Wss;
}

} // namespace

bool Recorded::interface(std::string_view comment)
{
    m_lanes.push_back(record::laneOf(comment));
    return m_lanes.back().has_value();
}

std::optional<base::Packet> Recorded::read(const Frame &frame)
{
    if (!knows(frame.interface))
        return std::nullopt;
    const record::Lane &lane = *m_lanes[frame.interface];
    base::Packet out;
    out.time = frame.time;
    out.outgoing =
        (frame.flags & kDirection) == static_cast<std::uint32_t>(record::Direction::Outbound);
    const bool readable = frame.linkType == record::kExportedPdu ? readPdu(frame.bytes, out)
                          : frame.linkType == record::kRawIp     ? readUdp(frame.bytes, out)
                                                                 : false;
    if (!readable)
        return std::nullopt;
    if (isConnection(lane.transport))
        out.kind = base::PacketKind::StreamData;
    const bool ours = record::restore(out, lane, frame.comment);
    (void)ours;
    if (!isConnection(lane.transport) || out.kind == base::PacketKind::Datagram ||
        out.kind == base::PacketKind::Local)
        return out;
    if (m_streams.size() >= kMostStreams)
        m_streams.clear();
    const End key{out.origin, out.transport, out.source, out.destination};
    const auto [at, fresh] = m_streams.try_emplace(key, m_lastStream + 1);
    m_lastStream += fresh ? 1 : 0;
    out.stream = at->second;
    if (out.kind == base::PacketKind::StreamFin || out.kind == base::PacketKind::StreamReset)
        m_streams.erase(at);
    return out;
}

} // namespace ingest::decode
