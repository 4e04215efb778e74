// SPDX-License-Identifier: Apache-2.0
// Any bytes as a compressed file, with small limits: what comes out is bounded.
#include <cstdlib>
#include <ingest/unpack.h>
#include <support/fuzz_sink.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    if (ingest::packingOf(bytes) == ingest::Packing::None)
        return 0;
    support::FuzzSink out;
    const auto outcome = ingest::readBytes("x", base::Blob::copy(bytes), out.sink, out.cancel);
    ingest::UnpackLimits limits;
    limits.total = 4U << 20U;
    const auto input = ingest::unpacked(base::Blob::copy(bytes), limits);
    std::uint64_t seen = 0;
    while (input->ensure(1)) {
        seen += input->rest().size();
        input->consume(input->rest().size());
    }
    if (seen > 2 * limits.total || input->bytesRead() > size)
        std::abort();
    return out.result();
}
