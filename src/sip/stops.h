// SPDX-License-Identifier: Apache-2.0
// Private to sip: the characters of a value that may structure it. All but letters, digits, '-',
// '.' and '_' stop a walk over it, so that who reads a value looks at a few of its characters only.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <cstring>
#include <emmintrin.h>
#endif

namespace sip {

class Stops
{
public:
    static constexpr std::size_t kMost = 512; // bytes of a value; a longer one is not looked at

    explicit Stops(std::string_view value) // not empty
        : m_begin(value.data()), m_end(value.data() + value.size())
    {
        const std::size_t size = std::min(value.size(), kMost);
        for (std::size_t i = 0; i * kWord < size; ++i)
            m_words[i] = wordOf(m_begin + i * kWord, std::min(kWord, size - i * kWord));
    }
    /// The first at or behind `from`, end() if there is none.
    const char *next(const char *from) const
    {
        const auto at = static_cast<std::size_t>(from - m_begin);
        const auto size = static_cast<std::size_t>(m_end - m_begin);
        if (size < kWord) { // as nearly all are
            const std::uint64_t left = m_words[0] >> at;
            return left != 0 ? from + std::countr_zero(left) : m_end;
        }
        for (std::size_t i = at / kWord, skip = at % kWord; i * kWord < size; ++i, skip = 0) {
            if (const std::uint64_t left = m_words[i] >> skip; left != 0)
                return m_begin + i * kWord + skip + std::countr_zero(left);
        }
        return m_end;
    }
    const char *begin() const { return m_begin; }
    const char *end() const { return m_end; }

private:
    static constexpr std::size_t kWord = 64;

#if defined(__SSE2__)
    static std::uint64_t stopsOf(const char *at) // of 16 bytes
    {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
        const auto above = [](__m128i each, char last, int many) { // last - many + 1 ... last
            const __m128i moved = _mm_add_epi8(each, _mm_set1_epi8(static_cast<char>(127 - last)));
            return _mm_cmpgt_epi8(moved, _mm_set1_epi8(static_cast<char>(127 - many)));
        };
        const __m128i letters = above(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'z', 26);
        const __m128i others = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')),
                                                above(bytes, '9', 13)); // from '-' on
        const __m128i words =
            _mm_or_si128(_mm_or_si128(letters, others), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')));
        return static_cast<std::uint16_t>(~_mm_movemask_epi8(words));
    }
    static std::uint64_t wordOf(const char *at, std::size_t size)
    {
        std::uint64_t out = 0;
        std::size_t i = 0;
        for (; i + 16 <= size; i += 16)
            out |= stopsOf(at + i) << i;
        if (i == size)
            return out;
        std::array<char, 16> rest;
        rest.fill('x');
        std::memcpy(rest.data(), at + i, size - i);
        return out | stopsOf(rest.data()) << i;
    }
#else
    static bool isStop(char c)
    {
        const char lower = static_cast<char>(c | 0x20);
        return !((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                 c == '_');
    }
    static std::uint64_t wordOf(const char *at, std::size_t size)
    {
        std::uint64_t out = 0;
        for (std::size_t i = 0; i < size; ++i)
            out |= std::uint64_t{isStop(at[i])} << i;
        return out;
    }
#endif

    const char *m_begin, *m_end;
    std::array<std::uint64_t, kMost / kWord> m_words; // those of the value are set
};

} // namespace sip
