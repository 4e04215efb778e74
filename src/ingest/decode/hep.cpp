// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/hep.h>

#include <chrono>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/decoder.h>
#include <sip/message.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kHeader = 6, kChunk = 6;

/// An agent that does not set its clock sends 1970, and some count in the wrong byte order.
base::Instant believed(std::uint32_t seconds, std::uint32_t microseconds, base::Instant seen)
{
    constexpr base::Duration kFar = std::chrono::hours(24 * 366);
    const base::Instant told =
        clampedTime(seconds, static_cast<std::uint64_t>(microseconds) * 1000);
    if (seconds == 0 || (seen.known() && std::chrono::abs(told - seen) > kFar))
        return {};
    return told;
}

/// Kamailio and sofia-sip tell 22 of TLS and WebSocket; the topmost Via knows better (RFC 3261
/// section 18.1.1).
base::Transport transportOf(std::uint8_t protocol, std::string_view payload)
{
    constexpr std::string_view kMark = "SIP/2.0/";
    const std::size_t at = payload.find(kMark);
    const std::string_view via =
        at == std::string_view::npos ? "" : payload.substr(at + kMark.size(), 4);
    if (protocol != 17) {
        if (via.substr(0, 3) == "WSS")
            return base::Transport::Wss;
        if (via.substr(0, 2) == "WS")
            return base::Transport::Ws;
        if (via.substr(0, 3) == "TLS")
            return base::Transport::Tls;
    }
    switch (protocol) {
    case 6:
        return base::Transport::Tcp;
    case 17:
        return base::Transport::Udp;
    case 22:
        return base::Transport::Tls;
    case 132:
        return base::Transport::Sctp;
    default:
        return base::Transport::Unknown;
    }
}

struct Chunks {
    HepPacket out;
    std::uint8_t protocol = 0;
    std::uint32_t seconds = 0, microseconds = 0;

    void take(std::uint16_t type, std::string_view value);
};

void Chunks::take(std::uint16_t type, std::string_view value)
{
    const auto address = [&](base::Endpoint &end, std::size_t size) {
        if (value.size() != size)
            return;
        end.address = size == 4
                          ? base::Address::v4(be32(value, 0))
                          : base::Address::v6(reinterpret_cast<const std::uint8_t *>(value.data()));
    };
    switch (type) { // 1, the family, is a number of the sender's system: the addresses tell it
    case 2:
        protocol = u8(value, 0);
        break;
    case 3:
        return address(out.source, 4);
    case 4:
        return address(out.destination, 4);
    case 5:
        return address(out.source, 16);
    case 6:
        return address(out.destination, 16);
    case 7:
        out.source.port = be16(value, 0);
        break;
    case 8:
        out.destination.port = be16(value, 0);
        break;
    case 9:
        seconds = be32(value, 0);
        break;
    case 10:
        microseconds = be32(value, 0);
        break;
    case 11:
        out.type = u8(value, value.size() == 1 ? 0 : value.size() - 1);
        break;
    case 12:
        out.agent = be32(value, 0);
        break;
    case 15:
    case 16:
        out.payload = value;
        out.compressed = type == 16;
        break;
    case 17:
        out.correlation = value;
        break;
    default: // 14 is a secret; the others say nothing we need
        break;
    }
}

} // namespace

std::size_t hepLength(std::string_view bytes)
{
    const std::string_view magic = bytes.substr(0, 4);
    if (bytes.size() < kHeader || (magic != "HEP3" && magic != "EEP3"))
        return 0;
    const std::size_t length = be16(bytes, 4);
    return length >= kHeader ? length : 0;
}

std::optional<HepPacket> parseHep(std::string_view bytes, base::Instant seen)
{
    const std::size_t length = hepLength(bytes);
    if (length == 0 || length > bytes.size())
        return std::nullopt;
    std::string_view rest = bytes.substr(kHeader, length - kHeader);
    Chunks chunks;
    while (rest.size() >= kChunk) {
        const std::size_t size = be16(rest, 4);
        if (size < kChunk || size > rest.size())
            return std::nullopt;
        if (be16(rest, 0) == 0) // the chunks of vendors mean other things
            chunks.take(be16(rest, 2), rest.substr(kChunk, size - kChunk));
        rest.remove_prefix(size);
    }
    chunks.out.time = believed(chunks.seconds, chunks.microseconds, seen);
    chunks.out.transport = transportOf(chunks.protocol, chunks.out.payload);
    return chunks.out;
}

std::optional<HepPacket> parseOldHep(std::string_view bytes, base::Instant seen)
{
    constexpr std::size_t kStamp = 12; // seconds, microseconds, agent, two bytes of padding
    const unsigned version = u8(bytes, 0);
    if (version != 1 && version != 2)
        return std::nullopt;
    // The length it tells is that of ports and addresses, with the time stamp or without it.
    const std::size_t told = u8(bytes, 1), stamp = version == 2 ? kStamp : 0;
    const bool four = told == 16 || told == 16 + kStamp, six = told == 40 || told == 40 + kStamp;
    const std::size_t addresses = four ? 16 : 40;
    if ((!four && !six) || bytes.size() <= addresses + stamp)
        return std::nullopt;
    HepPacket out;
    out.payload = bytes.substr(addresses + stamp);
    if (!sip::looksLikeSip(out.payload.substr(
            std::min(out.payload.size(), out.payload.find_first_not_of("\r\n")))))
        return std::nullopt;
    const auto *at = reinterpret_cast<const std::uint8_t *>(bytes.data()) + 8;
    out.source = {four ? base::Address::v4(be32(bytes, 8)) : base::Address::v6(at), be16(bytes, 4)};
    out.destination = {four ? base::Address::v4(be32(bytes, 12)) : base::Address::v6(at + 16),
                       be16(bytes, 6)};
    out.transport = transportOf(u8(bytes, 3), out.payload);
    for (const bool big : {false, true}) { // the sender's order, which nothing tells
        const Order order{big};
        if (version == 2 && !out.time.known()) {
            out.time = believed(order.u32(bytes, addresses), order.u32(bytes, addresses + 4), seen);
            out.agent = order.u16(bytes, addresses + 8);
        }
    }
    return out;
}

std::string hepTypeText(std::uint8_t type)
{
    switch (type) {
    case 2:
        return "XMPP";
    case 3:
        return "SDP";
    case kHepRtp:
        return "RTP";
    case 5:
        return "RTCP report";
    case 6:
        return "MGCP";
    case 7:
        return "MEGACO";
    case 8:
        return "M2UA";
    case 9:
        return "M3UA";
    case 10:
        return "IAX";
    case 32:
    case 38:
        return "quality report";
    case 34:
        return "RTP report";
    case 35:
        return "RTCP XR report";
    case 53:
        return "DNS";
    case 56:
        return "call quality";
    case 60:
        return "call record";
    case 61:
        return "rtpengine control";
    case 99:
    case 100:
        return "log";
    default:
        return fmt::format("HEP type {}", type);
    }
}

} // namespace ingest::decode
