// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || !transaction.request.valid())
            continue;
        for (const auto contact :
             evidence.message(transaction.request).values(sip::HeaderId::Contact)) {
            const auto address = sip::parseNameAddress(contact);
            if (!address.parameter("reg-id") || address.parameter("+sip.instance"))
                continue;
            auto &f = out.add("flow-regid-without-instance", Severity::Error, Grade::Seen,
                              fmt::format("The REGISTER of {} [1] has reg-id and no +sip.instance: "
                                          "the registrar has to ignore the reg-id.",
                                          sender(evidence, transaction.request)));
            f.impact = "No flow is registered: after a lost connection calls go to a dead address "
                       "until the binding expires.";
            f.evidence = {at(evidence, transaction.request, contact, "reg-id alone")};
            f.fixes = {{"Send +sip.instance with a URN that stays the same over restarts.",
                        "user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_regid_without_instance;
const Rule flow_regid_without_instance{"flow-regid-without-instance",
                                       "A flow without a name for its device",
                                       Severity::Error,
                                       "RFC 5626 section 6",
                                       "439",
                                       R"(
* 0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1"
* 0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;expires=600"
)",
                                       R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                                       check,
                                       Reads::Messages};

} // namespace diagnosis::rules
