// SPDX-License-Identifier: Apache-2.0
#include <lab/crowd.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <lab/forward.h>

namespace lab {
namespace {

constexpr auto kPatience = std::chrono::seconds(5); // for the answer to a REGISTER
constexpr std::size_t kMostCounted = 10'000;        // attempts of one storm

} // namespace

struct Crowd::Member {
    int number = 0;
    std::unique_ptr<TcpClient> client;
    Reactor::TimerId timer = 0;
    bool up = false;
    int failures = 0; // consecutive
    unsigned cseq = 0;
};

Crowd::Crowd(Reactor &reactor, const CrowdSettings &settings, const base::Endpoint &edge,
             const base::Endpoint &registrar)
    : m_reactor(reactor), m_settings(settings), m_edge(edge), m_registrar(registrar)
{
    for (int i = 1; i <= settings.members; ++i) {
        auto member = std::make_unique<Member>();
        member->number = i;
        m_members.push_back(std::move(member));
    }
    m_report.members = m_members.size();
    m_report.backOffBase = settings.backOffBase;
    m_report.backOffMost = settings.backOffMost;
    m_report.scale = settings.scale;
}

Crowd::~Crowd() = default;

void Crowd::start()
{
    for (const auto &member : m_members)
        if (!member->client && member->timer == 0)
            attempt(*member);
}

CrowdReport Crowd::report() const
{
    std::lock_guard guard(m_mutex);
    return m_report;
}

std::string Crowd::registration(Member &member) const
{
    const auto aor = fmt::format("sip:user{:03}@{}", member.number, m_registrar.text());
    const auto local = member.client->local().text();
    auto writer = sip::Writer::request("REGISTER", "sip:" + m_registrar.text());
    writer
        .header("Via", viaValue(base::Transport::Tcp, member.client->local(),
                                "z9hG4bK" + base::randomToken(8)))
        .header("Max-Forwards", "70")
        .header("Route", fmt::format("<sip:{};transport=tcp;lr>", m_edge.text()))
        .header("From", fmt::format("<{}>;tag=crowd{}", aor, member.number))
        .header("To", fmt::format("<{}>", aor))
        .header("Call-ID", fmt::format("crowd-{}@{}", member.number, m_edge.text()))
        .header("CSeq", fmt::format("{} REGISTER", ++member.cseq))
        .header("Supported", "path, outbound")
        .header("Contact",
                fmt::format("<sip:user{:03}@{};transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:"
                            "00000000-0000-4000-a000-{:012}>\"",
                            member.number, local, member.number))
        .header("Expires", "600");
    return writer.text();
}

void Crowd::attempt(Member &member)
{
    countAttempt();
    auto client = TcpClient::connect(m_reactor, m_edge);
    if (!client)
        return failed(member);
    member.client = std::move(*client);
    member.client->onFrame([this, &member](const sip::Frame &frame) {
        const auto message =
            frame.kind == sip::FrameKind::Message ? sip::parse(frame.text) : std::nullopt;
        if (message && !message->isRequest() && message->method == sip::Method::Register)
            answered(member, *message);
    });
    member.client->onClose([this, &member] { ended(member); });
    member.client->send(registration(member));
    member.timer = m_reactor.after(kPatience, [this, &member] {
        member.timer = 0;
        ended(member);
    });
}

void Crowd::answered(Member &member, const sip::Message &response)
{
    if (response.status < 200 || member.up)
        return;
    if (response.status >= 300)
        return ended(member);
    m_reactor.cancel(std::exchange(member.timer, 0));
    member.up = true;
    member.failures = 0;
    countReturn();
}

/// Called from inside the connection too, which therefore goes a moment later.
void Crowd::ended(Member &member)
{
    m_reactor.cancel(std::exchange(member.timer, 0));
    member.client->onClose({});
    member.client->onFrame({});
    const bool good = std::exchange(member.up, false);
    if (good)
        lost(member);
    else
        failed(member);
}

/// A flow that had been good is replaced at once; only then the waiting begins.
void Crowd::lost(Member &member)
{
    {
        std::lock_guard guard(m_mutex);
        if (m_report.up == m_report.members) { // a new storm
            m_lossBegan = Reactor::clock();
            m_report.attempts = m_report.returns = {};
            m_report.lost = 0;
        }
        --m_report.up;
        ++m_report.lost;
    }
    member.timer = m_reactor.after(base::Duration{0}, [this, &member] {
        member.timer = 0;
        attempt(member);
    });
}

/// RFC 5626 section 4.5: W = min(most, base * 2^failures), a wait from half of W to W.
void Crowd::failed(Member &member)
{
    ++member.failures;
    auto whole = m_settings.backOffBase;
    for (int i = 0; i < member.failures && whole < m_settings.backOffMost; ++i)
        whole *= 2;
    whole = std::min(whole, m_settings.backOffMost);
    std::uniform_int_distribution<std::int64_t> wait(whole.count() / 2, whole.count());
    member.timer = m_reactor.after(base::Duration{wait(m_random)}, [this, &member] {
        member.timer = 0;
        attempt(member);
    });
}

void Crowd::countAttempt()
{
    std::lock_guard guard(m_mutex);
    if (m_report.lost == 0 || m_report.attempts.size() >= kMostCounted)
        return; // the first registration is no return
    m_report.attempts.push_back(Reactor::clock() - m_lossBegan);
}

void Crowd::countReturn()
{
    std::lock_guard guard(m_mutex);
    ++m_report.up;
    if (m_report.lost > 0 && m_report.returns.size() < kMostCounted)
        m_report.returns.push_back(Reactor::clock() - m_lossBegan);
}

} // namespace lab
