// SPDX-License-Identifier: Apache-2.0
// Segments of three connections, eight bytes of the input for each: which connection and side,
// flags, sequence and acknowledgement around a base, length, time, missing bytes. What is handed on
// of a direction is never more than what was given.
#include <cstdlib>
#include <ingest/decode/tcp.h>
#include <map>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::map<std::uint32_t, std::uint64_t> told;
    std::uint64_t given = 0, handed = 0;
    ingest::decode::TcpTable table([&](const base::Packet &packet) {
        handed += packet.payload.size();
        told[packet.stream] += packet.payload.size();
    });
    static const std::string kText(256, 'x');
    base::Instant time{1'000'000'000};
    for (; size >= 8; data += 8, size -= 8) {
        const base::Endpoint one{base::Address::v4(1), static_cast<std::uint16_t>(data[0] % 3)};
        const base::Endpoint two{base::Address::v4(2), 5060};
        ingest::decode::TcpSegment segment;
        segment.fin = (data[1] & 1U) != 0;
        segment.syn = (data[1] & 2U) != 0;
        segment.reset = (data[1] & 4U) != 0;
        segment.ack = (data[1] & 16U) != 0;
        const auto near = [&](std::uint8_t coarse, std::uint8_t fine) {
            return 0xFFFFFF00U + fine + (coarse < 250 ? coarse * 4U : coarse * 0x01000000U);
        };
        segment.sequence = near(data[2], data[3]);
        segment.acknowledged = near(data[4], data[3]);
        const std::string_view payload = std::string_view(kText).substr(0, data[5]);
        segment.payload = payload;
        time.ns += static_cast<std::int64_t>(data[6]) * 20'000'000;
        given += payload.size();
        const bool forth = (data[0] & 0x80U) != 0;
        table.add(forth ? one : two, forth ? two : one, segment, base::Blob::view(nullptr, payload),
                  data[7] > 250 ? 10 : 0, time);
    }
    table.finish();
    if (handed > given)
        std::abort();
    return 0;
}
