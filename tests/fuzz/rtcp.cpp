// SPDX-License-Identifier: Apache-2.0
// RTCP from hostile bytes, about streams that are there.
#include <cstdint>
#include <cstdlib>
#include <rtp/stream_table.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    rtp::StreamTable table(4);
    base::Packet packet;
    packet.time = base::Instant{1'000'000'000};
    for (std::uint32_t ssrc = 0; ssrc < 8; ++ssrc) {
        rtp::RtpPacket voice;
        voice.ssrc = ssrc;
        table.add(packet, voice);
    }
    for (int i = 0; i < 3; ++i) {
        packet.time = packet.time + std::chrono::milliseconds(100);
        table.report(packet, bytes);
    }
    for (const rtp::StreamId id : table.ids()) {
        const auto stream = table.snapshot(id);
        if (stream->reports.size() > 64 || stream->name.size() > 255)
            std::abort();
    }
    rtp::RtcpListener nobody;
    if (rtp::isRtcp(bytes) && !rtp::readRtcp(bytes, nobody))
        std::abort(); // what fits together can be read
    return 0;
}
