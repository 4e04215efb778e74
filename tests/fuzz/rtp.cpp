// SPDX-License-Identifier: Apache-2.0
// RTP from hostile bytes: the input is cut into packets (a length octet before each), parsed and
// folded.
#include <cstdint>
#include <cstdlib>
#include <rtp/rtp_packet.h>
#include <rtp/stream_table.h>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    rtp::StreamTable table(8);
    base::Packet packet;
    while (!rest.empty()) {
        const auto length = static_cast<unsigned char>(rest.front());
        const std::string_view bytes = rest.substr(1, length);
        rest.remove_prefix(1 + bytes.size());
        packet.time = packet.time + std::chrono::milliseconds(length);
        packet.payload = base::Blob::copy(bytes);
        const auto parsed = rtp::parseRtp(packet.payload.text());
        if (rtp::looksLikeRtcp(bytes) || !parsed)
            continue;
        if (parsed->payload.size() > bytes.size() || !rtp::parseRtp(rtp::writeRtp(*parsed)))
            std::abort(); // what we write we can read
        const auto stream = table.snapshot(table.add(packet, *parsed, length));
        if (!stream || stream->lost > stream->expected || stream->jitter.count() < 0)
            std::abort();
    }
    return table.ids().size() <= 8 ? 0 : 1;
}
