// SPDX-License-Identifier: Apache-2.0
// Private to engine: questions to the DNS, asked without waiting. Owns the library's resolver.
// Engine thread only.
#pragma once

#include <base/endpoint.h>
#include <engine/su_loop.h>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace engine {

enum class DnsType : std::uint16_t { A = 1, Aaaa = 28, Srv = 33, Naptr = 35 };
const char *dnsTypeText(DnsType type);

struct DnsRecord {
    base::Address address;      // A, AAAA
    std::uint16_t first = 0;    // SRV: priority; NAPTR: order
    std::uint16_t second = 0;   // SRV: weight; NAPTR: preference
    std::uint16_t port = 0;     // SRV
    std::string target;         // SRV: host; NAPTR: replacement; no dot at the end
    std::string flags, service; // NAPTR
};

struct DnsAnswer {
    std::vector<DnsRecord> records; // of the type asked for
    std::string trouble;            // why there are none, a clause
};

/// One question under way.
class DnsQuestion;

class Dns
{
public:
    /// `configuration`: path of a resolv.conf; empty: the system's.
    Dns(SuLoop &loop, const std::string &configuration);
    ~Dns();
    Dns(const Dns &) = delete;
    Dns &operator=(const Dns &) = delete;

    using Done = std::function<void(const DnsAnswer &)>;
    /// `done` comes later, once, unless the Dns is gone by then or the library forgets the
    /// question; askers keep their own time.
    void ask(DnsType type, const std::string &name, Done done);

private:
    friend class DnsQuestion;
    void answered(DnsQuestion *question, sres_record_t **records);

    SuLoop &m_loop;
    std::string m_configuration;
    sres_resolver_t *m_resolver = nullptr;
    std::map<DnsQuestion *, std::unique_ptr<DnsQuestion>> m_questions; // at most kMostQuestions
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace engine
