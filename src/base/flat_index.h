// SPDX-License-Identifier: Apache-2.0
// A hash table of indices into somebody else's list: eight bytes an entry, no allocation for each,
// seeded by its user so that foreign input cannot aim at one place. Grows by doubling; never
// forgets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace base {

class FlatIndex
{
public:
    static constexpr std::uint32_t kNone = ~0U;

    /// The index filed under `hash` for which `same(index)` holds, kNone if there is none.
    template <class Same> std::uint32_t find(std::uint64_t hash, Same same) const
    {
        if (m_slots.empty())
            return kNone;
        const auto mark = markOf(hash);
        for (std::size_t at = hash & m_mask;; at = (at + 1) & m_mask) {
            const Slot &slot = m_slots[at];
            if (slot.index == kNone)
                return kNone;
            if (slot.mark == mark && same(slot.index))
                return slot.index;
        }
    }
    /// Brings the place of `hash` near, for a find() that comes soon.
    void expect(std::uint64_t hash) const
    {
        if (!m_slots.empty())
            __builtin_prefetch(&m_slots[hash & m_mask]);
    }
    /// The index that find() will ask of first, kNone: of none.
    std::uint32_t likely(std::uint64_t hash) const
    {
        return find(hash, [](std::uint32_t) { return true; });
    }
    /// Files a new index; `hashOf(index)` tells the hash of any index when the table has to grow.
    template <class HashOf> void add(std::uint64_t hash, std::uint32_t index, HashOf hashOf)
    {
        if (4 * (m_size + 1) > 3 * m_slots.size()) // eight slots are one cache line
            grow(hashOf);
        place(hash, index);
        ++m_size;
    }

private:
    struct Slot {
        std::uint32_t index = kNone;
        std::uint32_t mark =
            0; // the other half of the hash: most strangers are told without a look
    };
    static std::uint32_t markOf(std::uint64_t hash)
    {
        return static_cast<std::uint32_t>(hash >> 32U);
    }
    void place(std::uint64_t hash, std::uint32_t index)
    {
        std::size_t at = hash & m_mask;
        while (m_slots[at].index != kNone)
            at = (at + 1) & m_mask;
        m_slots[at] = {index, markOf(hash)};
    }
    template <class HashOf> void grow(HashOf hashOf)
    {
        const std::size_t size = m_slots.empty() ? 32 : 2 * m_slots.size();
        const std::vector<Slot> old = std::move(m_slots);
        m_slots.assign(size, Slot{});
        m_mask = size - 1;
        for (const Slot &slot : old) {
            if (slot.index != kNone)
                place(hashOf(slot.index), slot.index);
        }
    }

    std::vector<Slot> m_slots;
    std::size_t m_mask = 0, m_size = 0;
};

} // namespace base
