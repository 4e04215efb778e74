// SPDX-License-Identifier: Apache-2.0
// So many at once, so many a second after that: bounds what a stranger's packets can make us build.
#pragma once

#include <algorithm>
#include <base/time.h>

namespace media {

class TokenBucket
{
public:
    TokenBucket(double atOnce, double perSecond)
        : m_most(atOnce), m_rate(perSecond), m_tokens(atOnce)
    {
    }

    bool take(base::Instant now)
    {
        if (m_last.known() && now > m_last)
            m_tokens = std::min(m_most, m_tokens + base::toSeconds(now - m_last) * m_rate);
        m_last = std::max(m_last, now);
        if (m_tokens < 1)
            return false;
        m_tokens -= 1;
        return true;
    }

private:
    double m_most, m_rate, m_tokens;
    base::Instant m_last;
};

} // namespace media
