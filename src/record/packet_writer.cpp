// SPDX-License-Identifier: Apache-2.0
#include <record/packet_writer.h>

#include <record/blocks.h>
#include <sip/message.h>

namespace record {
namespace {

using base::PacketKind;
using base::PayloadHint;

constexpr std::size_t kMostStreams = 4096;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kMostDatagram = 0xFFFF - 48; // with the larger of the IP headers and UDP's

std::uint64_t keyOf(const base::Packet &packet)
{
    return static_cast<std::uint64_t>(packet.origin) << 32U | packet.stream;
}

bool carriesBytes(const base::Packet &packet)
{
    return packet.kind == PacketKind::Datagram || packet.kind == PacketKind::StreamData;
}

bool isStun(std::string_view bytes)
{
    return bytes.size() >= 20 && static_cast<unsigned char>(bytes[0]) < 4 &&
           bytes.substr(4, 4) == "\x21\x12\xA4\x42";
}

bool blank(std::string_view bytes)
{
    return bytes.find_first_not_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// The name of the dissector that makes most of the bytes.
std::string_view dissectorOf(const base::Packet &packet, std::string_view bytes)
{
    if (!carriesBytes(packet))
        return "data-text-lines";
    if (packet.hint == PayloadHint::Rtp)
        return "rtp";
    if (packet.hint == PayloadHint::Rtcp)
        return "rtcp";
    if (isStun(bytes))
        return "stun-udp";
    if (packet.source.port == kDnsPort || packet.destination.port == kDnsPort)
        return "dns";
    const auto text = bytes.substr(std::min(bytes.size(), bytes.find_first_not_of("\r\n")));
    return sip::looksLikeSip(text) ? "sip" : "data";
}

/// RFC 6347 section 4.1 and RFC 7983: a record of DTLS 1.x.
bool isDtls(std::string_view bytes)
{
    constexpr std::size_t kHeader = 13;
    return bytes.size() >= kHeader && bytes[0] >= 20 && bytes[0] < 64 && bytes[1] == '\xFE';
}

/// Media, and the handshake for it, can be any program's to read when it looks like the packets it
/// was: an exported PDU of DTLS names no dissector that Wireshark would take.
bool asDatagram(const base::Packet &packet, std::string_view bytes)
{
    const bool handshake =
        packet.origin == base::Origin::Media && packet.hint == PayloadHint::Unknown;
    return packet.kind == PacketKind::Datagram && !packet.cut &&
           (packet.hint == PayloadHint::Rtp || packet.hint == PayloadHint::Rtcp ||
            (handshake && isDtls(bytes))) &&
           packet.source.known() &&
           packet.source.address.family == packet.destination.address.family &&
           packet.payload.size() <= kMostDatagram;
}

} // namespace

std::string PacketWriter::begin()
{
    m_interfaces.clear();
    return sectionBlock("Earshot");
}

std::uint32_t PacketWriter::interface(const Lane &lane, std::uint16_t linkType, std::string &out)
{
    for (std::uint32_t i = 0; i < m_interfaces.size(); ++i) {
        if (m_interfaces[i].lane == lane && m_interfaces[i].linkType == linkType)
            return i;
    }
    m_interfaces.push_back({lane, linkType});
    out += interfaceBlock(linkType, laneName(lane), laneComment(lane));
    return static_cast<std::uint32_t>(m_interfaces.size() - 1);
}

void PacketWriter::write(const base::Packet &packet, std::string_view bytes, std::string &out)
{
    const Lane lane{packet.origin, packet.transport, packet.hint};
    const Direction direction = packet.kind == PacketKind::Local ? Direction::Unknown
                                : packet.outgoing                ? Direction::Outbound
                                                                 : Direction::Inbound;
    if (asDatagram(packet, bytes)) {
        const std::uint32_t into = interface(lane, kRawIp, out);
        out += packetBlock(
            into, packet.time, direction,
            udpPacket(packet.source, packet.destination, {packet.dscp, packet.hops}, bytes), {});
        return;
    }
    const std::string told = words(packet);
    Pdu pdu;
    pdu.dissector = dissectorOf(packet, bytes);
    pdu.source = packet.source;
    pdu.destination = packet.destination;
    pdu.connection = packet.stream != 0;
    if (told.empty() && packet.hint == PayloadHint::Sip && !bytes.empty() && blank(bytes))
        pdu.protocol = "SIP keep-alive";
    if (!told.empty()) {
        pdu.protocol = "EARSHOT";
        bytes = told;
    }
    const std::uint32_t into = interface(lane, kExportedPdu, out);
    out +=
        packetBlock(into, packet.time, direction, exportedPdu(pdu, bytes), packetComment(packet));
}

void PacketWriter::frames(const std::vector<sip::Frame> &frames, const base::Packet &packet,
                          std::string &out)
{
    base::Packet whole = packet;
    whole.kind = PacketKind::StreamData;
    for (const sip::Frame &frame : frames) {
        whole.time = frame.time;
        write(whole, frame.text, out);
    }
}

void PacketWriter::stream(const base::Packet &packet, std::string &out)
{
    const std::uint64_t key = keyOf(packet);
    if (m_streams.size() >= kMostStreams && m_streams.count(key) == 0) {
        const auto victim = m_streams.begin();
        frames(victim->second.framer.end(victim->second.last.time), victim->second.last, out);
        m_streams.erase(victim);
    }
    Stream &stream = m_streams[key];
    if (packet.kind == PacketKind::StreamData) {
        frames(stream.framer.add(packet.payload.text(), packet.time), packet, out);
        stream.last = packet;
        stream.last.payload = {};
        return;
    }
    frames(stream.framer.gap(packet.time), packet, out);
    write(packet, {}, out);
    if (packet.kind != PacketKind::StreamGap)
        m_streams.erase(key);
}

void PacketWriter::add(const base::Packet &packet, std::string &out)
{
    if (packet.kind == PacketKind::Datagram)
        write(packet, packet.payload.text(), out);
    else if (packet.kind != PacketKind::Local)
        stream(packet, out);
    else if (packet.local || isNaming(packet))
        write(packet, {}, out);
}

void PacketWriter::addWhole(const base::Packet &packet, std::string &out)
{
    if (packet.kind != PacketKind::Local || packet.local)
        write(packet, packet.payload.text(), out);
}

void PacketWriter::finish(std::string &out)
{
    for (auto &[key, stream] : m_streams)
        frames(stream.framer.end(stream.last.time), stream.last, out);
    m_streams.clear();
}

} // namespace record
