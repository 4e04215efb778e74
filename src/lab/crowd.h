// SPDX-License-Identifier: Apache-2.0
// Private to lab: many user agents behind one edge, each with one flow that it replaces as RFC 5626
// section 4.5 says. They take no calls. Peers' thread, but for report().
#pragma once

#include <lab/lab.h>
#include <lab/settings.h>
#include <lab/tcp_client.h>
#include <mutex>
#include <random>
#include <sip/message.h>

namespace lab {

class Crowd
{
public:
    Crowd(Reactor &reactor, const CrowdSettings &settings, const base::Endpoint &edge,
          const base::Endpoint &registrar);
    ~Crowd();
    Crowd(const Crowd &) = delete;
    Crowd &operator=(const Crowd &) = delete;

    /// Each registers, once.
    void start();
    /// Any thread.
    CrowdReport report() const;

private:
    struct Member;
    void attempt(Member &member);
    void answered(Member &member, const sip::Message &response);
    void ended(Member &member);
    void failed(Member &member);
    void lost(Member &member);
    void countAttempt();
    void countReturn();
    std::string registration(Member &member) const;

    Reactor &m_reactor;
    CrowdSettings m_settings;
    base::Endpoint m_edge, m_registrar;
    std::vector<std::unique_ptr<Member>> m_members;
    std::mt19937 m_random{std::random_device{}()};
    base::Duration m_lossBegan{0}; // by the reactor's clock
    mutable std::mutex m_mutex;
    CrowdReport m_report;
};

} // namespace lab
