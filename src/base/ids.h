// SPDX-License-Identifier: Apache-2.0
// Strong ids: an index that cannot be mistaken for an index of something else.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace base {

template <class Tag> struct Id {
    static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
    std::uint32_t value = kNone;

    constexpr bool valid() const { return value != kNone; }
    friend constexpr auto operator<=>(const Id &, const Id &) = default;
};

} // namespace base

template <class Tag> struct std::hash<base::Id<Tag>> {
    std::size_t operator()(base::Id<Tag> id) const noexcept { return id.value; }
};
