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
        std::size_t binding = 0;
        bool flow = false;
        for (const auto contact :
             evidence.message(transaction.request).values(sip::HeaderId::Contact)) {
            const auto address = sip::parseNameAddress(contact);
            if (address.parameter("expires").value_or("") == "0")
                continue;
            ++binding;
            flow = flow || address.parameter("reg-id");
        }
        if (!flow || binding < 2)
            continue;
        auto &f =
            out.add("flow-regid-multi-contact", Severity::Error, Grade::Seen,
                    fmt::format("The REGISTER of {} [1] binds {} at once, one of them with "
                                "reg-id.",
                                sender(evidence, transaction.request), count(binding, "contact")));
        f.impact =
            "The registrar should refuse it with 400, as it cannot tell which contact the flow "
            "belongs to.";
        f.evidence = {at(evidence, transaction.request, sip::HeaderId::Contact, "more than one")};
        f.fixes = {{"Register each flow with a REGISTER and a single contact of its own.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_regid_multi_contact;
const Rule flow_regid_multi_contact{"flow-regid-multi-contact",
                                    "A flow registered with several contacts",
                                    Severity::Error,
                                    "RFC 5626 section 6",
                                    "400",
                                    R"(
  0.00 bob>edge REGISTER tcp "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 5.00 bob>edge REGISTER tcp cseq=2 "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\", <sip:bob@192.0.2.21>"
* 5.05 edge>bob 400 tcp tag=r
)",
                                    R"(
  0.00 bob>edge REGISTER tcp "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\", <sip:bob@192.0.2.21>;expires=0"
  0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                                    check};

} // namespace diagnosis::rules
