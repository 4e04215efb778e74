// SPDX-License-Identifier: Apache-2.0
#include <lab/retransmit.h>

namespace lab {

void Retransmitter::start(base::Duration t1, base::Duration longest, std::function<void()> send,
                          std::function<void()> gaveUp)
{
    stop();
    m_wait = t1;
    m_longest = longest;
    m_due = Reactor::clock() + t1;
    m_end = Reactor::clock() + 64 * t1;
    m_send = std::move(send);
    m_gaveUp = std::move(gaveUp);
    m_timer = m_reactor.at(m_due, [this] { next(); });
}

void Retransmitter::stop()
{
    m_reactor.cancel(m_timer);
    m_timer = 0;
}

void Retransmitter::next()
{
    m_timer = 0;
    if (m_due >= m_end) {
        const auto gaveUp = std::move(m_gaveUp);
        if (gaveUp)
            gaveUp();
        return;
    }
    m_send();
    m_wait *= 2;
    if (m_longest > base::Duration(0))
        m_wait = std::min(m_wait, m_longest);
    m_due = std::min(m_due + m_wait, m_end);
    m_timer = m_reactor.at(m_due, [this] { next(); });
}

} // namespace lab
