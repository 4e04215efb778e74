// SPDX-License-Identifier: Apache-2.0
// When early media counts as coming, for who decides whether a phone rings by itself (RFC 3960
// section 3.2): the player live and the diagnosis afterwards ask the same. Pure.
#pragma once

#include <array>
#include <base/time.h>

namespace rtp {

class MediaRun
{
public:
    /// A stray packet is no sound: it begins with the third within this time ...
    static constexpr base::Duration kBegins = std::chrono::milliseconds(300);
    /// ... and is over after this time without one.
    static constexpr base::Duration kEnds = std::chrono::seconds(1);

    void packet(base::Instant at)
    {
        if (m_last[0].known() && at - m_last[0] >= kEnds)
            *this = {};
        m_runs = m_runs || (m_last[1].known() && at - m_last[1] <= kBegins);
        m_last = {at, m_last[0]};
    }
    bool comes(base::Instant now) const { return m_runs && now - m_last[0] < kEnds; }
    /// Too few for that yet, and the next may be on its way: nothing is known.
    bool mayBegin(base::Instant now) const
    {
        return !m_runs && m_last[0].known() && now - m_last[0] < kBegins;
    }

private:
    std::array<base::Instant, 2> m_last; // the newest first
    bool m_runs = false;
};

} // namespace rtp
