// SPDX-License-Identifier: Apache-2.0
// Append-only bytes at addresses that never change, in few large blocks. Written by one thread;
// what was written may be read by any.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace trace {

class Arena
{
public:
    std::string_view keep(std::string_view bytes)
    {
        if (bytes.empty())
            return {};
        if (bytes.size() > m_room) {
            const std::size_t size = std::max(bytes.size(), m_blocks.empty() ? kFirst : kBlock);
            m_blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
            m_next = m_blocks.back().get();
            m_room = size;
        }
        std::memcpy(m_next, bytes.data(), bytes.size());
        const std::string_view kept(m_next, bytes.size());
        m_next += bytes.size();
        m_room -= bytes.size();
        return kept;
    }

private:
    static constexpr std::size_t kFirst = 64 * 1024, kBlock = 1024 * 1024;
    std::vector<std::unique_ptr<char[]>> m_blocks;
    char *m_next = nullptr;
    std::size_t m_room = 0;
};

} // namespace trace
