// SPDX-License-Identifier: Apache-2.0
#include <base/search.h>

#if defined(__SSE2__)
#include <bit>
#include <emmintrin.h>
#endif

namespace base {
namespace {

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

char raised(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

bool standsAt(const char *at, std::string_view word)
{
    for (const char c : word) {
        if (lowered(*at++) != c)
            return false;
    }
    return true;
}

} // namespace

bool containsNoCase(std::string_view text, std::string_view lowerWord)
{
    if (lowerWord.empty())
        return true;
    if (text.size() < lowerWord.size())
        return false;
    const char *at = text.data();
    const char *last = at + (text.size() - lowerWord.size()); // where it may begin at the latest
#if defined(__SSE2__)
    // Sixteen places at once: only where first and last letter fit is the word compared.
    const std::size_t far = lowerWord.size() - 1;
    const char a = lowerWord.front(), z = lowerWord.back();
    const __m128i first = _mm_set1_epi8(a), firstUp = _mm_set1_epi8(raised(a));
    const __m128i end = _mm_set1_epi8(z), endUp = _mm_set1_epi8(raised(z));
    for (; last - at >= 15; at += 16) {
        const __m128i heads = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
        const __m128i tails = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at + far));
        const __m128i fits = _mm_and_si128(
            _mm_or_si128(_mm_cmpeq_epi8(heads, first), _mm_cmpeq_epi8(heads, firstUp)),
            _mm_or_si128(_mm_cmpeq_epi8(tails, end), _mm_cmpeq_epi8(tails, endUp)));
        for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(fits)); mask != 0;
             mask &= mask - 1) {
            if (standsAt(at + std::countr_zero(mask), lowerWord))
                return true;
        }
    }
#endif
    for (; at <= last; ++at) {
        if (standsAt(at, lowerWord))
            return true;
    }
    return false;
}

} // namespace base
