// SPDX-License-Identifier: Apache-2.0
// Tells when this computer's network may have come back: an address, a route or a link came up
// (rtnetlink). Loop's thread only.
#pragma once

#include <chrono>
#include <engine/su_loop.h>
#include <engine/timer.h>
#include <functional>

namespace engine {

class NetworkWatch
{
public:
    /// `returned` is called a moment after the last of several changes. Where the system tells
    /// nothing it is never called.
    /// `changed` likewise, where addresses or links went as well.
    NetworkWatch(SuLoop &loop, std::function<void()> returned, std::function<void()> changed = {});
    ~NetworkWatch();
    NetworkWatch(const NetworkWatch &) = delete;
    NetworkWatch &operator=(const NetworkWatch &) = delete;

private:
    void read();

    SuLoop &m_loop;
    std::function<void()> m_returned, m_changed;
    Timer m_settles;
    std::chrono::steady_clock::time_point m_since; // when the timer was first started
    bool m_back = false;                           // of what the timer waits for
    int m_socket = -1;
};

} // namespace engine
