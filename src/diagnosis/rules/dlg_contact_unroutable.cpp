// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/endpoint.h>
#include <diagnosis/facts.h>
#include <diagnosis/private_place.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // answers that are looked at

/// A private Contact in an answer that comes from a public address, without a recorded route.
std::optional<base::Address> unroutable(const Evidence &evidence, trace::RowId answer)
{
    if (!outside(evidence.trace.source(answer).address) ||
        !outside(evidence.trace.destination(answer).address))
        return std::nullopt;
    const auto &message = evidence.message(answer);
    if (message.find(sip::HeaderId::RecordRoute) != nullptr)
        return std::nullopt;
    const auto contact = sip::parseNameAddress(message.value(sip::HeaderId::Contact)).uri;
    const auto host = base::Address::parse(contact.host);
    return host && host->isPrivate() && !host->isLoopback() ? host : std::nullopt;
}

/// The caller's request in that dialog which went to the private address, from where the answer had
/// come to; invalid: none was seen.
trace::RowId sentThere(const Evidence &evidence, trace::RowId answer, const base::Address &host)
{
    const auto &said = evidence.trace.row(answer);
    for (const auto &t : evidence.call.transactions)
        if (t.request.valid() && t.started >= said.time &&
            evidence.trace.row(t.request).toTag == said.toTag &&
            evidence.trace.source(t.request).address ==
                evidence.trace.destination(answer).address &&
            evidence.trace.destination(t.request).address == host)
            return t.request;
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    int answers = 0;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Invite || t.inDialog || t.finalStatus / 100 != 2 ||
            !t.finalResponse.valid())
            continue;
        if (++answers > kMost)
            return;
        const auto host = unroutable(evidence, t.finalResponse);
        const auto lost = host ? sentThere(evidence, t.finalResponse, *host) : trace::RowId{};
        const auto heard = [&](const calls::CallRow &each) {
            return host && evidence.trace.source(each.row).address == *host;
        };
        if (!lost.valid() ||
            std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(), heard))
            continue; // there is a way to it, such as a tunnel
        auto &f = out.add(
            "dlg-contact-unroutable", Severity::Error, Grade::Likely,
            fmt::format("{} answers with the private Contact {} and no Record-Route [1]; the {} "
                        "goes to that address [2], where nobody out here can be reached.",
                        sender(evidence, t.finalResponse), host->text(),
                        methodOf(evidence.trace, lost)));
        f.impact = "ACK and BYE do not arrive: the callee's side ends the call 32 s after the "
                   "answer, or goes on when the caller has hung up.";
        f.evidence = {at(evidence, t.finalResponse, sip::HeaderId::Contact, "a private address"),
                      at(lost, "sent there")};
        f.fixes = {{"Tell the public address in the Contact (STUN, external address), or register "
                    "a flow.",
                    "callee's user agent", Action::None},
                   {"Record-Route, so that requests come back the way they went.", "edge proxy",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_contact_unroutable;
const Rule dlg_contact_unroutable{"dlg-contact-unroutable",
                                  "A Contact that cannot be reached",
                                  Severity::Error,
                                  "RFC 3261 section 12.1.1",
                                  "200",
                                  R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer "Contact: <sip:bob@192.168.1.20>"
* 1.05 alice>192.168.1.20 ACK tag=b
)",
                                  R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer "Contact: <sip:bob@192.168.1.20>"
  1.05 alice>bob ACK tag=b
)",
                                  check,
                                  Reads::Messages};

} // namespace diagnosis::rules
