// SPDX-License-Identifier: Apache-2.0
// Any bytes as a HEP datagram, and as a HEP connection cut into segments of the first byte's
// length.
#include <algorithm>
#include <ingest/decode/decoder.h>
#include <ingest/decode/hep_streams.h>
#include <support/fuzz_sink.h>
#include <support/tunnel_writer.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2 || size > 60'000)
        return 0;
    const std::size_t step = 1 + data[0];
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
    support::FuzzSink out;
    const base::Endpoint from{base::Address::v4(1), 4000}, to{base::Address::v4(2), 9060};
    const base::Blob packet = base::Blob::copy(support::udp(from, to, bytes));
    ingest::decode::Decoder decoder(packet.owner(), out.sink, out.outcome, out.cancel);
    decoder.frame({{1'000'000'000}, 101, packet.text(), 0});
    decoder.finish(size);

    std::uint64_t found = 0;
    ingest::decode::HepStreams streams(
        [&](const base::Blob &hep, base::Instant) { found += hep.size(); });
    base::Packet segment;
    segment.kind = base::PacketKind::StreamData;
    segment.stream = 1;
    segment.source = from;
    segment.destination = to;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        segment.payload = base::Blob::copy(bytes.substr(at, step));
        streams.take(segment);
    }
    if (found > bytes.size())
        __builtin_trap();
    return out.result();
}
