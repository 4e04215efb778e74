// SPDX-License-Identifier: Apache-2.0
// Private to legs: from a key (a hash of something calls have in common) to the newest calls that
// had it. Two stand in the table itself, more in a ring of the newest. Open addressing, constant
// time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace legs {

/// Keys are cut to 32 bits: among a million calls some will meet by chance, so whoever finds a call
/// looks whether it really has the same.
class KeyTable
{
public:
    static constexpr std::size_t kRing = 16;
    using Calls = std::array<std::uint32_t, kRing>;

    KeyTable() : m_slots(1024) {}

    /// The newest calls under `key`, newest first; `out` holds them. Returns how many there are.
    std::size_t find(std::uint64_t key, Calls &out) const { return list(slot(key), out); }
    /// How many calls ever had it.
    std::uint32_t count(std::uint64_t key) const { return slot(key).count; }
    void add(std::uint64_t key, std::uint32_t call) { insert(cut(key), call, nullptr); }
    /// The same; `before` are the calls that had it until now, newest first. Returns how many.
    std::size_t add(std::uint64_t key, std::uint32_t call, Calls &before)
    {
        return insert(cut(key), call, &before);
    }
    /// Forgets calls below `first` and counts the others from there.
    void drop(std::uint32_t first)
    {
        KeyTable kept;
        Calls calls{};
        for (const Slot &slot : m_slots) {
            for (std::size_t n = list(slot, calls); n-- > 0;) {
                if (calls[n] >= first)
                    kept.insert(slot.key, calls[n] - first, nullptr);
            }
        }
        *this = std::move(kept);
    }

private:
    struct Slot {
        std::uint32_t key = 0; // 0: free
        std::uint32_t count = 0, first = 0;
        std::uint32_t second = 0; // of more than two calls: their ring
    };

    static std::uint32_t cut(std::uint64_t key)
    {
        const std::uint64_t mixed = key * 0x9E3779B97F4A7C15ULL;
        return static_cast<std::uint32_t>(mixed >> 32U) | 1U;
    }
    const Slot &slot(std::uint64_t key) const { return m_slots[at(cut(key))]; }
    std::size_t list(const Slot &slot, Calls &out) const
    {
        if (slot.count > 2) {
            const Calls &ring = m_rings[slot.second];
            const std::size_t n = slot.count < kRing ? slot.count : kRing;
            for (std::size_t i = 0; i < n; ++i)
                out[i] = ring[(slot.count - 1 - i) % kRing];
            return n;
        }
        if (slot.count == 2)
            out = {slot.second, slot.first};
        else
            out[0] = slot.first;
        return slot.count;
    }
    std::uint32_t newest(const Slot &slot) const
    {
        return slot.count > 2    ? m_rings[slot.second][(slot.count - 1) % kRing]
               : slot.count == 2 ? slot.second
                                 : slot.first;
    }
    std::size_t insert(std::uint32_t key, std::uint32_t call, Calls *before)
    {
        if ((m_used + 1) * 8 > m_slots.size() * 7)
            grow();
        Slot &slot = m_slots[at(key)];
        if (slot.key == 0) {
            slot = {key, 1, call, 0};
            ++m_used;
            return 0;
        }
        if (newest(slot) == call)
            return 0;
        const std::size_t had = before != nullptr ? list(slot, *before) : 0;
        if (slot.count == 1) {
            slot.second = call;
        } else {
            if (slot.count == 2) {
                m_rings.push_back({slot.first, slot.second});
                slot.second = static_cast<std::uint32_t>(m_rings.size() - 1);
            }
            m_rings[slot.second][slot.count % kRing] = call;
        }
        ++slot.count;
        return had;
    }
    std::size_t at(std::uint32_t key) const
    {
        std::size_t place = (key * 0xC2B2AE3D27D4EB4FULL >> 24U) & (m_slots.size() - 1);
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
