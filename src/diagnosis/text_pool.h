// SPDX-License-Identifier: Apache-2.0
// Sentences that many findings say alike, each kept once: the findings of a large capture repeat a
// few hundred instructions tens of thousands of times. Any thread; bounded, never forgets.
#pragma once

#include <array>
#include <base/chunk_list.h>
#include <base/flat_index.h>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <trace/arena.h>

namespace diagnosis {

class TextPool
{
public:
    TextPool();

    /// The number of a text that was seen before; nullopt: it is new, or there is no more room.
    /// What is said once only never takes room.
    std::optional<std::uint32_t> number(std::string_view text);
    std::string_view text(std::uint32_t number) const { return m_texts[number]; }

private:
    static constexpr std::size_t kMostTexts = 1U << 16U, kMostBytes = 8U << 20U;
    static constexpr std::size_t kShortest = 6; // below, a number saves nothing

    std::mutex m_mutex;
    std::uint64_t m_seed;
    std::array<std::uint32_t, 4096> m_once{}; // marks of texts that were seen once
    base::FlatIndex m_index;
    base::ChunkList<std::string_view> m_texts;
    trace::Arena m_bytes;
    std::size_t m_size = 0; // of all texts
};

} // namespace diagnosis
