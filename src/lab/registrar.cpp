// SPDX-License-Identifier: Apache-2.0
#include <lab/registrar.h>

#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace lab {
namespace {

constexpr std::size_t kMostCalls = 32;
constexpr auto kT2 = std::chrono::seconds(4);
constexpr auto kTimerC =
    std::chrono::seconds(185); // RFC 3261 section 16.6: more than three minutes

std::string key(const sip::Message &request)
{
    return fmt::format("{}|{}", request.branch(), request.callId());
}

// The caller's view of a response: our own Via is gone.
std::string upstream(const sip::Message &response)
{
    Draft draft(response);
    draft.removeFirst(sip::HeaderId::Via);
    return draft.text();
}

Draft answerTo(const sip::Message &request, const base::Endpoint &from, int status)
{
    return completed(sip::responseTo(request, status, {}, base::randomToken(6)), from);
}

// ACK or CANCEL of an INVITE that was sent: same URI, top Via, route, Call-ID and CSeq number.
std::string companion(const sip::Message &invite, std::string_view method, std::string_view to)
{
    auto writer = sip::Writer::request(method, invite.requestUri);
    writer.header("Via", invite.values(sip::HeaderId::Via)[0]);
    for (const auto route : invite.values(sip::HeaderId::Route))
        writer.header("Route", route);
    writer.header("Max-Forwards", "70").header("From", invite.value(sip::HeaderId::From));
    writer.header("To", to).header("Call-ID", invite.callId());
    writer.header("CSeq", fmt::format("{} {}", invite.cseq().number, method));
    return writer.text();
}

} // namespace

struct Registrar::Branch {
    std::string id, text; // the INVITE as it was sent
    base::Endpoint hop;
};

/// One INVITE of a caller and the branch that is being tried for it.
struct Registrar::Call {
    explicit Call(Reactor &reactor) : resend(reactor), resendFinal(reactor) {}

    std::string keyText;
    std::string inviteText; // as received, Via completed
    sip::Message invite;    // views inviteText
    base::Endpoint caller;
    std::string lastResponse;     // for retransmissions of the INVITE
    std::vector<Binding> targets; // still to be tried, the next one last
    Binding current;
    std::vector<Branch> branches; // the last one is the present one
    Retransmitter resend;         // the present branch's INVITE, until anything comes back
    Retransmitter resendFinal;    // the final response, until the caller's ACK
    Reactor::TimerId timerC = 0, end = 0;
    bool heard = false;     // a response came on the present branch
    bool branchDone = true; // it has its final response
    bool branchCancelled = false;
    bool cancelled = false, finished = false;
    std::string worst; // best response so far, when all targets failed
    int worstStatus = 0;
};

base::Result<std::unique_ptr<Registrar>>
Registrar::open(Reactor &reactor, Hops &hops, RegistrarSettings settings, base::Duration t1)
{
    auto udp = UdpPort::open(reactor, &hops, 0);
    if (!udp)
        return tl::unexpected<base::Error>(udp.error());
    hops.addPeer((*udp)->local());
    return std::unique_ptr<Registrar>(new Registrar(reactor, std::move(*udp), settings, t1));
}

Registrar::Registrar(Reactor &reactor, std::unique_ptr<UdpPort> udp, RegistrarSettings settings,
                     base::Duration t1)
    : m_reactor(reactor), m_udp(std::move(udp)), m_settings(settings), m_t1(t1)
{
    m_udp->onDatagram(
        [this](std::string_view bytes, const base::Endpoint &from) { onDatagram(bytes, from); });
}

Registrar::~Registrar() = default;

void Registrar::onDatagram(std::string_view bytes, const base::Endpoint &from)
{
    const auto message = sip::parse(bytes);
    if (!message)
        return;
    if (message->isRequest())
        request(*message, from);
    else
        response(*message);
}

void Registrar::answer(const sip::Message &request, const base::Endpoint &from, int status)
{
    m_udp->send(answerTo(request, from, status).text(), from);
}

void Registrar::request(const sip::Message &request, const base::Endpoint &from)
{
    switch (request.method) {
    case sip::Method::Register:
        registration(request, from);
        break;
    case sip::Method::Invite:
        invite(request, from);
        break;
    case sip::Method::Cancel:
        cancel(request, from);
        break;
    case sip::Method::Ack: {
        const auto it = m_calls.find(key(request));
        if (it != m_calls.end())
            it->second->resendFinal.stop();
        break;
    }
    case sip::Method::Options:
        answer(request, from, 200);
        break;
    default: // in-dialog requests have a route set that does not lead here
        answer(request, from, 405);
        break;
    }
}

void Registrar::registration(const sip::Message &request, const base::Endpoint &from)
{
    const auto now = base::now();
    const auto done = m_bindings.add(request, now);
    Draft draft = answerTo(request, from, done.status);
    if (done.status == 200) {
        for (const auto path : request.values(sip::HeaderId::Path)) // RFC 3327 section 5.3
            draft.append(sip::HeaderId::Path, std::string(path));
        const auto aor =
            addressOfRecord(sip::parseNameAddress(request.value(sip::HeaderId::To)).uriText);
        for (const Binding &binding : m_bindings.of(aor, now))
            draft.append(sip::HeaderId::Contact, binding.contactValue(now));
        draft.append(sip::HeaderId::Supported, "path, outbound");
        if (done.outbound)
            draft.append(sip::HeaderId::Require,
                         "outbound"); // RFC 5626 section 6: the proof that it was granted
    }
    m_udp->send(draft.text(), from);
}

void Registrar::invite(const sip::Message &request, const base::Endpoint &from)
{
    const auto id = key(request);
    if (const auto it = m_calls.find(id); it != m_calls.end()) { // a retransmission
        if (!it->second->lastResponse.empty())
            m_udp->send(it->second->lastResponse, it->second->caller);
        return;
    }
    const auto forwards = request.number(sip::HeaderId::MaxForwards).value_or(70);
    if (m_calls.size() >= kMostCalls || forwards == 0) {
        answer(request, from, forwards == 0 ? 483 : 503);
        return;
    }
    auto owned = std::make_unique<Call>(m_reactor);
    Call &call = *owned;
    call.keyText = id;
    call.caller = from;
    Draft draft(request);
    draft.replaceFirst(sip::HeaderId::Via,
                       receivedVia(draft.first(sip::HeaderId::Via).value_or(""), from));
    draft.remove(sip::HeaderId::MaxForwards);
    draft.append(sip::HeaderId::MaxForwards, std::to_string(forwards - 1));
    draft.remove(sip::HeaderId::Route); // ours: nobody else is on the way to this domain
    call.inviteText = draft.text();
    call.invite = *sip::parse(call.inviteText);
    m_calls.emplace(id, std::move(owned));
    call.lastResponse = sip::responseTo(call.invite, 100, {}, {}).text();
    m_udp->send(call.lastResponse, from);
    call.targets = m_bindings.of(addressOfRecord(request.requestUri), base::now());
    std::reverse(call.targets.begin(), call.targets.end());
    tryNext(call);
}

// RFC 5626 section 7: never two flows of one instance at a time.
void Registrar::tryNext(Call &call)
{
    while (!call.targets.empty() && !call.cancelled) {
        const Binding binding = call.targets.back();
        call.targets.pop_back();
        const auto hop = uriEndpoint(
            binding.path.empty() ? binding.contact
                                 : std::string(sip::parseNameAddress(binding.path[0]).uriText));
        if (hop) {
            forward(call, binding, *hop);
            return;
        }
    }
    const int status = call.cancelled ? 487 : call.worstStatus == 0 ? 480 : call.worstStatus;
    const bool dead =
        status == 430 && !m_settings.relay430; // RFC 5626 section 11.5: not for user agents
    if (call.worst.empty() || dead || (call.cancelled && call.worstStatus != 487)) {
        const int told = dead ? 480 : status;
        finish(call, told, sip::responseTo(call.invite, told, {}, base::randomToken(6)).text());
    } else {
        finish(call, status, call.worst);
    }
}

void Registrar::forward(Call &call, const Binding &binding, const base::Endpoint &hop)
{
    const auto branch = "z9hG4bK" + base::randomToken(8);
    Draft draft(call.invite);
    draft.uri(binding.contact);
    for (const auto &path : binding.path)
        draft.append(sip::HeaderId::Route, path);
    draft.prepend(sip::HeaderId::Via, viaValue(base::Transport::Udp, local(), branch));
    call.current = binding;
    call.branches.push_back({branch, draft.text(), hop});
    call.heard = call.branchDone = call.branchCancelled = false;
    m_branches[branch] = &call;
    m_udp->send(call.branches.back().text, hop);
    m_reactor.cancel(call.timerC);
    call.timerC = m_reactor.after(kTimerC, [this, &call] { cancelBranch(call); });
    // RFC 3261 section 17.1.1.2: timers A and B
    call.resend.start(
        m_t1, base::Duration(0),
        [this, &call] { m_udp->send(call.branches.back().text, call.branches.back().hop); },
        [this, &call] {
            failed(call, 408, sip::responseTo(call.invite, 408, {}, base::randomToken(6)).text());
        });
}

void Registrar::cancel(const sip::Message &request, const base::Endpoint &from)
{
    const auto it = m_calls.find(key(request));
    answer(request, from, it == m_calls.end() ? 481 : 200);
    if (it == m_calls.end() || it->second->finished)
        return;
    it->second->cancelled = true;
    cancelBranch(*it->second);
}

void Registrar::cancelBranch(Call &call)
{
    if (call.branchDone || !call.heard)
        return; // RFC 3261 section 9.1: not before a provisional response; it goes out when that
                // comes
    const auto &branch = call.branches.back();
    const auto sent = sip::parse(branch.text);
    m_udp->send(companion(*sent, "CANCEL", sent->value(sip::HeaderId::To)), branch.hop);
    call.branchCancelled = true;
    // RFC 3261 section 9.1: what is cancelled and has no final response after 64*T1 is over.
    m_reactor.cancel(call.timerC);
    call.timerC = m_reactor.after(64 * m_t1, [this, &call] {
        const int status = call.cancelled ? 487 : 408; // section 16.8: timer C stands for a 408
        failed(call, status, sip::responseTo(call.invite, status, {}, base::randomToken(6)).text());
    });
}

void Registrar::response(const sip::Message &response)
{
    const auto it = m_branches.find(std::string(response.branch()));
    if (it == m_branches.end() || response.method != sip::Method::Invite)
        return;
    Call &call = *it->second;
    const bool present = it->first == call.branches.back().id;
    if (response.status < 200) {
        if (present)
            provisional(call, response);
        return;
    }
    if (response.status <
        300) { // each one goes through: it ends at the caller's ACK (RFC 3261 section 16.7)
        const auto text = upstream(response);
        if (call.finished)
            m_udp->send(text, call.caller);
        else
            finish(call, response.status, text);
        return;
    }
    const auto branch = std::find_if(call.branches.begin(), call.branches.end(),
                                     [&](const Branch &b) { return b.id == it->first; });
    // RFC 3261 section 17.1.1.3: the ACK to a failure goes hop by hop.
    m_udp->send(companion(*sip::parse(branch->text), "ACK", response.value(sip::HeaderId::To)),
                branch->hop);
    if (present && !call.branchDone)
        failed(call, response.status, upstream(response));
}

void Registrar::provisional(Call &call, const sip::Message &response)
{
    call.resend.stop();
    const bool first = !call.heard;
    call.heard = true;
    if (call.cancelled && first)
        cancelBranch(call);
    if (response.status == 100 || call.finished)
        return;
    if (!call.branchCancelled) {
        m_reactor.cancel(call.timerC); // RFC 3261 section 16.7: 101-199 start it anew
        call.timerC = m_reactor.after(kTimerC, [this, &call] { cancelBranch(call); });
    }
    call.lastResponse = upstream(response);
    m_udp->send(call.lastResponse, call.caller);
}

void Registrar::failed(Call &call, int status, std::string text)
{
    call.resend.stop();
    call.branchDone = true;
    if (status == 430)
        m_bindings.remove(call.current); // RFC 5626 section 9.1's example: the flow is gone, and
                                         // the binding with it
    const bool nextFlow = status == 430 || status == 408;
    if (!nextFlow) { // the instance has answered: its other flows are not tried (RFC 5626 section
                     // 7)
        std::erase_if(call.targets, [&](const Binding &b) {
            return !b.instance.empty() && b.instance == call.current.instance;
        });
    }
    // RFC 3261 section 16.7 step 6: a 6xx wins, else the lowest; a dead flow says the least.
    const bool better = call.worstStatus == 0 || call.worstStatus == 430 ||
                        (status != 430 && status < call.worstStatus);
    if (status >= 600)
        call.targets.clear();
    if (better || status >= 600) {
        call.worstStatus = status;
        call.worst = std::move(text);
    }
    tryNext(call);
}

void Registrar::finish(Call &call, int status, const std::string &text)
{
    call.resend.stop();
    m_reactor.cancel(call.timerC);
    call.finished = true;
    call.branchDone = true;
    call.lastResponse = text;
    m_udp->send(text, call.caller);
    if (status >= 300) // RFC 3261 section 17.2.1: timers G and H
        call.resendFinal.start(m_t1, kT2,
                               [this, &call] { m_udp->send(call.lastResponse, call.caller); }, {});
    call.end = m_reactor.after(64 * m_t1, [this, &call] { forget(call); });
}

void Registrar::forget(Call &call)
{
    for (const Branch &branch : call.branches)
        m_branches.erase(branch.id);
    const auto id = call.keyText;
    m_calls.erase(id);
}

} // namespace lab
