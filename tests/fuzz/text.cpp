// SPDX-License-Identifier: Apache-2.0
// Fuzz target: bytes read as each kind of text. What comes out was there, or is bounded by it.
#include <cstdint>
#include <cstdlib>
#include <ingest/text/reader.h>
#include <string_view>

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto bytes =
        base::Blob::copy(std::string_view(reinterpret_cast<const char *>(data), size));
    std::size_t packets = 0, payload = 0;
    base::Instant last;
    ingest::Sink sink;
    sink.emit = [&](base::Packet packet) {
        ++packets;
        payload += packet.payload.size();
        require(packet.origin == base::Origin::Capture && packet.time.known());
        return true;
    };
    sink.flaw = [](const std::string &sentence) { require(!sentence.empty()); };
    const std::atomic<bool> cancel{false};
    for (const ingest::Source *source : ingest::sources::all())
        require(source->recognises(bytes.text().substr(0, 4096)) <= 100);
    const auto outcome = ingest::text::readBytes(bytes, sink, cancel);
    require(outcome ? outcome->progress.packets == packets : !outcome.error().sentence.empty());
    // A line end may have been restored for each line, nothing else is added.
    require(payload <= 4 * size + 64 * packets);
    return 0;
}
