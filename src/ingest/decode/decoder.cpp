// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/decoder.h>

#include <algorithm>
#include <base/hash.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/esp.h>
#include <ingest/decode/ether.h>
#include <ingest/decode/exported.h>
#include <ingest/decode/icmp.h>
#include <ingest/decode/sctp.h>
#include <ingest/decode/tunnel.h>
#include <ingest/decode/turn.h>
#include <utility>

namespace ingest::decode {
namespace {

constexpr std::uint8_t kTcp = 6, kUdp = 17, kSctp = 132, kUdpLite = 136;
constexpr std::uint64_t kProgressStep = 1U << 20U; // bytes
constexpr int kDeepest = 8;                        // tunnels within tunnels

} // namespace

base::Instant clampedTime(std::int64_t seconds, std::uint64_t nanoseconds)
{
    constexpr std::int64_t kLatest = 4'000'000'000; // the year 2096
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    const std::int64_t within = std::clamp<std::int64_t>(seconds, 0, kLatest);
    return {within * static_cast<std::int64_t>(kNanoseconds) +
            static_cast<std::int64_t>(std::min(nanoseconds, kNanoseconds - 1))};
}

Decoder::Decoder(std::shared_ptr<const void> owner, const Sink &sink, Outcome &outcome,
                 const std::atomic<bool> &cancel)
    : m_owner(std::move(owner)), m_sink(sink), m_outcome(outcome), m_cancel(cancel),
      m_kept(sink.kept ? sink.kept : std::make_shared<Reassembly>()),
      m_fragments(m_kept->fragments), m_layers(m_kept->layers), m_tcp(m_kept->tcp),
      m_hepStreams(m_kept->hepStreams), m_twins(m_kept->twins), m_cuts(outcome.cut)
{
    m_kept->reader = this;
    if (!std::exchange(m_kept->begun, true))
        m_layers.keys().add(m_sink.keyLog.text());
}

Decoder::~Decoder()
{
    m_kept->reader = nullptr;
    m_layers.onTls({});
}

Reassembly::Reassembly()
    : fragments([this](const IpPacket &packet, const base::Blob &begin, base::Instant time) {
          reader->beginning(packet, begin, time);
      }),
      layers([this](base::Packet packet) { reader->streamed(std::move(packet)); }),
      tcp([this](base::Packet packet) { layers.add(std::move(packet)); }),
      hepStreams(
          [this](const base::Blob &bytes, base::Instant time) { reader->hep(bytes, time, true); })
{
}

/// Of a datagram whose other pieces never came.
void Decoder::beginning(const IpPacket &packet, const base::Blob &begin, base::Instant time)
{
    const base::Instant now = std::exchange(m_time, time);
    if (packet.protocol == kUdp)
        udp(packet, {begin.text(), begin.owner(), 1, 0});
    m_time = now;
}

void Decoder::secrets(std::uint32_t type, std::string_view bytes)
{
    constexpr std::uint32_t kTlsKeyLog = 0x544C534B;
    if (type == kTlsKeyLog)
        m_layers.keys().add(bytes);
}

void Decoder::emit(base::Packet packet)
{
    if (m_refused)
        return;
    const bool captured = packet.kind != base::PacketKind::Local;
    m_outcome.progress.packets += captured ? 1 : 0;
    if (captured && m_annotations.commented())
        packet.comment = m_annotations.takeComment();
    m_refused = !m_sink.emit(std::move(packet));
}

void Decoder::handOn(base::Packet packet)
{
    ++m_outcome.frames;
    m_time = packet.time;
    emit(std::move(packet));
}

void Decoder::announce(std::uint32_t linkType)
{
    if (m_linkTypes.empty())
        m_fileLink = linkType;
    if (!m_linkTypes.insert(linkType).second)
        return;
    std::string name = linkName(linkType);
    if (std::find(m_outcome.linkTypes.begin(), m_outcome.linkTypes.end(), name) ==
        m_outcome.linkTypes.end())
        m_outcome.linkTypes.push_back(std::move(name));
}

void Decoder::note(std::string sentence, std::string callId, base::Instant time)
{
    base::LocalEvent event;
    event.sentence = std::move(sentence);
    event.callId = std::move(callId);
    base::Packet packet;
    packet.time = time.known() ? time : m_time;
    packet.kind = base::PacketKind::Local;
    packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
    emit(std::move(packet));
}

void Decoder::tellRemarks()
{
    for (const std::string &remark : m_annotations.takeRemarks())
        note("Comment: " + remark);
}

void Decoder::frame(const Frame &frame)
{
    ++m_outcome.frames;
    m_time = frame.time;
    m_latest = std::max(m_latest, frame.time);
    m_frame = frame;
    if (m_annotations.remarked())
        tellRemarks();
    read(frame.linkType, frame.bytes, frame.missing);
    if (m_annotations.commented()) // nothing came of the frame that could carry it
        note("Comment: " + *m_annotations.takeComment());
}

void Decoder::read(std::uint32_t linkType, std::string_view bytes, std::uint32_t missing)
{
    if (linkType != m_linkType) {
        m_linkType = linkType;
        m_link = linkReader(linkType);
    }
    if (m_link == nullptr) {
        ++m_foreignLink;
        return;
    }
    if (linkType == kExportedPdu)
        return exported(bytes, missing);
    if (const auto inside = m_link(bytes))
        network({*inside, m_owner, missing, 0});
}

void Decoder::exported(std::string_view frame, std::uint32_t missing)
{
    const auto pdu = parseExported(frame);
    if (!pdu)
        return;
    if (pdu->dissector == "ip" || pdu->dissector == "ipv6")
        return network({pdu->payload, m_owner, missing, 0});
    if (pdu->dissector.starts_with("eth")) {
        if (const auto inside = behindEthernet(pdu->payload))
            network({*inside, m_owner, missing, 0});
        return;
    }
    base::Packet packet;
    packet.time = m_time;
    packet.transport = pdu->transport;
    packet.source = pdu->source;
    packet.destination = pdu->destination;
    packet.payload = base::Blob::view(m_owner, pdu->payload);
    packet.cut = missing != 0;
    if (pdu->dissector.starts_with("sip"))
        packet.hint = base::PayloadHint::Sip;
    else if (pdu->dissector.starts_with("rtp"))
        packet.hint = base::PayloadHint::Rtp;
    else if (pdu->dissector.starts_with("rtcp"))
        packet.hint = base::PayloadHint::Rtcp;
    datagram(std::move(packet), 0, m_frame.interface);
}

void Decoder::network(const Part &part)
{
    const auto packet = parseIp(part.bytes);
    // A frame may end in padding, so what the IP header says is missing counts, at most what the
    // file says.
    const std::uint32_t missing = packet ? std::min(packet->missing, part.missing) : part.missing;
    if (part.depth == 0)
        m_cuts.frame(m_frame.bytes.size(), missing);
    if (!packet)
        return;
    if (!packet->fragment) {
        transport(*packet, {packet->payload, part.owner, missing, part.depth});
        return;
    }
    const auto whole = m_fragments.add(*packet, m_time);
    if (!whole)
        return;
    IpPacket assembled = *packet;
    assembled.payload = whole->text();
    assembled.fragment = false;
    if (packet->source.family == 6) {
        assembled.protocol = m_fragments.protocol();
        if (!skipExtensions(assembled))
            return;
    }
    transport(assembled, {assembled.payload, whole->owner(), 0, part.depth});
}

void Decoder::transport(const IpPacket &packet, const Part &part)
{
    if (packet.protocol == kUdp || packet.protocol == kUdpLite)
        return udp(packet, part);
    if (packet.protocol == kTcp)
        return tcp(packet, part);
    if (packet.protocol == kSctp)
        return sctp(packet, part);
    if (packet.protocol == (packet.source.family == 6 ? kIcmpSix : kIcmp))
        return icmp(packet, part);
    if (packet.protocol == kEsp) {
        const auto plain = part.missing == 0 ? behindNullEsp(packet, part.bytes) : std::nullopt;
        if (plain && part.depth < kDeepest) {
            IpPacket opened = packet;
            opened.protocol = plain->protocol;
            opened.payload = plain->payload;
            transport(opened, {plain->payload, part.owner, 0, part.depth + 1});
        }
        return;
    }
    const auto inside = behindIpTunnel(packet.protocol, part.bytes);
    if (!inside)
        return;
    if (part.depth >= kDeepest) {
        ++m_tooDeep;
        return;
    }
    network({*inside, part.owner, part.missing, part.depth + 1});
}

void Decoder::tcp(const IpPacket &packet, const Part &part)
{
    const auto segment = parseTcp(part.bytes);
    if (!segment)
        return;
    if (!segment->payload.empty() || part.missing != 0)
        m_cuts.payload(segment->sourcePort, segment->destinationPort, segment->payload,
                       part.missing != 0);
    m_tcp.add({packet.source, segment->sourcePort}, {packet.destination, segment->destinationPort},
              *segment, base::Blob::view(part.owner, segment->payload), part.missing, m_time);
}

void Decoder::udp(const IpPacket &packet, const Part &part)
{
    constexpr std::size_t kHeader = 8;
    const std::string_view bytes = part.bytes;
    if (bytes.size() < kHeader)
        return;
    std::size_t length = be16(bytes, 4);
    // 0: segmentation offload, or a jumbogram (RFC 2675 section 4). UDP-Lite (RFC 3828) has how
    // much its checksum covers there. Less than a header is wrong; the IP header tells.
    if (length < kHeader || packet.protocol == kUdpLite)
        length = bytes.size() + part.missing;
    const std::string_view payload =
        bytes.substr(kHeader, std::min(length, bytes.size()) - kHeader);
    const std::uint16_t port = be16(bytes, 2);
    if (const auto inside = behindUdpTunnel(port, payload);
        inside && parseIp(*inside).has_value()) {
        if (part.depth >= kDeepest)
            ++m_tooDeep;
        else
            network({*inside, part.owner, part.missing, part.depth + 1});
        return;
    }
    base::Packet out;
    out.time = m_time;
    out.transport = base::Transport::Udp;
    out.source = {packet.source, be16(bytes, 0)};
    out.destination = {packet.destination, port};
    out.payload = base::Blob::view(part.owner, behindTurn(payload).value_or(payload));
    out.cut = length > bytes.size();
    out.dscp = packet.dscp;
    out.hops = packet.hops;
    m_cuts.payload(out.source.port, port, payload, out.cut);
    if (!hep(out.payload, m_time, false))
        datagram(std::move(out), packet.identification, wayOf(packet, part));
}

void Decoder::sctp(const IpPacket &packet, const Part &part)
{
    for (const SctpMessage &message : sctpMessages(part.bytes)) {
        base::Packet out;
        out.time = m_time;
        out.transport = base::Transport::Sctp;
        out.source = {packet.source, be16(part.bytes, 0)};
        out.destination = {packet.destination, be16(part.bytes, 2)};
        out.payload = base::Blob::view(part.owner, message.bytes);
        out.cut = !message.whole;
        datagram(std::move(out), packet.identification, wayOf(packet, part));
    }
}

/// The network's word that a packet did not arrive. Whose it was is found where messages are known.
void Decoder::icmp(const IpPacket &packet, const Part &part)
{
    const auto error = parseIcmp(packet, part.bytes);
    if (!error)
        return;
    base::LocalEvent event;
    event.kind = error->kind;
    event.sentence = sentenceOf(*error, packet.source);
    base::Packet out;
    out.time = m_time;
    out.kind = base::PacketKind::Local;
    out.transport = error->transport;
    out.source = error->source;
    out.destination = error->destination;
    out.payload = base::Blob::view(part.owner, error->quoted);
    out.local = std::make_shared<const base::LocalEvent>(std::move(event));
    datagram(std::move(out), packet.identification, wayOf(packet, part));
}

/// Where the packet was captured: interface, link header (addresses, tags), tunnels around it, the
/// hops it has left.
std::uint32_t Decoder::wayOf(const IpPacket &packet, const Part &part) const
{
    constexpr std::size_t kLinkHeader = 18; // with one tag
    const std::string_view frame = m_frame.bytes;
    const char *at = part.bytes.data();
    const bool within = at >= frame.data() && at <= frame.data() + frame.size();
    const auto offset = within ? static_cast<std::size_t>(at - frame.data()) : std::size_t{0};
    const std::uint64_t place =
        std::uint64_t{m_frame.interface} << 32U | offset << 8U | packet.hops;
    return static_cast<std::uint32_t>(
        base::hashOf(frame.substr(0, std::min(offset, kLinkHeader)), place));
}

void Decoder::datagram(base::Packet packet, std::uint32_t identification, std::uint32_t way)
{
    if (m_frame.stamped && packet.time.known()) {
        const Twins::Kind kind = m_twins.seen({packet.time, packet.source, packet.destination,
                                               identification, way, packet.payload.text()},
                                              packet.hash);
        if (kind == Twins::Kind::Copy)
            return;
        packet.sentAgain = kind == Twins::Kind::SentAgain;
    }
    emit(std::move(packet));
}

void Decoder::streamed(base::Packet packet)
{
    if (!m_hepStreams.take(packet))
        emit(std::move(packet));
}

bool Decoder::stop(std::uint64_t bytesRead)
{
    if (bytesRead - m_told >= kProgressStep)
        tellProgress(bytesRead);
    if (!m_refused && !m_cancel.load(std::memory_order_relaxed))
        return false;
    m_outcome.cancelled = true;
    return true;
}

void Decoder::tellProgress(std::uint64_t bytesRead)
{
    m_told = bytesRead;
    m_outcome.progress.bytes = bytesRead;
    if (m_sink.progress)
        m_sink.progress(m_outcome.progress);
}

void Decoder::finish(std::uint64_t bytesRead)
{
    const bool goesOn =
        !m_refused && !m_cancel && m_sink.goesOn && m_sink.goesOn(m_fileLink, m_latest);
    if (!goesOn) {
        m_fragments.finish();
        m_tcp.finish();
        m_layers.finish();
    }
    tellRemarks(); // of a file without packets
    tellLosses(goesOn);
    tellProgress(bytesRead);
}

} // namespace ingest::decode
