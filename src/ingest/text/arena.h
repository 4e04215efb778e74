// SPDX-License-Identifier: Apache-2.0
// Private to ingest: bytes that a log did not hold as they were on the wire. Grows by one importer;
// what it keeps stays where it is, so that packets may view it on any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace ingest::text {

class Arena
{
public:
    explicit Arena(std::size_t most) : m_most(most) {}

    /// False: beyond the limit, `out` stays empty.
    bool keep(std::string bytes, std::string_view &out)
    {
        out = {};
        if (bytes.size() > m_most - m_kept)
            return false;
        m_kept += bytes.size();
        if (bytes.size() > kChunk / 4) { // a chunk of its own
            m_large.push_back(std::move(bytes));
            out = m_large.back();
            return true;
        }
        if (m_chunks.empty() || m_chunks.back().size() + bytes.size() > kChunk) {
            m_chunks.emplace_back();
            m_chunks.back().reserve(kChunk); // never grows beyond: what views it stays good
        }
        std::string &chunk = m_chunks.back();
        const std::size_t at = chunk.size();
        chunk += bytes;
        out = std::string_view(chunk).substr(at);
        return true;
    }

private:
    static constexpr std::size_t kChunk = 256U << 10U;
    std::size_t m_most, m_kept = 0;
    std::deque<std::string> m_chunks, m_large;
};

} // namespace ingest::text
