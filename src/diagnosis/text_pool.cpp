// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/text_pool.h>

#include <base/hash.h>

namespace diagnosis {

TextPool::TextPool() : m_seed(base::freshSeed()) {}

std::optional<std::uint32_t> TextPool::number(std::string_view text)
{
    if (text.size() < kShortest)
        return std::nullopt;
    const std::uint64_t hash = base::hashOf(text, m_seed);
    const std::lock_guard guard(m_mutex);
    const std::uint32_t known =
        m_index.find(hash, [&](std::uint32_t i) { return m_texts[i] == text; });
    if (known != base::FlatIndex::kNone)
        return known;
    const auto mark = static_cast<std::uint32_t>(hash >> 32U) | 1U;
    std::uint32_t &once = m_once[hash % m_once.size()];
    if (once != mark) {
        once = mark;
        return std::nullopt;
    }
    if (m_texts.size() >= kMostTexts || m_size + text.size() > kMostBytes)
        return std::nullopt;
    m_size += text.size();
    const auto fresh = static_cast<std::uint32_t>(m_texts.append(m_bytes.keep(text)));
    m_index.add(hash, fresh, [this](std::uint32_t i) { return base::hashOf(m_texts[i], m_seed); });
    return fresh;
}

} // namespace diagnosis
