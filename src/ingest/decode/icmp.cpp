// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/icmp.h>

#include <base/network_error.h>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

using base::LocalKind;

struct Meaning {
    LocalKind kind = LocalKind::Unreachable;
    std::string_view what; // empty: no error that is of interest
    bool tooLarge = false;
};

Meaning unreachableFour(std::uint8_t code)
{
    switch (code) {
    case 0:
    case 6:
    case 11:
        return {LocalKind::Unreachable, "network unreachable"};
    case 1:
    case 7:
    case 12:
        return {LocalKind::Unreachable, "host unreachable"};
    case 2:
        return {LocalKind::ConnectionRefused, "protocol unreachable"};
    case 3:
        return {LocalKind::ConnectionRefused, "port unreachable"};
    case 4:
        return {LocalKind::Unreachable, base::kTooLargeForTheWay, true};
    case 9:
    case 10:
    case 13:
        return {LocalKind::Unreachable, "prohibited by a filter"};
    default:
        return {LocalKind::Unreachable, "destination unreachable"};
    }
}

Meaning unreachableSix(std::uint8_t code)
{
    switch (code) {
    case 0:
    case 6:
        return {LocalKind::Unreachable, "no route to the destination"};
    case 1:
    case 5:
        return {LocalKind::Unreachable, "prohibited by a filter"};
    case 3:
        return {LocalKind::Unreachable, "address unreachable"};
    case 4:
        return {LocalKind::ConnectionRefused, "port unreachable"};
    default:
        return {LocalKind::Unreachable, "destination unreachable"};
    }
}

Meaning exceeded(std::uint8_t code)
{
    return {LocalKind::Unreachable, code == 0 ? base::kHopLimitExceeded : base::kFragmentsLost};
}

Meaning meaningOf(bool six, std::uint8_t type, std::uint8_t code)
{
    if (six) {
        switch (type) {
        case 1:
            return unreachableSix(code);
        case 2:
            return {LocalKind::Unreachable, base::kTooLargeForTheWay, true};
        case 3:
            return exceeded(code);
        default:
            return {};
        }
    }
    switch (type) {
    case 3:
        return unreachableFour(code);
    case 11:
        return exceeded(code);
    default:
        return {};
    }
}

} // namespace

std::optional<IcmpError> parseIcmp(const IpPacket &packet, std::string_view bytes)
{
    constexpr std::size_t kHeader = 8, kPorts = 4;
    constexpr std::uint8_t kTcp = 6, kUdp = 17;
    const bool six = packet.protocol == kIcmpSix;
    if (bytes.size() <= kHeader)
        return std::nullopt;
    const Meaning meaning = meaningOf(six, u8(bytes, 0), u8(bytes, 1));
    if (meaning.what.empty())
        return std::nullopt;
    const auto inner = parseIp(bytes.substr(kHeader));
    if (!inner || inner->offset != 0 || inner->payload.size() < kPorts ||
        (inner->protocol != kUdp && inner->protocol != kTcp))
        return std::nullopt;
    if (meaning.tooLarge && inner->protocol == kTcp)
        return std::nullopt; // TCP sends smaller segments then: how it finds the size of the way
    IcmpError out;
    out.kind = meaning.kind;
    out.what = meaning.what;
    out.mtu = !meaning.tooLarge ? 0 : six ? be32(bytes, 4) : be16(bytes, 6);
    out.transport = inner->protocol == kUdp ? base::Transport::Udp : base::Transport::Tcp;
    out.source = {inner->source, be16(inner->payload, 0)};
    out.destination = {inner->destination, be16(inner->payload, 2)};
    out.quoted = inner->payload;
    return out;
}

std::string sentenceOf(const IcmpError &error, const base::Address &from)
{
    std::string out = fmt::format("ICMP from {}: {}", from.text(), error.what);
    if (error.mtu != 0)
        out += fmt::format(" (at most {} octets)", error.mtu);
    return out + fmt::format(", for {} to {}.", base::transportText(error.transport),
                             error.destination.text());
}

} // namespace ingest::decode
