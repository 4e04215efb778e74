// SPDX-License-Identifier: Apache-2.0
// Two captures that overlap in time hold the same keep-alives and reports, which nothing else tells
// from each other: what tells of something in the first is not counted again from the second. What
// lies outside the other's time goes on, in whatever order the files are read.
#pragma once

#include <algorithm>
#include <base/time.h>
#include <cstdint>
#include <vector>

namespace session {

class Overlap
{
public:
    /// Is a packet of that file (0: of none) one that another has too? It is taken note of if not.
    bool again(std::uint32_t of, base::Instant time)
    {
        if (of == 0)
            return false;
        Span *own = nullptr;
        for (Span &span : m_spans) {
            if (span.file == of)
                own = &span;
            else if (span.first <= time && time <= span.last)
                return true;
        }
        if (own == nullptr) {
            if (m_spans.size() < kMostFiles)
                m_spans.push_back({of, time, time});
            return false;
        }
        own->first = std::min(own->first, time);
        own->last = std::max(own->last, time);
        return false;
    }

private:
    static constexpr std::size_t kMostFiles = 64;
    struct Span { // the time of one file's packets
        std::uint32_t file = 0;
        base::Instant first, last;
    };
    std::vector<Span> m_spans;
};

} // namespace session
