// SPDX-License-Identifier: Apache-2.0
// The first byte chooses a link type, the rest is a frame: link headers, tunnels, exported PDUs.
#include <ingest/decode/decoder.h>
#include <support/fuzz_sink.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    constexpr std::uint32_t kTypes[] = {0,   1,   9,   10,  50,  51,  100, 101, 104, 105,
                                        107, 108, 109, 113, 117, 119, 127, 138, 163, 204,
                                        239, 252, 276, 195, 228, 229, 7,   12};
    if (size == 0)
        return 0;
    support::FuzzSink out;
    const base::Blob frame = base::Blob::copy({reinterpret_cast<const char *>(data) + 1, size - 1});
    ingest::decode::Decoder decoder(frame.owner(), out.sink, out.outcome, out.cancel);
    decoder.frame({{1'000'000'000}, kTypes[data[0] % std::size(kTypes)], frame.text(), 0});
    decoder.finish(size);
    return out.result();
}
