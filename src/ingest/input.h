// SPDX-License-Identifier: Apache-2.0
// The bytes a source reads: a window that moves over a mapped file, over what a compressed file
// unpacks to, or over a file that still grows. What was handed out stays alive with its owner. One
// importer's thread.
#pragma once

#include <algorithm>
#include <base/blob.h>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ingest {

class Input
{
public:
    virtual ~Input() = default;
    Input(const Input &) = delete;
    Input &operator=(const Input &) = delete;

    /// What is there and was not consumed.
    std::string_view rest() const { return m_rest; }
    const std::shared_ptr<const void> &owner() const { return m_owner; }
    void consume(std::size_t bytes) { m_rest.remove_prefix(bytes); }
    /// What stands `ahead` of the next byte is read soon: the packet behind the one under way.
    void expect(std::size_t ahead) const
    {
        constexpr std::size_t kLine = 64, kEnough = 1024; // bytes of a cache line, of a message
        const std::size_t end = std::min(m_rest.size(), ahead + kEnough);
        for (; ahead < end; ahead += kLine)
            __builtin_prefetch(m_rest.data() + ahead);
    }
    /// Makes rest() hold at least `size` bytes, which may give it another owner. False: the input
    /// ends before; rest() holds what there is.
    bool ensure(std::size_t size) { return m_rest.size() >= size || fill(size); }
    /// The same, but where a writer is waited for, some seconds at most.
    bool ensureSoon(std::size_t size) { return m_rest.size() >= size || fillSoon(size); }
    /// More may be written to it while it is read.
    virtual bool grows() const { return false; }
    /// Bytes of the file that were read, and that it has.
    virtual std::uint64_t bytesRead() const = 0;
    virtual std::uint64_t bytesTotal() const = 0;
    /// A sentence: why it ended before its end; empty: it did not.
    virtual std::string trouble() const { return {}; }

protected:
    Input() = default;
    /// Makes rest() longer, keeping what is in it.
    virtual bool fill(std::size_t size) = 0;
    virtual bool fillSoon(std::size_t size) { return fill(size); }

    std::shared_ptr<const void> m_owner;
    std::string_view m_rest;
};

/// Bytes that are all there.
class BlobInput final : public Input
{
public:
    explicit BlobInput(const base::Blob &bytes) : m_total(bytes.size())
    {
        m_owner = bytes.owner();
        m_rest = bytes.text();
    }
    std::uint64_t bytesRead() const override { return m_total - m_rest.size(); }
    std::uint64_t bytesTotal() const override { return m_total; }

private:
    bool fill(std::size_t /*size*/) override { return false; }

    std::uint64_t m_total;
};

/// Room for the bytes that follow a window: its rest is copied to the beginning.
class Chunk
{
public:
    Chunk(std::string_view rest, std::size_t size);

    char *end() { return m_bytes.get() + m_used; }
    std::size_t room() const { return m_size - m_used; }
    void grow(std::size_t bytes) { m_used += bytes; }
    std::string_view text() const { return {m_bytes.get(), m_used}; }
    std::shared_ptr<const void> owner() const { return m_bytes; }

private:
    std::shared_ptr<char[]> m_bytes;
    std::size_t m_size, m_used;
};

} // namespace ingest
