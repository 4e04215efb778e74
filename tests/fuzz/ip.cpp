// SPDX-License-Identifier: Apache-2.0
// Raw IP packets in a row, each behind a length of two bytes: extension headers, fragments, UDP.
#include <ingest/decode/decoder.h>
#include <support/fuzz_sink.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    support::FuzzSink out;
    const base::Blob bytes = base::Blob::copy({reinterpret_cast<const char *>(data), size});
    ingest::decode::Decoder decoder(bytes.owner(), out.sink, out.outcome, out.cancel);
    std::string_view rest = bytes.text();
    std::int64_t time = 1'000'000'000;
    while (rest.size() >= 2) {
        const std::size_t length =
            static_cast<std::uint8_t>(rest[0]) * 256U + static_cast<std::uint8_t>(rest[1]);
        rest.remove_prefix(2);
        const std::string_view packet = rest.substr(0, length);
        decoder.frame({{time += 1'000'000}, 101, packet, length % 3 == 0 ? 7U : 0U});
        rest.remove_prefix(packet.size());
    }
    decoder.finish(size);
    return out.result();
}
