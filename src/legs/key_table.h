// SPDX-License-Identifier: Apache-2.0
// Private to legs: from a key (a hash of something calls have in common) to the newest calls that
// had it. Nearly all keys are one call's alone: that one stands in the table itself, two stand
// beside it, more in a ring of the newest. Open addressing, constant time.
#pragma once

#include <algorithm>
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

    static std::uint32_t cut(std::uint64_t key)
    {
        const std::uint64_t mixed = key * 0x9E3779B97F4A7C15ULL;
        return static_cast<std::uint32_t>(mixed >> 32U) | 1U;
    }
    /// The newest calls under `key`, newest first; `out` holds them. Returns how many there are.
    std::size_t find(std::uint64_t key, Calls &out) const
    {
        return list(m_slots[at(cut(key))], out);
    }
    /// How many calls ever had it; `key` is cut.
    std::uint32_t count(std::uint32_t key) const
    {
        const Slot &slot = m_slots[at(key)];
        return slot.key == 0                 ? 0
               : (slot.place & kMany) == 0   ? 1
               : (slot.place & kRinged) == 0 ? 2
                                             : m_rings[slot.place & kPlace].count;
    }
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
    // Of a slot's place: what it is the place of.
    static constexpr std::uint32_t kMany = 1U << 31U, kRinged = 1U << 30U, kPlace = kRinged - 1;
    struct Slot {
        std::uint32_t key = 0;   // 0: free
        std::uint32_t place = 0; // the call, or where its calls are
    };
    struct Pair {
        std::uint32_t first = 0, second = 0;
    };
    struct Ring {
        std::uint32_t count = 0;
        Calls calls{};
        std::uint32_t newest() const { return calls[(count - 1) % kRing]; }
    };

    std::size_t list(const Slot &slot, Calls &out) const
    {
        if (slot.key == 0)
            return 0;
        if ((slot.place & kMany) == 0) {
            out[0] = slot.place;
            return 1;
        }
        if ((slot.place & kRinged) == 0) {
            const Pair &pair = m_pairs[slot.place & kPlace];
            out[0] = pair.second;
            out[1] = pair.first;
            return 2;
        }
        const Ring &ring = m_rings[slot.place & kPlace];
        const std::size_t n = std::min<std::size_t>(ring.count, kRing);
        for (std::size_t i = 0; i < n; ++i)
            out[i] = ring.calls[(ring.count - 1 - i) % kRing];
        return n;
    }
    std::uint32_t newest(const Slot &slot) const
    {
        return (slot.place & kMany) == 0     ? slot.place
               : (slot.place & kRinged) == 0 ? m_pairs[slot.place & kPlace].second
                                             : m_rings[slot.place & kPlace].newest();
    }
    std::size_t insert(std::uint32_t key, std::uint32_t call, Calls *before)
    {
        if ((m_used + 1) * 8 > m_slots.size() * 7)
            grow();
        Slot &slot = m_slots[at(key)];
        if (slot.key == 0) {
            slot = {key, call};
            ++m_used;
            return 0;
        }
        if (newest(slot) == call)
            return 0;
        const std::size_t had = before != nullptr ? list(slot, *before) : 0;
        if ((slot.place & kMany) == 0)
            pair(slot, call);
        else if ((slot.place & kRinged) == 0)
            ring(slot, call);
        else
            append(m_rings[slot.place & kPlace], call);
        return had;
    }
    void pair(Slot &slot, std::uint32_t call)
    {
        const Pair both{slot.place, call};
        if (m_freePairs.empty()) {
            slot.place = kMany | static_cast<std::uint32_t>(m_pairs.size());
            m_pairs.push_back(both);
            return;
        }
        slot.place = kMany | m_freePairs.back();
        m_pairs[m_freePairs.back()] = both;
        m_freePairs.pop_back();
    }
    void ring(Slot &slot, std::uint32_t call)
    {
        const std::uint32_t place = slot.place & kPlace;
        slot.place = kMany | kRinged | static_cast<std::uint32_t>(m_rings.size());
        Ring &fresh = m_rings.emplace_back();
        fresh.count = 2;
        fresh.calls[0] = m_pairs[place].first;
        fresh.calls[1] = m_pairs[place].second;
        m_freePairs.push_back(place);
        append(fresh, call);
    }
    static void append(Ring &ring, std::uint32_t call) { ring.calls[ring.count++ % kRing] = call; }
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
    std::vector<Pair> m_pairs;
    std::vector<std::uint32_t> m_freePairs; // that became rings
    std::vector<Ring> m_rings;
    std::size_t m_used = 0;
};

} // namespace legs
