// SPDX-License-Identifier: Apache-2.0
// Private to calls: finds entries of a list that is short in nearly every call. A short one is
// looked through, which costs neither a hash nor memory; beyond, a FlatIndex knows where they are.
#pragma once

#include <base/flat_index.h>
#include <cstddef>
#include <cstdint>

namespace calls {

class FewIndex
{
public:
    /// The first of the list's `size` entries for which `same(index)` holds, FlatIndex::kNone if
    /// there is none. `hash()` is asked for a long list only.
    template <class Same, class Hash>
    std::uint32_t find(std::size_t size, Same same, Hash hash) const
    {
        if (size > kFew)
            return m_index.find(hash(), same);
        for (std::uint32_t i = 0; i < size; ++i) {
            if (same(i))
                return i;
        }
        return base::FlatIndex::kNone;
    }
    /// One was put at the end of the list, which has `size` now; `hashOf(index)` as FlatIndex wants
    /// it.
    template <class HashOf> void added(std::size_t size, HashOf hashOf)
    {
        if (size <= kFew)
            return;
        for (std::size_t i = size == kFew + 1 ? 0 : size - 1; i < size; ++i) {
            const auto index = static_cast<std::uint32_t>(i);
            m_index.add(hashOf(index), index, hashOf);
        }
    }

private:
    static constexpr std::size_t kFew = 16;
    base::FlatIndex m_index;
};

} // namespace calls
