// SPDX-License-Identifier: Apache-2.0
// An edge that is the registrar too, one box: user agents register on a direct flow (RFC 5626
// section 6), and whoever calls one meets the box that owns its flow. There is nobody behind it
// who could try another flow.
#include <lab/edge.h>

#include <base/text.h>
#include <sip/uri.h>

namespace lab {

void Edge::keepRegistration(const sip::Message &request, const base::Endpoint &from)
{
    // The flow is kept with the binding as a token, as Path would carry it from an edge of its own.
    Draft known(request);
    known.prepend(sip::HeaderId::Path, routeUri(m_tokens.token(local(), from), ";ob"));
    const auto text = known.text();
    const auto now = base::now();
    const auto done = m_bindings.add(*sip::parse(text), now);
    Draft draft = completed(sip::responseTo(request, done.status, {}, base::randomToken(6)), from);
    if (done.status == 200) {
        const auto to = sip::parseNameAddress(request.value(sip::HeaderId::To));
        for (const Binding &binding : m_bindings.of(addressOfRecord(to.uriText), now))
            draft.append(sip::HeaderId::Contact, binding.contactValue(now));
        draft.append(sip::HeaderId::Supported, "path, outbound");
        if (done.outbound)
            draft.append(sip::HeaderId::Require, "outbound");
        if (done.outbound && m_settings.flowTimer > 0)
            draft.append(sip::HeaderId::FlowTimer, std::to_string(m_settings.flowTimer));
    }
    m_tcp->send(draft.text(), from);
}

/// To the first flow that is registered for the address; stateless, so there is no second try.
void Edge::toRegistered(const sip::Message &request, const base::Endpoint &from,
                        base::Transport transport)
{
    Draft draft(request);
    if (!hop(request, from, transport, draft))
        return;
    const auto bindings = m_bindings.of(addressOfRecord(request.requestUri), base::now());
    if (bindings.empty() || bindings.front().path.empty())
        return refuse(request, from, transport, 480, {});
    const Binding &binding = bindings.front();
    const std::string token(sip::parseNameAddress(binding.path.front()).uri.user);
    draft.uri(binding.contact);
    if (formsDialog(request.method))
        draft.prepend(sip::HeaderId::RecordRoute, routeUri(token, ""));
    overFlow(std::move(draft), request, from, transport, token);
}

} // namespace lab
