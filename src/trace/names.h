// SPDX-License-Identifier: Apache-2.0
// Private to trace: the tables that give Call-IDs and tags their numbers. The writer's thread.
#pragma once

#include <array>
#include <base/chunk_list.h>
#include <base/flat_index.h>
#include <base/hash.h>
#include <cstdint>
#include <sip/digest.h>
#include <string_view>

namespace trace {

/// Names by their text, each once.
class Names
{
public:
    Names(const base::ChunkList<std::string_view> &list, std::uint64_t seed)
        : m_list(list), m_seed(seed)
    {
    }
    std::uint64_t hash(std::string_view name) const { return base::hashOf(name, m_seed); }
    void expect(std::uint64_t hash) const { m_index.expect(hash); }
    /// What find() will look at first; nullptr: nothing.
    const std::string_view *likely(std::uint64_t hash) const
    {
        const std::uint32_t index = m_index.likely(hash);
        return index != base::FlatIndex::kNone ? &m_list[index] : nullptr;
    }
    /// Step 0: the place in the table; 1: what find() will look at; 2: its text. 0: no name.
    void bringNear(std::uint64_t hash, unsigned step) const
    {
        if (hash == 0)
            return;
        if (step == 0) {
            expect(hash);
            return;
        }
        const std::string_view *const name = likely(hash);
        if (name != nullptr)
            __builtin_prefetch(step == 1 ? static_cast<const void *>(name) : name->data());
    }
    std::uint32_t find(std::uint64_t hash, std::string_view name) const
    {
        return m_index.find(hash, [&](std::uint32_t i) { return m_list[i] == name; });
    }
    void add(std::uint64_t hash, std::uint32_t index)
    {
        m_index.add(hash, index, [this](std::uint32_t i) { return this->hash(m_list[i]); });
    }

private:
    const base::ChunkList<std::string_view> &m_list;
    std::uint64_t m_seed;
    base::FlatIndex m_index;
};

/// The names of one message on their way into the tables. Among a million others none of them is in
/// the cache: table, list and text are asked for all three at once, step by step, while other work
/// goes on.
class Expected
{
public:
    void begin(const Names &callIds, const Names &tags, const sip::Digest &digest)
    {
        m_names = {{{&callIds, digest.callId, digest.callIdHash},
                    {&tags, digest.fromTag, digest.fromTagHash},
                    {&tags, digest.toTag, digest.toTagHash}}};
        for (Name &name : m_names) {
            if (name.text.empty())
                continue;
            if (name.hash == 0)
                name.hash = name.table->hash(name.text);
            name.table->expect(name.hash);
        }
    }
    void entries()
    {
        for (Name &name : m_names) {
            name.likely = name.text.empty() ? nullptr : name.table->likely(name.hash);
            __builtin_prefetch(name.likely);
        }
    }
    void texts() const
    {
        for (const Name &name : m_names) {
            if (name.likely != nullptr)
                __builtin_prefetch(name.likely->data());
        }
    }
    /// The hash of a name in that table, worked out once.
    std::uint64_t hashOf(const Names &table, std::string_view text) const
    {
        for (const Name &name : m_names) {
            if (name.table == &table && name.text.data() == text.data() &&
                name.text.size() == text.size())
                return name.hash;
        }
        return table.hash(text);
    }

private:
    struct Name {
        const Names *table = nullptr;
        std::string_view text;
        std::uint64_t hash = 0;
        const std::string_view *likely = nullptr;
    };
    std::array<Name, 3> m_names{};
};

} // namespace trace
