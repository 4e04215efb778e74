// SPDX-License-Identifier: Apache-2.0
// Two captures that overlap in time hold the same packets: what tells of something in the first is
// not counted again from the second. What lies outside the other's time goes on, in whatever order
// the files are read.
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
    /// `mark` tells one packet from the next where the clocks of two captures differ a little at
    /// their ends; 0: nothing does.
    bool again(std::uint32_t of, base::Instant time, std::uint64_t mark = 0)
    {
        if (of == 0)
            return false;
        Span *own = nullptr;
        for (Span &span : m_spans) {
            if (span.file == of)
                own = &span;
            else if ((span.first <= time && time <= span.last) ||
                     (mark != 0 && (mark == span.firstMark || mark == span.lastMark)))
                return true;
        }
        if (own == nullptr) {
            if (m_spans.size() < kMostFiles)
                m_spans.push_back({of, time, time, mark, mark});
            return false;
        }
        if (time < own->first) {
            own->first = time;
            own->firstMark = mark;
        }
        if (time >= own->last) {
            own->last = time;
            own->lastMark = mark;
        }
        return false;
    }

private:
    static constexpr std::size_t kMostFiles = 64;
    struct Span { // the time of one file's packets
        std::uint32_t file = 0;
        base::Instant first, last;
        std::uint64_t firstMark = 0, lastMark = 0;
    };
    std::vector<Span> m_spans;
};

} // namespace session
