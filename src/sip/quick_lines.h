// SPDX-License-Identifier: Apache-2.0
// Private to sip: the lines of a message that all end in CRLF, found 64 bytes at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sip {

class QuickLines
{
public:
    explicit QuickLines(std::string_view text)
        : m_line(text.data()), m_end(text.data() + text.size()), m_next(text.data())
    {
    }
    /// The end of the next line, which begins at line() before; nullptr: it does not end in CRLF.
    const char *next();
    const char *line() const { return m_line; }
    const char *end() const { return m_end; } // of the text
    /// One of the lines so far holds something that is neither printable ASCII nor a tab.
    bool odd() const { return m_odd; }

private:
    static constexpr std::size_t kBlock = 64;

    /// A bit for each byte of a block that is neither printable ASCII nor a blank.
    static std::uint64_t hitsIn(const char *at)
    {
        std::uint64_t out = 0;
#if defined(__SSE2__)
        const __m128i blank = _mm_set1_epi8(' '), beyond = _mm_set1_epi8(0x7F - ' ');
#pragma GCC unroll 4
        for (unsigned i = 0; i < kBlock; i += 16) {
            const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at + i));
            const __m128i far = _mm_min_epu8(_mm_sub_epi8(bytes, blank), beyond);
            const auto hits =
                static_cast<std::uint16_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(far, beyond)));
            out |= std::uint64_t{hits} << i;
        }
#else
        for (unsigned i = 0; i < kBlock; ++i) {
            const auto byte = static_cast<unsigned char>(at[i]);
            out |= std::uint64_t{byte < ' ' || byte >= 0x7F} << i;
        }
#endif
        return out;
    }
    [[gnu::noinline]] bool nextBlock() // so that next() is short enough to be put in its place
    {
        if (m_next == m_end)
            return false;
        m_block = m_next;
        const std::size_t left = std::min(static_cast<std::size_t>(m_end - m_block), kBlock);
        m_next += left;
        if (left == kBlock) {
            m_hits = hitsIn(m_block);
            return true;
        }
        std::array<char, kBlock> rest;
        rest.fill(' ');
        std::memcpy(rest.data(), m_block, left);
        m_hits = hitsIn(rest.data());
        return true;
    }

    const char *m_line, *m_end;
    const char *m_block = nullptr, *m_next; // the one under way and the one behind it
    std::uint64_t m_hits = 0;               // of the block, those that were not looked at
    bool m_odd = false;
};

inline const char *QuickLines::next()
{
    for (;;) {
        while (m_hits == 0) {
            if (!nextBlock())
                return nullptr;
        }
        const char *const hit = m_block + std::countr_zero(m_hits);
        m_hits &= m_hits - 1;
        if (hit < m_line)
            continue; // the LF of the line before
        if (*hit == '\r' || *hit == '\n') {
            if (m_end - hit < 2 || hit[0] != '\r' || hit[1] != '\n')
                return nullptr;
            m_line = hit + 2;
            if (m_line <= m_next) // else the LF is met in the block behind
                m_hits &= m_hits - 1;
            return hit;
        }
        m_odd = m_odd || *hit != '\t';
    }
}

} // namespace sip
