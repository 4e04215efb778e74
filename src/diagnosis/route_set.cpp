// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/route_set.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

constexpr std::uint16_t kSipPort = 5060;

bool sameHost(const sip::Uri &a, const sip::Uri &b)
{
    return base::equalsNoCase(a.host, b.host) &&
           a.port.value_or(kSipPort) == b.port.value_or(kSipPort);
}

std::vector<sip::Uri> uris(const sip::Message &message, sip::HeaderId header, bool &plain)
{
    std::vector<sip::Uri> out;
    for (const auto value : message.values(header)) {
        const auto uri = sip::parseNameAddress(value).uri;
        plain = plain && uri.ok && uri.parameter("lr").has_value();
        out.push_back(uri);
    }
    return out;
}

std::string list(const std::vector<sip::Uri> &uris)
{
    std::string text;
    for (const auto &uri : uris)
        text += (text.empty() ? "" : ", ") + shown(uri.host);
    return text.empty() ? "none" : text;
}

} // namespace

WrongRoute wrongRoute(const Evidence &evidence, trace::RowId request, trace::RowId made)
{
    const auto &sent = evidence.message(request), &said = evidence.message(made);
    bool plain = true;
    auto recorded = uris(said, sip::HeaderId::RecordRoute, plain);
    const auto used = uris(sent, sip::HeaderId::Route, plain);
    if (!plain || (recorded.empty() && !used.empty()))
        return {};         // an outbound proxy that its user agent puts before everything
    if (!said.isRequest()) // the callee keeps the order (RFC 3261 section 12.1.1)
        std::reverse(recorded.begin(), recorded.end());
    if (!std::equal(recorded.begin(), recorded.end(), used.begin(), used.end(), sameHost))
        return {recorded.empty() ? sip::HeaderId::Contact : sip::HeaderId::RecordRoute,
                used.empty() ? sip::HeaderId::CSeq : sip::HeaderId::Route, used, recorded};
    const auto contact = sip::parseNameAddress(said.value(sip::HeaderId::Contact)).uri;
    const auto target = sip::parseUri(sent.requestUri);
    if (!contact.ok || !target.ok || sameHost(contact, target))
        return {};
    return {sip::HeaderId::Contact, sip::HeaderId::CSeq, {}, {}, sent.requestUri, contact.text};
}

std::string WrongRoute::what() const
{
    if (!found())
        return {};
    return taken.empty() && recorded.empty()
               ? fmt::format("to {} instead of the Contact {}", shown(target), shown(contact))
               : fmt::format("Route {} instead of {}", list(taken), list(recorded));
}

bool heldBack(const Evidence &evidence, const calls::Transaction &invite, trace::RowId ack)
{
    const auto at = evidence.trace.destination(ack).address;
    const auto depth = evidence.trace.row(ack).viaCount;
    const auto handedOn = [&](sip::Method method) {
        return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                           [&](const auto &t) {
                               return t.method == method && t.request.valid() &&
                                      t.cseq == invite.cseq &&
                                      evidence.trace.source(t.request).address == at &&
                                      evidence.trace.row(t.request).viaCount > depth;
                           });
    };
    return handedOn(sip::Method::Invite) && !handedOn(sip::Method::Ack);
}

} // namespace diagnosis
