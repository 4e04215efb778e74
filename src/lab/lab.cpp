// SPDX-License-Identifier: Apache-2.0
#include <lab/lab.h>

#include <fmt/format.h>
#include <lab/callee.h>
#include <lab/crowd.h>
#include <lab/edge.h>
#include <lab/registrar.h>
#include <thread>

namespace lab {
namespace {

constexpr std::string_view kLetters = "abcd"; // edge-a, edge-b; a story has at most four

} // namespace

class Lab::Impl
{
public:
    explicit Impl(base::Inbox<base::Packet> &sink) : m_hops(sink) {}
    ~Impl()
    {
        m_reactor.stop();
        if (m_thread.joinable())
            m_thread.join();
    }

    base::Result<void> open(const Settings &settings, const Scenario &scenario);

    Reactor m_reactor; // destroyed after the peers, which have timers in it
    Hops m_hops;
    std::unique_ptr<Callee> m_callee;
    std::unique_ptr<Registrar> m_registrar;
    std::vector<std::unique_ptr<Edge>> m_edges;
    std::unique_ptr<Crowd> m_crowd;
    std::thread m_thread;
};

base::Result<void> Lab::Impl::open(const Settings &settings, const Scenario &scenario)
{
    if (!m_reactor.good())
        return base::fail(base::ErrorCode::Io,
                          "The lab could not start: this process has no file descriptors left.");
    if (settings.registrar.inEdge) {
        auto box = Edge::open(m_reactor, m_hops, settings.edge, 1);
        if (!box)
            return tl::unexpected<base::Error>(box.error());
        m_edges.push_back(std::move(*box));
    } else if (scenario.hasAccount) {
        auto registrar = Registrar::open(m_reactor, m_hops, settings.registrar, settings.t1);
        if (!registrar)
            return tl::unexpected<base::Error>(registrar.error());
        m_registrar = std::move(*registrar);
        for (int i = 1; i <= scenario.edges; ++i) {
            auto edge = Edge::open(m_reactor, m_hops, settings.edge, i);
            if (!edge)
                return tl::unexpected<base::Error>(edge.error());
            (*edge)->registrar(m_registrar->local());
            m_edges.push_back(std::move(*edge));
        }
        m_crowd = std::make_unique<Crowd>(m_reactor, settings.crowd, m_edges.front()->local(),
                                          m_registrar->local());
    } else {
        auto callee = Callee::open(m_reactor, m_hops, settings.callee, settings.t1);
        if (!callee)
            return tl::unexpected<base::Error>(callee.error());
        m_callee = std::move(*callee);
    }
    m_thread = std::thread([this] { m_reactor.run(); });
    return {};
}

Lab::Lab() = default;
Lab::~Lab() = default;

base::Result<std::unique_ptr<Lab>> Lab::start(const Scenario &scenario,
                                              base::Inbox<base::Packet> &sink)
{
    const auto story = parseStory(scenario.name, scenario.peers);
    if (!story)
        return tl::unexpected<base::Error>(story.error());
    std::unique_ptr<Lab> lab(new Lab);
    lab->m_impl = std::make_unique<Impl>(sink);
    if (const auto opened = lab->m_impl->open(story->settings, story->scenario); !opened)
        return tl::unexpected<base::Error>(opened.error());
    return lab;
}

std::string Lab::target() const
{
    return m_impl->m_callee ? m_impl->m_callee->contact() : aor();
}

std::string Lab::caller() const
{
    return "sip:alice@127.0.0.1";
}

std::string Lab::callProxy() const
{
    return {}; // the target's address is the registrar's or the callee's own
}

base::Transport Lab::callTransport() const
{
    return base::Transport::Udp;
}

std::string Lab::aor() const
{
    const auto domain = m_impl->m_registrar        ? m_impl->m_registrar->local()
                        : !m_impl->m_edges.empty() ? m_impl->m_edges.front()->local()
                                                   : base::Endpoint{};
    return domain.known() ? fmt::format("sip:bob@{}", domain.text()) : std::string();
}

std::vector<std::string> Lab::proxies() const
{
    std::vector<std::string> out;
    for (const auto &edge : m_impl->m_edges)
        out.push_back(fmt::format("sip:{};transport=tcp", edge->local().text()));
    return out;
}

std::map<std::string, std::string> Lab::names() const
{
    std::map<std::string, std::string> out;
    if (m_impl->m_callee)
        out[m_impl->m_callee->local().text()] = "callee";
    if (m_impl->m_registrar)
        out[m_impl->m_registrar->local().text()] = "registrar";
    if (!m_impl->m_registrar && !m_impl->m_edges.empty())
        out[m_impl->m_edges.front()->local().text()] = "edge and registrar";
    else
        for (std::size_t i = 0; i < m_impl->m_edges.size(); ++i)
            out[m_impl->m_edges[i]->local().text()] =
                fmt::format("edge-{}", kLetters[i % kLetters.size()]);
    return out;
}

void Lab::strike()
{
    for (const auto &edge : m_impl->m_edges)
        m_impl->m_reactor.post([peer = edge.get()] { peer->strike(); });
}

void Lab::startCrowd()
{
    if (m_impl->m_crowd)
        m_impl->m_reactor.post([this] { m_impl->m_crowd->start(); });
}

CrowdReport Lab::crowd() const
{
    return m_impl->m_crowd ? m_impl->m_crowd->report() : CrowdReport{};
}

void Lab::dropFlows(int edge)
{
    if (edge < 1 || edge > static_cast<int>(m_impl->m_edges.size()))
        return;
    m_impl->m_reactor.post(
        [peer = m_impl->m_edges[static_cast<std::size_t>(edge - 1)].get()] { peer->forget(); });
}

} // namespace lab
