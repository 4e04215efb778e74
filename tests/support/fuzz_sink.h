// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets of the capture readers share: a sink that touches every byte, for the
// address sanitizer, and an input that comes in small pieces.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ingest/decode/time_order.h>
#include <ingest/source.h>

namespace support {

class FuzzSink
{
public:
    FuzzSink()
    {
        sink.emit = [this](const base::Packet &packet) {
            ++packets;
            for (const char c : packet.payload.text())
                m_seen = m_seen * 31 + static_cast<unsigned char>(c);
            if (packet.comment)
                m_seen += packet.comment->size();
            if (packet.local)
                m_seen += packet.local->sentence.size();
            return true;
        };
        sink.flaw = [this](const std::string &sentence) {
            m_seen += sentence.size();
            // Of these only who has all of the file knows in time.
            dependsOnTheWhole = dependsOnTheWhole ||
                                sentence == ingest::decode::TimeOrder::kSentence ||
                                sentence.starts_with("Decryption secrets came when TLS");
        };
        sink.name = [this](const base::Address &address, std::string_view name) {
            m_seen += address.text().size() + name.size();
        };
    }
    FuzzSink(const FuzzSink &) = delete;
    FuzzSink &operator=(const FuzzSink &) = delete;

    ingest::Sink sink;
    ingest::Outcome outcome;
    std::atomic<bool> cancel{false};
    std::uint64_t packets = 0;
    bool dependsOnTheWhole = false;
    /// So that nothing is optimised away.
    int result() const { return m_seen == ~0ULL ? 1 : 0; }
    std::uint64_t seen() const { return m_seen; }

private:
    std::uint64_t m_seen = 0;
};

/// The same bytes in windows that are as small as the reader lets them be.
class Dripping final : public ingest::Input
{
public:
    explicit Dripping(std::string_view bytes) : m_left(bytes), m_total(bytes.size()) {}
    std::uint64_t bytesRead() const override { return m_total - m_left.size() - m_rest.size(); }
    std::uint64_t bytesTotal() const override { return m_total; }

private:
    bool fill(std::size_t size) override
    {
        ingest::Chunk chunk(m_rest, std::min(size, m_rest.size() + m_left.size()));
        const std::size_t more = chunk.room();
        std::copy_n(m_left.begin(), more, chunk.end());
        chunk.grow(more);
        m_left.remove_prefix(more);
        m_owner = chunk.owner();
        m_rest = chunk.text();
        return m_rest.size() >= size;
    }

    std::string_view m_left;
    std::uint64_t m_total;
};

/// A source over bytes at once and in windows: both must hand on the same, unless the file is not
/// in order of time, which only shows where all of it is there.
inline int fuzzSource(const ingest::Source &source, std::string_view bytes)
{
    FuzzSink whole, dripping;
    const auto first = source.readBytes(base::Blob::copy(bytes), whole.sink, whole.cancel);
    Dripping input(bytes);
    const auto second = source.readInput(input, dripping.sink, dripping.cancel);
    const bool same = whole.packets == dripping.packets && whole.seen() == dripping.seen();
    if (first.has_value() != second.has_value() ||
        (!same && !whole.dependsOnTheWhole && !dripping.dependsOnTheWhole))
        __builtin_trap();
    if (first && first->progress.bytes > bytes.size())
        __builtin_trap();
    return whole.result();
}

inline int fuzzSource(std::string_view id, const std::uint8_t *data, std::size_t size)
{
    for (const ingest::Source *source : ingest::sources::all()) {
        if (source->id == id)
            return fuzzSource(*source, {reinterpret_cast<const char *>(data), size});
    }
    __builtin_trap();
}

} // namespace support
