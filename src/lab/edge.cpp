// SPDX-License-Identifier: Apache-2.0
#include <lab/edge.h>

#include <base/text.h>
#include <charconv>
#include <fmt/format.h>
#include <memory>
#include <sip/uri.h>

namespace lab {
namespace {

constexpr int kPortAttempts = 30; // until one number is free for TCP and UDP alike

// Which connection a request came over, written into our own Via: the answer has to take the same
// one, whatever the user agent's Via says (RFC 3261 section 18.2.2), and a stateless proxy
// remembers nothing.
std::string connectionParameter(const base::Endpoint &from)
{
    const auto *bytes = reinterpret_cast<const char *>(from.address.bytes.data());
    return fmt::format(";conn={}{:04x}", base::hex({bytes, 4}), from.port);
}

std::optional<base::Endpoint> connectionOf(const sip::Via &via)
{
    const auto text = via.parameter("conn").value_or(std::string_view());
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != 12 || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return base::Endpoint{base::Address::v4(static_cast<std::uint32_t>(value >> 16U)),
                          static_cast<std::uint16_t>(value & 0xFFFFU)};
}

} // namespace

base::Result<std::unique_ptr<Edge>> Edge::open(Reactor &reactor, Hops &hops, EdgeSettings settings,
                                               int number)
{
    base::Error last;
    for (int i = 0; i < kPortAttempts; ++i) {
        auto tcp = TcpPort::open(reactor, 0);
        if (!tcp)
            return tl::unexpected<base::Error>(tcp.error());
        auto udp = UdpPort::open(reactor, &hops, (*tcp)->local().port);
        if (udp) {
            hops.addPeer((*udp)->local());
            return std::unique_ptr<Edge>(
                new Edge(reactor, std::move(*udp), std::move(*tcp), settings, number));
        }
        last = udp.error();
    }
    return tl::unexpected<base::Error>(last);
}

Edge::Edge(Reactor &reactor, std::unique_ptr<UdpPort> udp, std::unique_ptr<TcpPort> tcp,
           EdgeSettings settings, int number)
    : m_reactor(reactor), m_udp(std::move(udp)), m_tcp(std::move(tcp)), m_settings(settings),
      m_branchKey(base::randomToken(16)), m_number(number)
{
    m_udp->onDatagram(
        [this](std::string_view bytes, const base::Endpoint &from) { onDatagram(bytes, from); });
    m_tcp->onFrame(
        [this](const sip::Frame &frame, const base::Endpoint &from) { onFrame(frame, from); });
    m_tcp->onClose([this](const base::Endpoint &from) { m_flows.erase(from); });
}

void Edge::forget()
{
    m_flows.clear();
}

void Edge::restart()
{
    if (!m_settings.keepsKey)
        m_tokens = TokenMaker();
    m_flows.clear();
    m_down = true;
    m_tcp->away(true);
    const auto back = [this, alive = std::weak_ptr(m_alive)] {
        if (alive.expired())
            return;
        m_down = false;
        m_tcp->away(m_dead);
    };
    if (m_settings.down.count() > 0)
        m_reactor.after(m_settings.down, back);
    else
        back();
}

void Edge::die()
{
    m_dead = true;
    m_flows.clear();
    m_tcp->shutDown();
}

/// What the story lets go wrong when the first request of its kind comes for a flow.
void Edge::fault(const sip::Message &request)
{
    const auto method = m_settings.trigger == Trigger::Bye ? sip::Method::Bye : sip::Method::Invite;
    if (m_settings.trigger != Trigger::Step && request.method == method)
        strike();
}

void Edge::strike()
{
    if (std::exchange(m_faultDone, true))
        return;
    if (m_settings.forgets == m_number)
        forget();
    if (m_settings.restarts == m_number) {
        if (!m_settings.keepsKey)
            m_tokens =
                TokenMaker(); // the answer first, then the connections: the story stays in order
        m_reactor.after(std::chrono::milliseconds(100), [this, alive = std::weak_ptr(m_alive)] {
            if (!alive.expired())
                restart();
        });
    }
    if (m_settings.dies == m_number)
        die();
}

std::string Edge::routeUri(std::string_view user, std::string_view parameters) const
{
    return fmt::format("<sip:{}@{};lr{}>", user, local().text(), parameters);
}

// RFC 3261 section 16.11: the same request, sent again, gets the same branch.
std::string Edge::branchOf(const sip::Message &request) const
{
    const auto method = request.method == sip::Method::Ack || request.method == sip::Method::Cancel
                            ? sip::Method::Invite
                            : request.method;
    const auto key = fmt::format("{}|{}|{}|{}", request.branch(), request.callId(),
                                 request.cseq().number, sip::methodText(method));
    return "z9hG4bK" + base::hex(keyedHash(m_branchKey, key, 8));
}

void Edge::onFrame(const sip::Frame &frame, const base::Endpoint &from)
{
    if (frame.kind == sip::FrameKind::Ping && m_settings.pongs && m_flows.count(from) > 0)
        m_tcp->send("\r\n", from); // RFC 5626 section 3.5.1; a forgotten flow gets no pong
    // Counted from there, as a flow counts as one that works once its first pong came.
    if (frame.kind == sip::FrameKind::Ping && m_settings.closes.count() > 0 &&
        !std::exchange(m_closed, true))
        m_reactor.after(m_settings.closes, [this, from, alive = std::weak_ptr(m_alive)] {
            if (!alive.expired())
                m_tcp->end(from);
        });
    if (frame.kind != sip::FrameKind::Message)
        return;
    const auto message = sip::parse(frame.text);
    if (!message)
        return;
    if (!message->isRequest())
        response(*message);
    else if (message->method == sip::Method::Register)
        registration(*message, from);
    else
        fromUserAgent(*message, from);
}

void Edge::onDatagram(std::string_view bytes, const base::Endpoint &from)
{
    const auto message = sip::parse(bytes);
    if (message && message->isRequest())
        fault(*message);
    if (!message || m_dead || m_down)
        return;
    if (message->isRequest())
        toUserAgent(*message, from, base::Transport::Udp);
    else
        response(*message);
}

std::optional<std::string> Edge::ownRoute(const Draft &draft, bool &outbound) const
{
    const auto route = draft.first(sip::HeaderId::Route);
    if (!route)
        return std::nullopt;
    const auto address = sip::parseNameAddress(*route);
    if (!address.ok || uriEndpoint(address.uriText) != local())
        return std::nullopt;
    outbound = address.uri.parameter("ob").has_value();
    return std::string(address.uri.user);
}

// What every proxied request goes through (RFC 3261 section 16.3 and 16.6); false: it was answered
// or must be dropped.
bool Edge::hop(const sip::Message &request, const base::Endpoint &from, base::Transport transport,
               Draft &draft)
{
    const auto forwards = request.number(sip::HeaderId::MaxForwards).value_or(70);
    const auto via = draft.first(sip::HeaderId::Via);
    if (!via)
        return false;
    if (forwards == 0) {
        refuse(request, from, transport, 483, {});
        return false;
    }
    draft.remove(sip::HeaderId::MaxForwards);
    draft.append(sip::HeaderId::MaxForwards, std::to_string(forwards - 1));
    draft.replaceFirst(sip::HeaderId::Via, receivedVia(*via, from));
    return true;
}

void Edge::refuse(const sip::Message &request, const base::Endpoint &from,
                  base::Transport transport, int status, std::string_view warning)
{
    if (request.method == sip::Method::Ack)
        return; // RFC 3261 section 17: an ACK is never answered
    // RFC 3261 section 8.2.7: without state, the same request gets the same tag.
    const auto tag = base::hex(
        keyedHash(m_branchKey, fmt::format("{}{}", request.callId(), request.branch()), 6));
    auto writer = sip::responseTo(request, status, {}, tag);
    if (!warning.empty())
        writer.header("Warning", fmt::format("399 {} \"{}\"", local().text(), warning));
    const auto text = completed(writer, from).text();
    if (transport == base::Transport::Tcp)
        m_tcp->send(text, from);
    else
        m_udp->send(text, from);
}

// RFC 5626 section 5.1
void Edge::registration(const sip::Message &request, const base::Endpoint &from)
{
    Draft draft(request);
    if (!hop(request, from, base::Transport::Tcp, draft))
        return;
    m_flows.insert(from);
    if (!m_registrar.known())
        return keepRegistration(request, from);
    bool outbound = false;
    while (ownRoute(draft, outbound))
        draft.removeFirst(sip::HeaderId::Route);
    if (m_settings.outbound)
        draft.prepend(sip::HeaderId::Path, routeUri(m_tokens.token(local(), from), ";ob"));
    draft.prepend(sip::HeaderId::Via, viaValue(base::Transport::Udp, local(), branchOf(request)) +
                                          connectionParameter(from));
    m_udp->send(draft.text(), m_registrar);
}

// RFC 5626 section 5.3.2: from the user agent to the network.
void Edge::fromUserAgent(const sip::Message &request, const base::Endpoint &from)
{
    Draft draft(request);
    if (m_flows.count(from) == 0) {
        refuse(request, from, base::Transport::Tcp, 430, "This connection belongs to no flow");
        return;
    }
    if (!hop(request, from, base::Transport::Tcp, draft))
        return;
    const auto token = m_tokens.token(local(), from);
    bool outbound = false;
    while (const auto user = ownRoute(draft, outbound)) {
        if (!user->empty() && *user != token) { // somebody else's flow: towards that user agent
            toUserAgent(request, from, base::Transport::Tcp);
            return;
        }
        draft.removeFirst(sip::HeaderId::Route);
    }
    const bool keepsFlow = sip::parseNameAddress(request.value(sip::HeaderId::Contact))
                               .uri.parameter("ob")
                               .has_value();
    if (formsDialog(request.method) && request.toTag().empty() && keepsFlow)
        draft.prepend(sip::HeaderId::RecordRoute, routeUri(token, ""));
    sendOn(draft, request, from);
}

void Edge::sendOn(const Draft &draft, const sip::Message &request, const base::Endpoint &from)
{
    const auto route = draft.first(sip::HeaderId::Route);
    const auto next = route ? uriEndpoint(sip::parseNameAddress(*route).uriText)
                            : uriEndpoint(request.requestUri);
    if (next && *next == local() && !m_registrar.known())
        return toRegistered(request, from, base::Transport::Tcp);
    if (!next || *next == local()) {
        refuse(request, from, base::Transport::Tcp, 404,
               "The lab reaches only addresses of this machine");
        return;
    }
    Draft out = draft;
    out.prepend(sip::HeaderId::Via, viaValue(base::Transport::Udp, local(), branchOf(request)) +
                                        connectionParameter(from));
    m_udp->send(out.text(), *next);
}

// RFC 5626 section 5.3.1: from the network to the user agent, over the flow the token names and
// over no other.
void Edge::toUserAgent(const sip::Message &request, const base::Endpoint &from,
                       base::Transport transport)
{
    Draft draft(request);
    if (!hop(request, from, transport, draft))
        return;
    bool outbound = false;
    const auto user = ownRoute(draft, outbound);
    if (!m_registrar.known() && !user)
        return toRegistered(request, from, transport);
    if (!user || user->empty()) {
        refuse(request, from, transport, 404, "No route names a flow");
        return;
    }
    draft.removeFirst(sip::HeaderId::Route);
    if (outbound && formsDialog(request.method))
        draft.prepend(sip::HeaderId::RecordRoute,
                      routeUri(*user, "")); // later requests take this flow too
    overFlow(std::move(draft), request, from, transport, *user);
}

void Edge::overFlow(Draft draft, const sip::Message &request, const base::Endpoint &from,
                    base::Transport transport, const std::string &token)
{
    const auto target = m_tokens.userAgent(local(), token);
    if (!target) {
        refuse(request, from, transport, 403, "The flow token is not one of this edge");
        return;
    }
    if (m_flows.count(*target) == 0 || !m_tcp->connected(*target)) {
        refuse(request, from, transport, 430, "Flow no longer exists");
        return;
    }
    auto via = viaValue(base::Transport::Tcp, local(), branchOf(request));
    if (transport == base::Transport::Tcp)
        via += connectionParameter(from);
    draft.prepend(sip::HeaderId::Via, via);
    if (!m_tcp->send(draft.text(), *target))
        refuse(request, from, transport, 430, "Flow no longer exists");
}

void Edge::response(const sip::Message &response)
{
    Draft draft(response);
    const auto own = draft.first(sip::HeaderId::Via).value_or(std::string());
    const auto ownVia = sip::parseVia(own);
    if (base::Address::parse(ownVia.host) != local().address || ownVia.port != local().port)
        return; // not an answer to anything this edge sent (RFC 3261 section 18.1.2)
    draft.removeFirst(sip::HeaderId::Via);
    const auto connection = connectionOf(ownVia);
    if (!connection) {
        if (const auto next = responseTarget(draft.first(sip::HeaderId::Via).value_or("")))
            m_udp->send(draft.text(), *next);
        return;
    }
    // RFC 5626 section 5.4: the last proxy before the user agent tells how often it has to ping.
    if (response.method == sip::Method::Register && response.status / 100 == 2 &&
        m_settings.flowTimer > 0 && response.lists(sip::HeaderId::Require, "outbound"))
        draft.append(sip::HeaderId::FlowTimer, std::to_string(m_settings.flowTimer));
    m_tcp->send(draft.text(), *connection);
}

} // namespace lab
