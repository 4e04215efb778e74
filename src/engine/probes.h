// SPDX-License-Identifier: Apache-2.0
// Private to engine: single requests outside any call: OPTIONS with its round-trip time and
// Max-Forwards, and bytes sent as they are. Engine thread; owned by the switchboard.
#pragma once

#include <engine/call.h>
#include <engine/transaction.h>
#include <map>

namespace engine {

class Probes
{
public:
    explicit Probes(Env &env);
    ~Probes();
    Probes(const Probes &) = delete;
    Probes &operator=(const Probes &) = delete;

    /// Told by Listener::onProbe, once.
    void start(ProbeHandle handle, const ProbeRequest &request);

private:
    struct Probe;
    void located(ProbeHandle handle, base::Result<std::vector<Hop>> hops);
    void send(ProbeHandle handle, Probe &probe, const Hop &hop);
    void sendRaw(ProbeHandle handle, Probe &probe, const Hop &hop);
    void watch(ProbeHandle handle);
    void fail(ProbeHandle handle, const std::string &sentence);
    void failAs(ProbeHandle handle, const LocalFailure &why);
    void finish(ProbeHandle handle, ProbeEvent event);

    Env &m_env;
    std::map<ProbeHandle, std::unique_ptr<Probe>> m_running; // at most kMostProbes
    std::vector<std::unique_ptr<Probe>> m_finished;          // until the next one starts
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace engine
