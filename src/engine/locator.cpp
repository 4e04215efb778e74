// SPDX-License-Identifier: Apache-2.0
#include <engine/locator.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <sstream>

namespace engine {

namespace {

constexpr auto kPatience = std::chrono::seconds(12);
constexpr std::size_t kMostHops = 32;
constexpr std::size_t kMostTargets = 16;

struct Service { // where SRV records are asked for
    base::Transport transport;
    std::string name;
};

std::optional<base::Transport> transportOfService(std::string_view service)
{
    if (base::equalsNoCase(service, "SIP+D2U"))
        return base::Transport::Udp;
    if (base::equalsNoCase(service, "SIP+D2T"))
        return base::Transport::Tcp;
    if (base::equalsNoCase(service, "SIPS+D2T"))
        return base::Transport::Tls;
    return std::nullopt; // SCTP and WebSocket: not ours
}

std::string serviceName(base::Transport transport, const std::string &host)
{
    switch (transport) {
    case base::Transport::Tls:
        return "_sips._tcp." + host;
    case base::Transport::Tcp:
        return "_sip._tcp." + host;
    default:
        return "_sip._udp." + host;
    }
}

std::string recordText(DnsType type, const DnsRecord &record)
{
    switch (type) {
    case DnsType::Naptr:
        return fmt::format("order {} preference {} {} {}", record.first, record.second,
                           base::printable(record.service, false, 40),
                           base::printable(record.target, false, 120));
    case DnsType::Srv:
        return fmt::format("priority {} weight {} {}:{}", record.first, record.second,
                           base::printable(record.target, false, 120), record.port);
    default:
        return record.address.text();
    }
}

std::string answerText(DnsType type, const std::string &name, const DnsAnswer &answer)
{
    std::string out =
        fmt::format("DNS {} of {}: ", dnsTypeText(type), base::printable(name, false, 120));
    if (answer.records.empty())
        return out + answer.trouble + ".";
    std::string list;
    for (const auto &record : answer.records)
        if (list.size() < 400)
            list += (list.empty() ? "" : "; ") + recordText(type, record);
    return out + list + ".";
}

/// Addresses that this computer's hosts file gives a name (hosts(5)).
std::vector<base::Address> fromHostsFile(const std::string &name)
{
    constexpr int kMostLines = 10'000;
    std::vector<base::Address> out;
    std::ifstream in("/etc/hosts");
    std::string line;
    for (int i = 0; i < kMostLines && std::getline(in, line); ++i) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::string address, alias;
        words >> address;
        while (words >> alias)
            if (base::equalsNoCase(alias, name))
                if (const auto parsed = base::Address::parse(address))
                    out.push_back(*parsed);
    }
    return out;
}

} // namespace

std::vector<DnsRecord> orderedServices(std::vector<DnsRecord> records,
                                       const std::function<std::uint32_t(std::uint32_t)> &random)
{
    std::stable_sort(records.begin(), records.end(), [](const auto &a, const auto &b) {
        return std::pair(a.first, a.second != 0) < std::pair(b.first, b.second != 0);
    });
    for (auto at = records.begin(); at != records.end(); ++at) {
        const auto end = std::find_if(at, records.end(),
                                      [&](const auto &each) { return each.first != at->first; });
        std::uint32_t sum = 0;
        for (auto each = at; each != end; ++each)
            sum += each->second;
        const std::uint32_t chosen = random(sum);
        std::uint32_t running = 0;
        for (auto each = at; each != end; ++each) {
            running += each->second;
            if (running >= chosen) {
                std::rotate(at, each, each + 1);
                break;
            }
        }
    }
    return records;
}

/// One search. The locator holds it while it runs, and so does each question it waits for.
class Lookup : public std::enable_shared_from_this<Lookup>
{
public:
    Lookup(Locator &locator, Wanted wanted, Locator::Tell tell, Locator::Done done)
        : m_locator(locator), m_wanted(std::move(wanted)), m_tell(std::move(tell)),
          m_done(std::move(done)), m_limit(locator.m_loop)
    {
    }

    void begin()
    {
        m_limit.start(kPatience, [this] {
            m_late = true;
            m_tell(fmt::format("The look-up of {} was given up after {} s.", m_wanted.host,
                               std::chrono::seconds(kPatience).count()));
            finish();
        });
        // RFC 3263 section 4.1 and 4.2: a port or a transport leaves the steps before them out.
        if (m_wanted.port) {
            m_targets.push_back({transport(), *m_wanted.port, m_wanted.host});
            return address(0);
        }
        if (m_wanted.transport != base::Transport::Unknown && !naptrForSips()) {
            m_services.push_back({transport(), serviceName(transport(), m_wanted.host)});
            return services(0);
        }
        ask(DnsType::Naptr, m_wanted.host, [this](const DnsAnswer &answer) { naptr(answer); });
    }

private:
    struct Target {
        base::Transport transport;
        std::uint16_t port;
        std::string host;
    };

    base::Transport transport() const
    {
        return m_wanted.transport == base::Transport::Unknown ? base::Transport::Udp
                                                              : m_wanted.transport;
    }
    /// A sips: URI without a transport is TLS, and NAPTR may say where.
    bool naptrForSips() const { return m_wanted.secure; }

    void ask(DnsType type, const std::string &name, std::function<void(const DnsAnswer &)> next)
    {
        m_locator.m_dns.ask(type, name,
                            [self = shared_from_this(), type, name,
                             next = std::move(next)](const DnsAnswer &answer) {
                                if (!self->m_done)
                                    return; // given up by now
                                self->m_tell(answerText(type, name, answer));
                                next(answer);
                            });
    }

    void naptr(const DnsAnswer &answer)
    {
        auto records = answer.records;
        std::stable_sort(records.begin(), records.end(), [](const auto &a, const auto &b) {
            return std::pair(a.first, a.second) < std::pair(b.first, b.second);
        });
        for (const auto &record : records) {
            const auto named = transportOfService(record.service);
            const bool usable = named && base::equalsNoCase(record.flags, "s") &&
                                (!m_wanted.secure || *named == base::Transport::Tls);
            if (usable && m_services.size() < kMostTargets)
                m_services.push_back({*named, record.target});
        }
        m_guessed = m_services.empty();
        if (m_guessed) { // RFC 3263 section 4.1: the SRV records of each transport we speak
            for (const auto each :
                 {base::Transport::Udp, base::Transport::Tcp, base::Transport::Tls})
                if (!m_wanted.secure || each == base::Transport::Tls)
                    m_services.push_back({each, serviceName(each, m_wanted.host)});
        }
        services(0);
    }

    void services(std::size_t index)
    {
        // Where the services are a guess, the first that exists is it.
        if (index >= m_services.size() || (m_guessed && !m_targets.empty())) {
            if (m_targets.empty() && !m_refused)
                m_targets.push_back({transport(), defaultPort(transport()), m_wanted.host});
            return address(0);
        }
        const auto service = m_services[index];
        ask(DnsType::Srv, service.name, [this, service, index](const DnsAnswer &answer) {
            std::random_device device;
            const auto random = [&device](std::uint32_t most) {
                return std::uniform_int_distribution<std::uint32_t>(0, most)(device);
            };
            for (const auto &record : orderedServices(answer.records, random)) {
                if (record.target.empty() || record.target == ".")
                    m_refused = true; // RFC 2782: the service is decidedly not available
                else if (m_targets.size() < kMostTargets)
                    m_targets.push_back({service.transport, record.port, record.target});
            }
            services(index + 1);
        });
    }

    void add(const Target &target, const base::Address &address)
    {
        const Hop hop{target.transport, {address, target.port}, m_wanted.host};
        if (m_hops.size() < kMostHops)
            m_hops.push_back(hop);
    }

    void address(std::size_t index)
    {
        if (index >= m_targets.size())
            return finish();
        const Target target = m_targets[index];
        if (const auto literal = base::Address::parse(target.host)) {
            add(target, *literal);
            return address(index + 1);
        }
        const auto known =
            m_locator.m_hostsFile ? fromHostsFile(target.host) : std::vector<base::Address>{};
        for (const auto &each : known)
            add(target, each);
        if (!known.empty()) {
            m_tell(fmt::format("The hosts file of this computer gives {} as {}.", target.host,
                               known.front().text()));
            return address(index + 1);
        }
        ask(DnsType::A, target.host, [this, target, index](const DnsAnswer &v4) {
            for (const auto &record : v4.records)
                add(target, record.address);
            if (v4.records.empty() && m_lost.empty()) {
                m_lost = target.host;
                m_trouble = v4.trouble;
            }
            ask(DnsType::Aaaa, target.host, [this, target, index](const DnsAnswer &v6) {
                for (const auto &record : v6.records)
                    add(target, record.address);
                address(index + 1);
            });
        });
    }

    void finish()
    {
        if (!m_done)
            return;
        const auto self = shared_from_this();
        std::erase(m_locator.m_running, self);
        m_limit.stop();
        const auto done = std::exchange(m_done, nullptr);
        if (m_hops.empty())
            return done(base::fail(base::ErrorCode::Unresolvable, whyNone()));
        done(m_hops);
    }

    std::string whyNone() const
    {
        const auto host = base::printable(m_wanted.host, false, 120);
        const auto lost = base::printable(m_lost, false, 120);
        if (m_late)
            return fmt::format(
                "No DNS server answered within {} s, so where {} is was not learned. "
                "Check the DNS server and the way to it.",
                std::chrono::seconds(kPatience).count(), host);
        if (m_targets.empty())
            return fmt::format("{} offers no SIP service of that kind: its SRV record says \".\" "
                               "(RFC 2782). Try another transport.",
                               host);
        if (!m_trouble.empty() && !m_trouble.starts_with("no such"))
            return fmt::format("The DNS server gave no address of {}: {}. Check the DNS server.",
                               lost, m_trouble);
        if (!base::equalsNoCase(m_lost, m_wanted.host) && !m_lost.empty())
            return fmt::format("The DNS names {} as a server of {}, but no address of it. Have the "
                               "records of that domain mended.",
                               lost, host);
        return fmt::format("The host {} was not found. Check the spelling and the DNS server.",
                           host);
    }

    Locator &m_locator;
    Wanted m_wanted;
    Locator::Tell m_tell;
    Locator::Done m_done;
    Timer m_limit;
    std::vector<Service> m_services;
    std::vector<Target> m_targets;
    std::vector<Hop> m_hops;
    bool m_guessed = false, m_refused = false, m_late = false;
    std::string m_lost, m_trouble; // the first host without an address, and why
};

Locator::Locator(SuLoop &loop, const std::string &configuration, bool hostsFile)
    : m_loop(loop), m_dns(loop, configuration), m_hostsFile(hostsFile)
{
}

Locator::~Locator() = default;

void Locator::find(const Wanted &wanted, Tell tell, Done done)
{
    if (const auto hop = literalHop(wanted))
        return done(std::vector<Hop>{*hop});
    const auto lookup = std::make_shared<Lookup>(*this, wanted, std::move(tell), std::move(done));
    m_running.push_back(lookup);
    lookup->begin();
}

} // namespace engine
