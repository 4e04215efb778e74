// SPDX-License-Identifier: Apache-2.0
// Append-only list that one thread writes and any thread reads without a lock, up to the published
// size. Elements never move and never change once published. Chunk k holds kFirst << k elements, of
// which only the ones appended are constructed: the rest of it is never touched, so never resident.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

namespace base {

template <class T> class ChunkList
{
public:
    ChunkList() = default;
    ChunkList(const ChunkList &) = delete;
    ChunkList &operator=(const ChunkList &) = delete;
    ~ChunkList()
    {
        const std::size_t size = m_size.load(std::memory_order_relaxed);
        for (std::size_t index = 0; index < size; ++index) {
            const auto [chunk, offset] = place(index);
            std::destroy_at(m_chunks[chunk].load(std::memory_order_relaxed) + offset);
        }
        for (std::size_t chunk = 0; chunk < m_chunks.size(); ++chunk) {
            if (T *data = m_chunks[chunk].load(std::memory_order_relaxed))
                std::allocator<T>().deallocate(data, kFirst << chunk);
        }
    }

    /// The writer only. Returns the new element's index.
    std::size_t append(T value)
    {
        const std::size_t index = m_size.load(std::memory_order_relaxed);
        const auto [chunk, offset] = place(index);
        T *data = m_chunks[chunk].load(std::memory_order_relaxed);
        if (data == nullptr) {
            data = std::allocator<T>().allocate(kFirst << chunk);
            m_chunks[chunk].store(data, std::memory_order_release);
        }
        std::construct_at(data + offset, std::move(value));
        m_size.store(index + 1, std::memory_order_release);
        return index;
    }
    std::size_t size() const { return m_size.load(std::memory_order_acquire); }
    const T &operator[](std::size_t index) const
    {
        const auto [chunk, offset] = place(index);
        return m_chunks[chunk].load(std::memory_order_acquire)[offset];
    }

private:
    static constexpr std::size_t kFirst = 1024;
    struct Place {
        std::size_t chunk, offset;
    };
    static Place place(std::size_t index)
    {
        const std::size_t power = std::bit_floor(index / kFirst + 1); // 1 << chunk
        return {static_cast<std::size_t>(std::countr_zero(power)), index - kFirst * (power - 1)};
    }

    std::array<std::atomic<T *>, 55> m_chunks{};
    std::atomic<std::size_t> m_size{0};
};

} // namespace base
