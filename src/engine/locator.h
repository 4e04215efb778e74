// SPDX-License-Identifier: Apache-2.0
// Private to engine: where a request goes, by RFC 3263: NAPTR, SRV, then addresses. Every answer is
// told, so that the ladder shows the chain. Engine thread only; owned by the switchboard.
#pragma once

#include <engine/dns.h>
#include <engine/target.h>
#include <engine/timer.h>

namespace engine {

class Lookup;

class Locator
{
public:
    using Tell = std::function<void(const std::string &sentence)>;
    using Done = std::function<void(base::Result<std::vector<Hop>>)>;

    /// `hostsFile` false: names are asked of the DNS only (a server was chosen).
    Locator(SuLoop &loop, const std::string &configuration, bool hostsFile);
    ~Locator();
    Locator(const Locator &) = delete;
    Locator &operator=(const Locator &) = delete;

    /// `done` comes at once for addresses and "localhost", else later, after kPatience at the
    /// latest. Hops are in the order to try them, at most 32.
    void find(const Wanted &wanted, Tell tell, Done done);

private:
    friend class Lookup;
    SuLoop &m_loop;
    Dns m_dns;
    bool m_hostsFile;
    std::vector<std::shared_ptr<Lookup>> m_running;
};

/// RFC 2782: lower priorities first, within one by weight. `random` gives numbers from 0 to its
/// argument, both included. Pure.
std::vector<DnsRecord> orderedServices(std::vector<DnsRecord> records,
                                       const std::function<std::uint32_t(std::uint32_t)> &random);

} // namespace engine
