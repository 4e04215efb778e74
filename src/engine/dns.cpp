// SPDX-License-Identifier: Apache-2.0
#include <engine/dns.h>

#include <base/text.h>
#include <fstream>
#include <sofia-resolv/sres_record.h>
#include <sys/socket.h>
#include <unistd.h>

namespace engine {

namespace {

constexpr std::size_t kMostQuestions = 256;
constexpr std::size_t kMostRecords = 64;
constexpr std::size_t kLongestName = 253; // RFC 1035 section 3.1
constexpr std::size_t kMostServers = 16;
constexpr std::uint16_t kDnsPort = 53;

std::string withoutDot(const char *name)
{
    std::string out = name != nullptr ? name : "";
    if (out.size() > 1 && out.back() == '.')
        out.pop_back();
    return out;
}

std::string troubleOf(int status)
{
    switch (status) {
    case SRES_OK:
    case SRES_RECORD_ERR:
        return "no such record";
    case SRES_NAME_ERR:
        return "no such name";
    case SRES_TIMEOUT_ERR:
        return "no answer in time";
    case SRES_SERVER_ERR:
        return "the server failed or refused to answer";
    case SRES_AUTH_ERR:
        return "the server refused";
    case SRES_NETWORK_ERR:
        return "no name server can be reached";
    default:
        return "an answer that cannot be used";
    }
}

DnsRecord recordOf(DnsType type, const sres_record_t &record)
{
    DnsRecord out;
    switch (type) {
    case DnsType::A:
        out.address = base::Address::v4(ntohl(record.sr_a->a_addr.s_addr));
        break;
    case DnsType::Aaaa:
        out.address = base::Address::v6(record.sr_aaaa->aaaa_addr.u6_addr);
        break;
    case DnsType::Srv:
        out.first = record.sr_srv->srv_priority;
        out.second = record.sr_srv->srv_weight;
        out.port = record.sr_srv->srv_port;
        out.target = withoutDot(record.sr_srv->srv_target);
        break;
    case DnsType::Naptr:
        out.first = record.sr_naptr->na_order;
        out.second = record.sr_naptr->na_prefer;
        out.target = withoutDot(record.sr_naptr->na_replace);
        out.flags = withoutDot(record.sr_naptr->na_flags);
        out.service = withoutDot(record.sr_naptr->na_services);
        break;
    }
    return out;
}

DnsAnswer answerOf(DnsType type, sres_record_t **records)
{
    DnsAnswer out;
    // Who answers that there is nothing gets a record of that error from the library. Of a failure
    // (SERVFAIL, in Debian 12 REFUSED too, RFC 1035 section 4.1.1) it makes none: nothing is there.
    int status = records == nullptr ? SRES_TIMEOUT_ERR : SRES_SERVER_ERR;
    for (std::size_t i = 0; records != nullptr && records[i] != nullptr; ++i) {
        const sres_common_t &common = *records[i]->sr_record;
        if (common.r_status != SRES_OK || status == SRES_SERVER_ERR)
            status = common.r_status;
        if (common.r_status == SRES_OK && common.r_type == static_cast<std::uint16_t>(type) &&
            common.r_parsed != 0 && out.records.size() < kMostRecords)
            out.records.push_back(recordOf(type, *records[i]));
    }
    if (out.records.empty())
        out.trouble = troubleOf(status);
    return out;
}

/// Does the kernel know a way there? A datagram socket is connected and nothing is sent.
bool hasWay(const base::Address &server)
{
    sockaddr_storage name{};
    const unsigned length = base::Endpoint{server, kDnsPort}.toSocketAddress(name);
    const int fd = ::socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true; // the library will find out
    const bool way = ::connect(fd, reinterpret_cast<const sockaddr *>(&name), length) == 0;
    ::close(fd);
    return way;
}

/// Debian 12's sofia-sip asks its servers round and round, and never returns, while there is no way
/// to any of them.
bool anyServer(const std::string &configuration)
{
    std::ifstream file(configuration.empty() ? "/etc/resolv.conf" : configuration);
    std::size_t servers = 0;
    std::string line;
    while (servers < kMostServers && std::getline(file, line)) {
        const auto words = base::split(base::trim(line), ' ');
        if (words.size() < 2 || words.front() != "nameserver")
            continue;
        const auto text = base::trim(words.back());
        const auto server = base::Address::parse(text.substr(0, text.find('%')));
        if (!server)
            continue;
        ++servers;
        if (text.find('%') != std::string_view::npos || hasWay(*server))
            return true;
    }
    return servers == 0; // then the library takes its own
}

} // namespace

const char *dnsTypeText(DnsType type)
{
    switch (type) {
    case DnsType::A:
        return "A";
    case DnsType::Aaaa:
        return "AAAA";
    case DnsType::Srv:
        return "SRV";
    case DnsType::Naptr:
        return "NAPTR";
    }
    return "";
}

class DnsQuestion
{
public:
    DnsQuestion(Dns &dns, DnsType type, Dns::Done done)
        : m_dns(dns), m_type(type), m_done(std::move(done))
    {
    }
    static void answered(DnsQuestion *self, sres_query_t *, sres_record_t **records) noexcept
    {
        self->m_dns.answered(self, records);
    }

private:
    friend class Dns;
    Dns &m_dns;
    DnsType m_type;
    Dns::Done m_done;
    sres_query_t *m_query = nullptr;
};

Dns::Dns(SuLoop &loop, const std::string &configuration)
    : m_loop(loop), m_configuration(configuration)
{
    m_resolver = sres_resolver_create(
        loop.root(), configuration.empty() ? nullptr : configuration.c_str(), TAG_END());
}

Dns::~Dns()
{
    m_alive.reset();
    for (auto &[raw, question] : m_questions)
        if (question->m_query != nullptr)
            sres_query_bind(question->m_query, nullptr, nullptr);
    if (m_resolver != nullptr)
        sres_resolver_destroy(m_resolver);
}

void Dns::ask(DnsType type, const std::string &name, Done done)
{
    auto question = std::make_unique<DnsQuestion>(*this, type, std::move(done));
    DnsQuestion *raw = question.get();
    const bool possible = m_resolver != nullptr && m_questions.size() < kMostQuestions &&
                          !name.empty() && name.size() <= kLongestName &&
                          anyServer(m_configuration);
    m_questions[raw] = std::move(question);
    if (possible)
        raw->m_query = sres_query(m_resolver, DnsQuestion::answered, raw,
                                  static_cast<std::uint16_t>(type), name.c_str());
    if (raw->m_query != nullptr)
        return;
    m_loop.post([this, raw, alive = std::weak_ptr<int>(m_alive)] {
        if (!alive.expired())
            answered(raw, nullptr);
    });
}

void Dns::answered(DnsQuestion *question, sres_record_t **records)
{
    const auto found = m_questions.find(question);
    if (found == m_questions.end()) {
        sres_free_answers(m_resolver, records);
        return;
    }
    const auto kept = std::move(found->second); // the asker may ask again
    m_questions.erase(found);
    DnsAnswer answer = answerOf(kept->m_type, records);
    if (kept->m_query == nullptr)
        answer.trouble = troubleOf(SRES_NETWORK_ERR);
    if (records != nullptr)
        sres_free_answers(m_resolver, records);
    kept->m_done(answer);
}

} // namespace engine
