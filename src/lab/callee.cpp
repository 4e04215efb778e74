// SPDX-License-Identifier: Apache-2.0
#include <lab/callee.h>

#include <base/text.h>
#include <fmt/format.h>
#include <lab/callee_call.h>

namespace lab {
namespace {

constexpr std::size_t kMostCalls = 16;

} // namespace

base::Result<std::unique_ptr<Callee>> Callee::open(Reactor &reactor, Hops &hops,
                                                   CalleeSettings settings, base::Duration t1)
{
    auto udp = UdpPort::open(reactor, &hops, 0);
    if (!udp)
        return tl::unexpected<base::Error>(udp.error());
    hops.addPeer((*udp)->local());
    return std::unique_ptr<Callee>(new Callee(reactor, std::move(*udp), std::move(settings), t1));
}

Callee::Callee(Reactor &reactor, std::unique_ptr<UdpPort> udp, CalleeSettings settings,
               base::Duration t1)
    : m_reactor(reactor), m_udp(std::move(udp)), m_settings(std::move(settings)), m_t1(t1)
{
    m_udp->onDatagram(
        [this](std::string_view bytes, const base::Endpoint &from) { onDatagram(bytes, from); });
}

Callee::~Callee() = default;

std::string Callee::contact() const
{
    return fmt::format("sip:bob@{}", local().text());
}

void Callee::answer(const sip::Message &request, const base::Endpoint &from, int status)
{
    const auto text = sip::responseTo(request, status, {}, base::randomToken(6))
                          .header("Server", "Earshot lab")
                          .text();
    m_udp->send(text, from);
}

void Callee::onDatagram(std::string_view bytes, const base::Endpoint &from)
{
    const auto message = sip::parse(bytes);
    if (!message)
        return;
    // The caller's tag: From in its requests, To in its answers to ours.
    const auto tag = message->isRequest() ? message->fromTag() : message->toTag();
    const auto it = m_calls.find(fmt::format("{}|{}", message->callId(), tag));
    if (it != m_calls.end())
        it->second->received(*message, from);
    else if (!message->isRequest() || message->method == sip::Method::Ack)
        return;
    else if (message->method == sip::Method::Invite && message->toTag().empty())
        invite(*message, from);
    else
        answer(*message, from, message->method == sip::Method::Options ? 200 : 481);
}

void Callee::invite(const sip::Message &request, const base::Endpoint &from)
{
    auto audio = RtpSender::open(m_reactor);
    if (m_calls.size() >= kMostCalls || !audio) {
        answer(request, from, 486);
        return;
    }
    const auto id = fmt::format("{}|{}", request.callId(), request.fromTag());
    m_calls.emplace(id, std::make_unique<CalleeCall>(
                            CalleeCall::Setting{m_reactor, *m_udp, m_settings.acts, m_t1, contact(),
                                                [this, id] { m_calls.erase(id); }},
                            request, from, std::move(*audio)));
}

} // namespace lab
