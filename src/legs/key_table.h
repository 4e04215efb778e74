// SPDX-License-Identifier: Apache-2.0
// Private to legs: from a key (a hash of something calls have in common) to the newest calls that
// had it. Two stand in the table itself, more in a ring of the newest. Open addressing, constant
// time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace legs {

class KeyTable
{
public:
    static constexpr std::uint32_t kNone = ~0U;
    static constexpr std::size_t kRing = 16;
    using Calls = std::array<std::uint32_t, kRing>;

    KeyTable() : m_slots(1024) {}

    /// The newest calls under `key`, newest first; `out` holds them. Returns how many there are.
    std::size_t find(std::uint64_t key, Calls &out) const
    {
        const Slot &slot = m_slots[at(key)];
        if (slot.key != key)
            return 0;
        if (slot.ring == kNone) {
            std::size_t n = 0;
            if (slot.second != kNone)
                out[n++] = slot.second;
            out[n++] = slot.first;
            return n;
        }
        const Calls &ring = m_rings[slot.ring];
        const std::size_t n = slot.count < kRing ? slot.count : kRing;
        for (std::size_t i = 0; i < n; ++i)
            out[i] = ring[(slot.count - 1 - i) % kRing];
        return n;
    }
    /// How many calls ever had it.
    std::uint32_t count(std::uint64_t key) const
    {
        const Slot &slot = m_slots[at(key)];
        return slot.key == key ? slot.count : 0;
    }
    void add(std::uint64_t key, std::uint32_t call)
    {
        if ((m_used + 1) * 4 > m_slots.size() * 3)
            grow();
        Slot &slot = m_slots[at(key)];
        if (slot.key != key) {
            slot = {key, 1, call, kNone, kNone};
            ++m_used;
            return;
        }
        if (newest(slot) == call)
            return;
        if (slot.count == 1) {
            slot.second = call;
        } else {
            if (slot.ring == kNone) {
                slot.ring = static_cast<std::uint32_t>(m_rings.size());
                m_rings.push_back({slot.first, slot.second});
            }
            m_rings[slot.ring][slot.count % kRing] = call;
        }
        ++slot.count;
    }
    /// Forgets calls below `first` and counts the others from there.
    void drop(std::uint32_t first)
    {
        KeyTable kept;
        Calls calls{};
        for (const Slot &slot : m_slots) {
            if (slot.key == 0)
                continue;
            for (std::size_t n = find(slot.key, calls); n-- > 0;)
                if (calls[n] >= first)
                    kept.add(slot.key, calls[n] - first);
        }
        *this = std::move(kept);
    }

private:
    struct Slot {
        std::uint64_t key = 0; // 0: free
        std::uint32_t count = 0, first = kNone, second = kNone, ring = kNone;
    };

    std::uint32_t newest(const Slot &slot) const
    {
        if (slot.ring != kNone)
            return m_rings[slot.ring][(slot.count - 1) % kRing];
        return slot.second != kNone ? slot.second : slot.first;
    }
    std::size_t at(std::uint64_t key) const
    {
        std::size_t place = (key * 0x9E3779B97F4A7C15ULL) >> 20U & (m_slots.size() - 1);
        while (m_slots[place].key != 0 && m_slots[place].key != key)
            place = (place + 1) & (m_slots.size() - 1);
        return place;
    }
    void grow()
    {
        std::vector<Slot> before(m_slots.size() * 2);
        before.swap(m_slots);
        for (const Slot &slot : before)
            if (slot.key != 0)
                m_slots[at(slot.key)] = slot;
    }

    std::vector<Slot> m_slots;
    std::vector<Calls> m_rings;
    std::size_t m_used = 0;
};

} // namespace legs
