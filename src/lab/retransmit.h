// SPDX-License-Identifier: Apache-2.0
// Private to lab: sends a message again and again until it is stopped or 64*T1 have passed. Peers'
// thread.
#pragma once

#include <functional>
#include <lab/reactor.h>

namespace lab {

class Retransmitter
{
public:
    explicit Retransmitter(Reactor &reactor) : m_reactor(reactor) {}
    ~Retransmitter() { stop(); }
    Retransmitter(const Retransmitter &) = delete;
    Retransmitter &operator=(const Retransmitter &) = delete;

    /// Calls `send` after T1, then at doubled distances, at most `longest` apart (0: no bound); at
    /// 64*T1 calls `gaveUp`, which may destroy the retransmitter.
    void start(base::Duration t1, base::Duration longest, std::function<void()> send,
               std::function<void()> gaveUp);
    void stop();
    bool running() const { return m_timer != 0; }

private:
    void next();

    Reactor &m_reactor;
    Reactor::TimerId m_timer = 0;
    base::Duration m_wait{0}, m_longest{0}, m_due{0}, m_end{0};
    std::function<void()> m_send, m_gaveUp;
};

} // namespace lab
