// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// Who registers, or who is registered: "bob@example.test"; empty: it cannot be compared.
std::string accountOf(const sip::Message &request, sip::HeaderId header)
{
    const auto address = sip::parseNameAddress(request.value(header));
    const bool known = base::equalsNoCase(address.uri.scheme, "sip") ||
                       base::equalsNoCase(address.uri.scheme, "sips");
    return address.ok && known ? address.uri.address() : std::string();
}

/// "*" with parameters of a flow, which it cannot have.
bool starWithFlow(std::string_view contact)
{
    return contact.starts_with('*') && (sip::parameter(contact, "reg-id").has_value() ||
                                        sip::parameter(contact, "+sip.instance").has_value());
}

/// Why the reg-id may not stand there, one clause; empty: it may.
std::string fault(const sip::Message &request, std::string_view contact)
{
    if (starWithFlow(contact))
        return "has the parameters of a flow behind \"Contact: *\"";
    if (!sip::parseNameAddress(contact).parameter("reg-id"))
        return {};
    const auto from = accountOf(request, sip::HeaderId::From);
    const auto to = accountOf(request, sip::HeaderId::To);
    if (from.empty() || to.empty() || base::equalsNoCase(from, to))
        return {};
    return fmt::format("comes from {} and registers {} with a reg-id", shown(from), shown(to));
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || !transaction.request.valid())
            continue;
        const auto &request = evidence.message(transaction.request);
        for (const auto contact : request.values(sip::HeaderId::Contact)) {
            const auto why = fault(request, contact);
            if (why.empty())
                continue;
            auto &f = out.add("flow-regid-thirdparty-star", Severity::Error, Grade::Seen,
                              fmt::format("The REGISTER of {} [1] {}, which RFC 5626 forbids.",
                                          sender(evidence, transaction.request), why));
            f.impact = "The registrar may refuse it, or bind a flow that does not lead to the "
                       "account's own user agent.";
            f.evidence = {at(evidence, transaction.request, contact, "a flow is asked for here")};
            f.fixes = {{"Leave reg-id and +sip.instance out where a registration is for somebody "
                        "else, or removes everything.",
                        "user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_regid_thirdparty_star;
const Rule flow_regid_thirdparty_star{"flow-regid-thirdparty-star",
                                      "A flow where none may be asked for",
                                      Severity::Error,
                                      "RFC 5626 sections 4.2.1 and 4.2.3",
                                      "400",
                                      R"(
  0.00 bob>edge REGISTER tcp "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 5.00 bob>edge REGISTER tcp cseq=2 "Expires: 0" "Contact: *;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 5.05 edge>bob 400 tcp tag=r
)",
                                      R"(
  0.00 bob>edge REGISTER tcp "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.00 bob>edge REGISTER tcp cseq=2 "Expires: 0" "Contact: *"
  5.05 edge>bob 200 tcp tag=r
)",
                                      check};

} // namespace diagnosis::rules
