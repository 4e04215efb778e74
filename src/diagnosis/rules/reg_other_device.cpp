// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/rule.h>
#include <flows/registration.h>
#include <fmt/format.h>
#include <vector>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    const calls::Transaction *last = nullptr;
    for (const auto &t : evidence.call.transactions)
        if (t.method == sip::Method::Register && t.finalStatus / 100 == 2 && t.request.valid() &&
            t.finalResponse.valid() && evidence.trace.row(t.request).viaCount == 1)
            last = &t;
    if (last == nullptr || takesAway(evidence.message(last->request)))
        return;
    const auto own =
        flows::readContact(evidence.message(last->request).value(sip::HeaderId::Contact));
    if (own.instance.empty())
        return;
    std::vector<std::string_view> others;
    std::string_view first;
    for (const auto value : evidence.message(last->finalResponse).values(sip::HeaderId::Contact)) {
        const auto listed = flows::readContact(value);
        if (listed.instance.empty() || listed.expires == 0U ||
            base::equalsNoCase(listed.instance, own.instance) ||
            std::find(others.begin(), others.end(), listed.instance) != others.end())
            continue;
        first = first.empty() ? value : first;
        others.push_back(listed.instance);
    }
    if (others.empty())
        return;
    auto &f = out.add("reg-other-device", Severity::Info, Grade::Seen,
                      fmt::format("Beside this device [1] the registrar lists {} for the same "
                                  "account [2].",
                                  count(others.size(), "other device")));
    f.impact = "Calls ring at all of them: a caller sees several early dialogs, and whoever "
               "answers first gets the call.";
    f.evidence = {at(evidence, last->request, sip::HeaderId::Contact, "this instance"),
                  at(evidence, last->finalResponse, first, "another instance")};
    f.fixes = {{"Nothing, if they are meant to ring; else take the account off the other device.",
                "operator", Action::None}};
}

} // namespace

extern const Rule reg_other_device;
const Rule reg_other_device{"reg-other-device",
                            "Other devices ring too",
                            Severity::Info,
                            "RFC 3261 section 10.3, RFC 5626 section 4.1",
                            "200",
                            R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;+sip.instance=\"<urn:uuid:1>\""
* 0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.30>;+sip.instance=\"<urn:uuid:2>\";expires=90"
)",
                            R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;+sip.instance=\"<urn:uuid:1>\";expires=600, <sip:bob@192.0.2.30>;+sip.instance=\"<URN:UUID:1>\";expires=90"
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
