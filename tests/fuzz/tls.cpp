// SPDX-License-Identifier: Apache-2.0
// TLS and whatever is inside it from hostile bytes, with a hostile key log: "key log NUL chunks",
// each chunk with an octet of direction and two of length before it; direction bit 1 is a gap, bit
// 2 an end.
#include <cstdint>
#include <cstdlib>
#include <ingest/decode/stream_layers.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    std::size_t out = 0;
    ingest::decode::StreamLayers layers([&](const base::Packet &packet) {
        for (const char c : packet.payload.text())
            out += static_cast<unsigned char>(c) & 1U;
    });
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    layers.keys().add(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    const base::Endpoint ends[2] = {{base::Address::v4(1), 5061}, {base::Address::v4(2), 5061}};
    while (rest.size() >= 3) {
        const auto how = static_cast<unsigned char>(rest[0]);
        const std::size_t length =
            static_cast<unsigned char>(rest[1]) * 256U + static_cast<unsigned char>(rest[2]);
        const std::string_view chunk = rest.substr(3, length);
        rest.remove_prefix(3 + chunk.size());
        base::Packet packet;
        packet.source = ends[how & 1U];
        packet.destination = ends[1 - (how & 1U)];
        packet.stream = 1 + (how & 1U) + (how >> 6U) * 2U;
        packet.kind = (how & 2U) != 0   ? base::PacketKind::StreamGap
                      : (how & 4U) != 0 ? base::PacketKind::StreamFin
                                        : base::PacketKind::StreamData;
        if (packet.kind == base::PacketKind::StreamData)
            packet.payload = base::Blob::copy(chunk);
        layers.add(std::move(packet));
    }
    layers.finish();
    return out == ~std::size_t{0} ? 1 : 0;
}
