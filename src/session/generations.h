// SPDX-License-Identifier: Apache-2.0
// A map that cannot grow: when the young half is full it becomes the old half, and what was left in
// the old half (not looked up since) is given up and counted. Constant time. Analysis thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>

namespace session {

template <class Key, class Value, class Hash = std::hash<Key>> class Generations
{
public:
    using Map = std::unordered_map<Key, Value, Hash>;

    /// Holds at most 2 * `half` entries.
    explicit Generations(std::size_t half) : m_half(half) {}

    /// nullptr: not there. The reference holds until the next ensure().
    Value *find(const Key &key)
    {
        if (const auto young = m_young.find(key); young != m_young.end())
            return &young->second;
        const auto old = m_old.find(key);
        if (old == m_old.end())
            return nullptr;
        if (m_young.size() >= m_half)
            return &old->second; // it moves with the next turn
        return &m_young.insert(m_old.extract(old)).position->second;
    }
    /// `giveUp` sees each entry that has to go.
    template <class GiveUp> Value &ensure(const Key &key, GiveUp giveUp)
    {
        if (m_young.size() >= m_half) {
            if (const auto old = m_old.find(key); old != m_old.end()) {
                auto kept = m_old.extract(old);
                turn(giveUp);
                return m_young.insert(std::move(kept)).position->second;
            }
            if (m_young.find(key) == m_young.end())
                turn(giveUp);
        }
        if (Value *known = find(key))
            return *known;
        return m_young.try_emplace(key).first->second;
    }
    Value &ensure(const Key &key)
    {
        return ensure(key, [](Value &) {});
    }
    void erase(const Key &key)
    {
        m_young.erase(key);
        m_old.erase(key);
    }
    template <class Visit> void each(Visit visit)
    {
        for (auto *map : {&m_old, &m_young}) {
            for (auto &entry : *map)
                visit(entry.second);
        }
    }
    std::size_t size() const { return m_young.size() + m_old.size(); }
    /// Entries stay where they are in memory until this changes; who keeps a pointer to one must
    /// look it up again after that, or it is taken for unused.
    std::uint64_t turns() const { return m_turns; }
    std::uint64_t evicted() const { return m_evicted; }

private:
    template <class GiveUp> void turn(GiveUp giveUp)
    {
        for (auto &entry : m_old)
            giveUp(entry.second);
        m_evicted += m_old.size();
        ++m_turns;
        m_old = std::move(m_young);
        m_young = Map{};
    }

    std::size_t m_half;
    Map m_young, m_old;
    std::uint64_t m_evicted = 0, m_turns = 0;
};

} // namespace session
