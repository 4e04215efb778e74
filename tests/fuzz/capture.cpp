// SPDX-License-Identifier: Apache-2.0
// Any bytes as a capture file: every reader, the link, IP and TCP layers behind it. What comes out
// must lie in what went in, or be a bounded copy.
#include <cstdint>
#include <cstdlib>
#include <ingest/source.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const base::Blob bytes = base::Blob::copy({reinterpret_cast<const char *>(data), size});
    const std::atomic<bool> cancel{false};
    std::uint64_t seen = 0;
    ingest::Sink sink;
    sink.emit = [&](const base::Packet &packet) {
        for (const char c : packet.payload.text()) // touches every byte, for the address sanitizer
            seen += static_cast<unsigned char>(c);
        return true;
    };
    sink.flaw = [&](const std::string &sentence) { seen += sentence.size(); };
    for (const ingest::Source *source : ingest::sources::all()) {
        const auto outcome = source->readBytes(bytes, sink, cancel);
        if (outcome && outcome->progress.bytes > size)
            std::abort();
    }
    return seen == ~0ULL ? 1 : 0;
}
