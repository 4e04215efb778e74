// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/exported.h>

#include <algorithm>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

base::Transport transportOf(std::uint32_t portType)
{
    switch (portType) {
    case 1:
        return base::Transport::Sctp;
    case 2:
        return base::Transport::Tcp;
    case 3:
        return base::Transport::Udp;
    default:
        return base::Transport::Unknown;
    }
}

void take(ExportedPdu &out, std::uint16_t tag, std::string_view value)
{
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(value.data());
    const std::size_t size = value.size();
    switch (tag) {
    case 12: // a dissector, a heuristic one, a table of them
    case 13:
    case 14:
        if (out.dissector.empty())
            out.dissector = value.substr(0, value.find('\0'));
        break;
    case 20:
        out.source.address = size == 4 ? base::Address::v4(be32(value, 0)) : base::Address{};
        break;
    case 21:
        out.destination.address = size == 4 ? base::Address::v4(be32(value, 0)) : base::Address{};
        break;
    case 22:
        out.source.address = size == 16 ? base::Address::v6(bytes) : base::Address{};
        break;
    case 23:
        out.destination.address = size == 16 ? base::Address::v6(bytes) : base::Address{};
        break;
    case 24:
        out.transport = transportOf(be32(value, 0));
        break;
    case 25:
        out.source.port = static_cast<std::uint16_t>(be32(value, 0));
        break;
    case 26:
        out.destination.port = static_cast<std::uint16_t>(be32(value, 0));
        break;
    default:
        break;
    }
}

} // namespace

std::optional<ExportedPdu> parseExported(std::string_view frame)
{
    ExportedPdu out;
    while (frame.size() >= 4) {
        const std::uint16_t tag = be16(frame, 0);
        const std::size_t length = be16(frame, 2);
        if (length > frame.size() - 4)
            return std::nullopt;
        const std::string_view value = frame.substr(4, length);
        // Lengths are multiples of four by the book; those that are not were written without
        // padding.
        frame.remove_prefix(4 + length);
        if (tag == 0) {
            out.payload = frame;
            return out;
        }
        take(out, tag, value);
    }
    return std::nullopt;
}

} // namespace ingest::decode
