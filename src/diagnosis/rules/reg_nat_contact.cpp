// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// The public address that the next hop saw the request come from; nullopt: it does not say.
std::optional<base::Address> seenAs(const Evidence &evidence, trace::RowId response)
{
    const auto vias = evidence.message(response).values(sip::HeaderId::Via);
    if (vias.empty())
        return std::nullopt;
    const auto received = sip::parseVia(vias.back()).parameter("received");
    const auto address = received ? base::Address::parse(*received) : std::nullopt;
    return address && !address->isPrivate() && !address->isLoopback() ? address : std::nullopt;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Register || t.finalStatus / 100 != 2 || !t.request.valid() ||
            !t.finalResponse.valid() || evidence.trace.row(t.request).viaCount != 1)
            continue;
        const auto seen = seenAs(evidence, t.finalResponse);
        if (!seen || evidence.message(t.finalResponse).lists(sip::HeaderId::Require, "outbound"))
            continue;
        const auto &request = evidence.message(t.request);
        const auto contact = sip::parseNameAddress(request.value(sip::HeaderId::Contact));
        const auto host = sip::addressOf(contact.uri.host);
        if (!host || !host->isPrivate() || contact.uri.parameter("gr") ||
            contact.parameter("expires").value_or("") == "0" ||
            request.number(sip::HeaderId::Expires) == 0U)
            continue;
        auto &f =
            out.add("reg-nat-contact", Severity::Info, Grade::Seen,
                    fmt::format("{} registered the private address {} [1], and {} saw it come "
                                "from {} [2].",
                                sender(evidence, t.request), shown(contact.uriText),
                                evidence.trace.source(t.finalResponse).text(), seen->text()));
        f.impact =
            "Calls reach it only where the registrar sends to the address it saw, as long as "
            "the NAT keeps it.";
        f.evidence = {at(evidence, t.request, sip::HeaderId::Contact, "private"),
                      at(evidence, t.finalResponse, sip::HeaderId::Via, "seen from outside")};
        f.fixes = {{"Register a flow (RFC 5626), or keep the NAT's binding alive.", "user agent",
                    Action::None},
                   {"Send to where the REGISTER came from.", "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_nat_contact;
const Rule reg_nat_contact{"reg-nat-contact",
                           "Registered with an address behind a NAT",
                           Severity::Info,
                           "RFC 3581, RFC 5626",
                           "200",
                           R"(
* 0.00 bob>edge REGISTER branch=r1;received=203.0.113.5 "Contact: <sip:bob@10.1.2.3>"
* 0.05 edge>bob 200 tag=r "Contact: <sip:bob@10.1.2.3>;expires=60"
)",
                           R"(
  0.00 bob>edge REGISTER branch=r1;received=10.1.2.3 "Contact: <sip:bob@10.1.2.3>"
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@10.1.2.3>;expires=60"
)",
                           check,
                           Reads::Messages};

} // namespace diagnosis::rules
