// SPDX-License-Identifier: Apache-2.0
// Append-only text at addresses that never change, of which only so much stays in memory: the
// oldest blocks go to a file that has no name and that no other process sees, mapped in at the very
// same place. A reader knows nothing of it; what it looks at comes back from the disk, page by
// page. Written by one thread, read by any.
#pragma once

#include <atomic>
#include <base/result.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trace {

class TextStore
{
public:
    TextStore() = default;
    ~TextStore();
    TextStore(const TextStore &) = delete;
    TextStore &operator=(const TextStore &) = delete;

    /// `row`: which one the text is of. Empty: the system gives no memory.
    std::string_view keep(std::string_view text, std::uint32_t row);
    /// Keeps at most `most` bytes in memory from now on, but for the block being written. Errors:
    /// no file can be made in `folder`.
    base::Result<void> bound(std::size_t most, const std::string &folder);

    std::size_t resident() const { return m_resident; } // bytes of blocks in memory
    std::size_t stored() const { return m_stored; }     // bytes of blocks on the disk
    /// The first so many rows have no text in memory.
    std::uint32_t storedRows() const { return m_storedRows; }
    bool full() const { return m_full; } // the disk took no more; the rest stays in memory

private:
    struct Block {
        char *bytes = nullptr;
        std::size_t size = 0, used = 0;
        std::uint32_t lastRow = 0;
    };
    bool open(std::size_t least);
    void shrink();
    bool store(const Block &block);

    static constexpr std::size_t kBlock = std::size_t{1} << 20U; // whole pages
    // Each is a mapping of its own, of which a process may have 65,530.
    static constexpr std::size_t kMostStored = std::size_t{16} << 30U;
    std::vector<Block> m_blocks;
    std::size_t m_first = 0; // the oldest one in memory
    std::size_t m_most = ~std::size_t{0};
    int m_file = -1;
    std::uint64_t m_end = 0; // of the file
    std::atomic<std::size_t> m_resident{0}, m_stored{0};
    std::atomic<std::uint32_t> m_storedRows{0};
    std::atomic<bool> m_full{false};
};

} // namespace trace
