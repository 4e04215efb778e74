// SPDX-License-Identifier: Apache-2.0
// The life of one RFC 5626 flow as a pure state machine: no sockets, no clock, no sofia. Fed with
// what happened and when, it says what to do and when to be asked again. Owned by the flow's link;
// any single thread.
#pragma once

#include <base/flow_report.h>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace engine {

struct KeeperSettings {
    base::Duration firstPing{0}; // 0: a whole period
    base::Duration pongTimeout = std::chrono::seconds(10);
    base::Duration backOffBase = std::chrono::seconds(30);
    base::Duration expires = std::chrono::seconds(600);
    bool probes = true; // CRLF keep-alives can be sent (a connection, not UDP)
};

enum class KeeperAct : std::uint8_t {
    Connect, // REGISTER on a new connection
    Refresh, // REGISTER on the connection there is
    Ping,
    Close, // drop the connection, if there is one
    Unregister,
};

struct RegisterResult {
    int status = 0;
    bool local = false;        // made up by our stack
    bool outbound = false;     // Require: outbound in the 2xx
    base::Duration expires{0}; // 0: not told
    base::Duration flowTimer{0}, retryAfter{0}, minExpires{0};
    std::string sentence; // for the user, on failures
};

class FlowKeeper
{
public:
    struct Hooks {
        std::function<double()> random; // uniform in [0, 1)
        std::function<bool()> othersUp; // is another flow of this account up?
        std::function<void()> changed;  // after each change of state
    };
    FlowKeeper(KeeperSettings settings, Hooks hooks);

    // What happened.
    void start(base::Instant now);
    void sending(base::Instant now); // the REGISTER left: there is a connection
    void result(base::Instant now, const RegisterResult &result);
    void bytes(base::Instant now);
    void pong(base::Instant now);
    void closed(base::Instant now, const std::string &why);
    // What the user wants.
    void reRegister(base::Instant now);
    void ping(base::Instant now);
    void stop(base::Instant now);

    /// Does what is due by `now`.
    void tick(base::Instant now);
    /// When to call tick() next; nullopt: nothing is awaited.
    std::optional<base::Instant> next() const;
    /// What to do now, in this order.
    std::vector<KeeperAct> take();

    base::FlowState state() const { return m_report.state; }
    bool stopped() const { return m_stopping && m_report.state == base::FlowState::Off; }
    base::Duration expires() const { return m_settings.expires; }
    /// Everything that this machine knows; addresses and names are the link's to fill in.
    const base::FlowReport &report() const { return m_report; }

private:
    bool registered() const;
    bool pinging() const;
    void enter(base::FlowState state, base::Instant now, std::string reason);
    void accepted(base::Instant now, const RegisterResult &result);
    void proven(base::Instant now);
    void connect(base::Instant now, std::string reason);
    void lost(base::Instant now, const std::string &why);
    void attemptFailed(base::Instant now, const std::string &why, base::Duration atLeast);
    void sendPing(base::Instant now);
    void forgetConnection();
    base::Duration between(double low, double high, base::Duration whole);
    base::Duration pingPeriod();

    KeeperSettings m_settings;
    Hooks m_hooks;
    base::FlowReport m_report;
    std::vector<KeeperAct> m_acts;
    std::optional<base::Instant> m_pingAt, m_suspectAt, m_pongDue, m_refreshAt, m_retryAt;
    std::deque<base::Instant> m_recoveries; // immediate ones, of the last minute
    bool m_proven = false;                  // registered and, where pongs are due, one came
    bool m_stopping = false;
    int m_intervalRaised = 0; // 423s of this attempt
};

} // namespace engine
