// SPDX-License-Identifier: Apache-2.0
#include <record/call_index.h>

#include <functional>
#include <iterator>

namespace record {

void CallIndex::note(std::string_view callId, std::uint32_t file, std::uint64_t begin,
                     std::uint64_t end)
{
    const std::uint64_t key = std::hash<std::string_view>()(callId);
    const std::lock_guard guard(m_mutex);
    const auto [at, fresh] = m_spans.try_emplace(key, Span{file, file, begin, end});
    if (fresh)
        return;
    at->second.lastFile = file;
    at->second.end = end;
}

void CallIndex::forgetBefore(std::uint32_t oldest)
{
    const std::lock_guard guard(m_mutex);
    for (auto at = m_spans.begin(); at != m_spans.end();) {
        Span &span = at->second;
        if (span.lastFile < oldest) {
            at = m_spans.erase(at);
            continue;
        }
        if (span.firstFile < oldest) { // its beginning is gone
            span.firstFile = oldest;
            span.begin = 0;
        }
        ++at;
    }
}

std::optional<Span> CallIndex::find(std::string_view callId) const
{
    const std::lock_guard guard(m_mutex);
    const auto found = m_spans.find(std::hash<std::string_view>()(callId));
    return found == m_spans.end() ? std::nullopt : std::optional(found->second);
}

std::size_t CallIndex::size() const
{
    const std::lock_guard guard(m_mutex);
    return m_spans.size();
}

} // namespace record
