// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/dissection.h>

#include <algorithm>
#include <array>
#include <base/counted.h>
#include <base/escape.h>
#include <base/text.h>
#include <ingest/text/hexdump.h>
#include <ingest/text/moment.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

/// Wireshark's numbers of encapsulations, and the link types of captures that they stand for.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 14> kLinkTypes{{{1, 1},
                                                                              {4, 9},
                                                                              {7, 101},
                                                                              {15, 0},
                                                                              {20, 105},
                                                                              {23, 127},
                                                                              {25, 113},
                                                                              {129, 228},
                                                                              {130, 229},
                                                                              {139, 51},
                                                                              {141, 239},
                                                                              {155, 252},
                                                                              {174, 108},
                                                                              {210, 276}}};

std::optional<std::uint32_t> linkTypeOf(std::uint32_t encapsulation, std::string_view bytes)
{
    const auto *const found =
        std::find_if(kLinkTypes.begin(), kLinkTypes.end(),
                     [&](const auto &pair) { return pair.first == encapsulation; });
    return found == kLinkTypes.end() ? text::linkTypeOf(bytes) : std::optional(found->second);
}

/// Decimal, or hex behind "0x".
std::optional<std::uint32_t> numberOf(std::string_view text)
{
    std::uint64_t out = 0;
    if (text.substr(0, 2) == "0x") {
        for (const char c : text.substr(2, 9)) {
            if (base::hexDigit(c) < 0)
                return std::nullopt;
            out = out * 16 + static_cast<std::uint64_t>(base::hexDigit(c));
        }
    } else {
        const auto number = base::toInteger(text);
        if (!number || *number < 0)
            return std::nullopt;
        out = static_cast<std::uint64_t>(*number);
    }
    return out > 0xFFFFFFFFU ? std::nullopt : std::optional(static_cast<std::uint32_t>(out));
}

void setPort(std::uint16_t &out, std::string_view text)
{
    if (const auto number = numberOf(text); number && *number <= 0xFFFF)
        out = static_cast<std::uint16_t>(*number);
}

/// The field's name as -T json writes it, with "_" for each ".": -T ek puts the protocol before it.
std::string plainName(std::string_view name, std::string_view layer)
{
    std::string out(name);
    std::replace(out.begin(), out.end(), '.', '_');
    std::string prefix(layer);
    std::replace(prefix.begin(), prefix.end(), '.', '_');
    prefix += '_';
    if (!layer.empty() && out.size() > 2 * prefix.size() && out.starts_with(prefix) &&
        std::string_view(out).substr(prefix.size()).starts_with(prefix))
        out.erase(0, prefix.size());
    return out;
}

base::Instant timeOf(std::string_view shown)
{
    const Moment moment = momentIn(shown);
    return moment.tells == Moment::Tells::Instant ? moment.time : base::Instant{};
}

} // namespace

Dissection::Dissection(TextFrames &out, std::string_view text) : m_out(out)
{
    const auto has = [&](std::string_view protocols) {
        return text.find(protocols) != std::string_view::npos;
    };
    m_opened = !out.hasKeys() && (has(":tls:sip") || has(":tls:http:websocket:sip"));
}

void Dissection::layer(std::string_view name)
{
    m_layer = name;
    Packet &packet = m_packet;
    packet.tls |= name == "tls" || name == "ssl";
    packet.icmp |= name == "icmp" || name == "icmpv6";
    packet.webSocket |= name == "websocket";
    if (name == "udp" || name == "tcp")
        packet.segment.tcp = name == "tcp";
}

bool Dissection::frameField(std::string_view name, std::string_view shown, std::string_view hex)
{
    Packet &packet = m_packet;
    if (name == "frame_raw")
        packet.frame = bytesOfHex(hex.empty() ? shown : hex);
    else if (name == "frame_encap_type")
        packet.encapsulation = numberOf(shown).value_or(packet.encapsulation);
    else if (name == "frame_len")
        packet.length = numberOf(shown).value_or(0);
    else if (name == "frame_protocols")
        packet.protocols = shown;
    else if (name == "frame_time_epoch" || (name == "frame_time" && !packet.time.known()))
        packet.time = timeOf(shown);
    else if (name == "timestamp" && !packet.time.known() && shown.size() == 13) { // milliseconds
        constexpr long long kLast = 9'000'000'000'000; // as nanoseconds it still fits
        const auto milliseconds = base::toInteger(shown).value_or(0);
        if (milliseconds > 0 && milliseconds < kLast)
            packet.time = {milliseconds * 1'000'000};
    } else
        return false;
    return true;
}

/// The innermost addresses count: what is around them is a tunnel.
bool Dissection::addressField(std::string_view name, std::string_view shown)
{
    const bool source = name == "ip_src" || name == "ipv6_src" || name == "exported_pdu_ipv4_src" ||
                        name == "exported_pdu_ipv6_src";
    const bool target = name == "ip_dst" || name == "ipv6_dst" || name == "exported_pdu_ipv4_dst" ||
                        name == "exported_pdu_ipv6_dst";
    if (source || target) {
        base::Endpoint &end = source ? m_packet.segment.source : m_packet.segment.destination;
        end.address = base::Address::parse(shown).value_or(base::Address{});
        return true;
    }
    if (name == "exported_pdu_src_port" || name == "exported_pdu_dst_port") {
        setPort(name == "exported_pdu_src_port" ? m_packet.segment.source.port
                                                : m_packet.segment.destination.port,
                shown);
        return true;
    }
    if (name == "ip_id") {
        setPort(m_packet.segment.identification, shown);
        return true;
    }
    return false;
}

bool Dissection::transportField(std::string_view name, std::string_view shown, std::string_view hex)
{
    const bool udp = name.starts_with("udp_");
    if (!udp && !name.starts_with("tcp_"))
        return false;
    Ports &ports = udp ? m_packet.udp : m_packet.tcp;
    Segment &segment = m_packet.segment;
    name.remove_prefix(4);
    if (name == "srcport")
        setPort(ports.source, shown);
    else if (name == "dstport")
        setPort(ports.destination, shown);
    else if (name == "payload")
        ports.payload = bytesOfHex(hex.empty() ? shown : hex);
    else if (name == "flags")
        segment.flags = static_cast<std::uint8_t>(numberOf(shown).value_or(0x18));
    else if (name == "seq_raw" || (name == "seq" && segment.sequence == 0))
        segment.sequence = numberOf(shown).value_or(0);
    else if (name == "ack_raw" || (name == "ack" && segment.acknowledged == 0))
        segment.acknowledged = numberOf(shown).value_or(0);
    ports.told |= ports.source != 0 && ports.destination != 0;
    return true;
}

void Dissection::sipField(std::string_view name, std::string_view shown, std::string_view hex)
{
    constexpr std::string_view kRaw = "_raw";
    if (name.ends_with(kRaw)) { // the bytes, where -x was asked for
        name.remove_suffix(kRaw.size());
        hex = shown;
    }
    const bool start = name == "sip_Request-Line" || name == "sip_Status-Line";
    const bool exact = !hex.empty();
    const std::string bytes = exact ? bytesOfHex(hex) : std::string(shown);
    auto &all = m_packet.sip;
    if (start && (all.empty() || all.back().further()))
        all.emplace_back();
    if (all.empty())
        return;
    Sip &sip = all.back();
    if (start && (exact || sip.start.empty()))
        sip.start = bytes;
    else if (name == "sip_msg_hdr")
        (exact ? sip.headers : sip.shown) = bytes;
    else if (name == "sip_msg_body" && exact)
        sip.body = bytes;
    if (name == "sip_msg_hdr" && exact && !shown.empty() && hex != shown)
        sip.shown = shown;
}

/// The headers, and what follows them: tshark counts it to their text, but not to their bytes.
std::string Dissection::Sip::text() const
{
    constexpr std::string_view kEnd = "\r\n\r\n";
    std::string out = headers.empty() ? shown : headers;
    const std::size_t end = out.find(kEnd);
    if (headers.empty() || (end != std::string::npos && end + kEnd.size() < out.size()))
        return out;
    if (end == std::string::npos)
        out += out.ends_with("\r\n") ? "\r\n" : kEnd;
    const std::size_t behind = shown.find(kEnd);
    if (!body.empty() || behind == std::string::npos)
        return out + body;
    return out.append(shown, behind + kEnd.size());
}

void Dissection::field(std::string_view name, std::string_view shown, std::string_view hex)
{
    const std::string plain = plainName(name, m_layer);
    if (plain.starts_with("sip_"))
        sipField(plain, shown, hex);
    else if (!frameField(plain, shown, hex) && !addressField(plain, shown))
        transportField(plain, shown, hex);
}

bool Dissection::wholeFrame()
{
    Packet &packet = m_packet;
    const auto link = linkTypeOf(packet.encapsulation, packet.frame);
    if (packet.frame.empty() || !link)
        return false;
    const std::uint32_t missing =
        packet.length > packet.frame.size()
            ? packet.length - static_cast<std::uint32_t>(packet.frame.size())
            : 0;
    m_out.frame(packet.time, *link, std::move(packet.frame), missing);
    return true;
}

/// The ports, of the innermost transport.
void Dissection::ends()
{
    Packet &packet = m_packet;
    Segment &segment = packet.segment;
    const std::size_t udp = packet.protocols.rfind(":udp"), tcp = packet.protocols.rfind(":tcp");
    if (udp != tcp)
        segment.tcp = udp == std::string::npos || (tcp != std::string::npos && tcp > udp);
    const Ports &ports = segment.tcp ? packet.tcp : packet.udp;
    if (ports.told) {
        segment.source.port = ports.source;
        segment.destination.port = ports.destination;
    }
}

bool Dissection::segment()
{
    Packet &packet = m_packet;
    Segment &segment = packet.segment;
    ends();
    const Ports &ports = segment.tcp ? packet.tcp : packet.udp;
    if (!ports.told)
        return false;
    segment.payload = ports.payload;
    if (segment.identification == 0) // never two packets with one number by our own making
        segment.identification = static_cast<std::uint16_t>(++m_number);
    if (!segment.tcp && segment.payload.empty())
        return false;
    std::string bytes = ipPacket(segment);
    if (bytes.empty())
        return false;
    constexpr std::uint32_t kRawIp = 101;
    m_out.frame(packet.time, kRawIp, std::move(bytes));
    return true;
}

void Dissection::messages()
{
    const Packet &packet = m_packet;
    for (const Sip &sip : packet.sip) {
        std::string message = sip.start;
        if (!message.ends_with("\r\n"))
            message += "\r\n";
        message += sip.text();
        const auto read = sip::parse(message);
        if (!read || (sip.headers.empty() && sip.shown.empty())) {
            ++m_bare;
            continue;
        }
        const auto length = read->number(sip::HeaderId::ContentLength);
        const std::size_t head = std::min(message.find("\r\n\r\n"), message.size() - 4) + 4;
        base::Packet out;
        out.cut = length && static_cast<std::uint64_t>(*length) > message.size() - head;
        if (length && !out.cut) // what follows is the next message's
            message.resize(head + static_cast<std::size_t>(*length));
        m_cut += out.cut ? 1 : 0;
        out.time = packet.time;
        out.hint = base::PayloadHint::Sip;
        out.transport = packet.tls && packet.webSocket ? base::Transport::Wss
                        : packet.tls                   ? base::Transport::Tls
                        : packet.webSocket             ? base::Transport::Ws
                        : packet.segment.tcp           ? base::Transport::Tcp
                        : packet.udp.told              ? base::Transport::Udp
                                                       : base::Transport::Unknown;
        out.source = packet.segment.source;
        out.destination = packet.segment.destination;
        out.payload = base::Blob::copy(message);
        m_out.packet(std::move(out));
    }
}

/// Is this packet of a TLS connection that tshark opened? What it found is in the fields only; the
/// records themselves could not be opened again.
bool Dissection::opened()
{
    constexpr std::size_t kMostConnections = 65536;
    if (!m_opened)
        return false;
    ends();
    if (!m_packet.segment.tcp)
        return false;
    std::pair<base::Endpoint, base::Endpoint> pair{m_packet.segment.source,
                                                   m_packet.segment.destination};
    if (pair.second < pair.first)
        std::swap(pair.first, pair.second);
    if (!m_packet.tls)
        return m_tls.contains(pair);
    if (m_tls.size() < kMostConnections)
        m_tls.insert(pair);
    return true;
}

void Dissection::end()
{
    ++m_out.outcome().frames;
    const bool opened = this->opened();
    if (!opened && wholeFrame())
        return;
    // A packet that did not arrive is no packet that did.
    if (m_packet.icmp || m_packet.protocols.find(":icmp") != std::string::npos)
        ++m_quoted;
    else if (opened || !segment())
        messages();
}

void Dissection::tell() const
{
    if (m_bare != 0)
        m_out.flaw(base::counted(m_bare, "message was", "messages were") +
                   " left out: the file has no headers of them. Write it with all fields, or with "
                   "the packets' bytes (tshark -T json -x).");
    if (m_quoted != 0)
        m_out.flaw(base::counted(m_quoted, "ICMP packet was", "ICMP packets were") +
                   " left out: only the packets' bytes (tshark -T json -x) tell what they quote.");
    if (m_cut != 0)
        m_out.flaw("The file holds only the beginning of " + base::counted(m_cut, "message") +
                   ". Write it with the packets' bytes (tshark -T json -x).");
}

} // namespace ingest::text
