// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (auto it = evidence.call.transactions.rbegin(); it != evidence.call.transactions.rend();
         ++it) {
        const auto &transaction = *it;
        if (transaction.method != sip::Method::Register || transaction.finalStatus / 100 != 2 ||
            !transaction.request.valid())
            continue;
        const auto &request = evidence.message(transaction.request);
        const auto contact = request.value(sip::HeaderId::Contact);
        if (contact.empty() || takesAway(request))
            continue; // asks only, or takes its leave: what stood until then counts
        if (!sip::parameter(contact, "reg-id") || !sip::parameter(contact, "+sip.instance") ||
            !request.lists(sip::HeaderId::Supported, "outbound"))
            return; // the newest registration counts
        if (evidence.message(transaction.finalResponse).lists(sip::HeaderId::Require, "outbound"))
            return;
        auto &f = out.add("flow-not-granted", Severity::Warning, Grade::Seen,
                          fmt::format("The REGISTER asked for outbound with reg-id {} [1], but {} "
                                      "accepted it without Require: "
                                      "outbound [2]: the reg-id was ignored.",
                                      shown(*sip::parameter(contact, "reg-id")),
                                      sender(evidence, transaction.finalResponse)));
        f.impact = "Incoming calls go to the Contact address instead of this connection, and no "
                   "second flow takes over.";
        f.evidence = {
            at(evidence, transaction.request, sip::HeaderId::Contact, "reg-id asks for outbound"),
            at(transaction.finalResponse, "accepted without outbound")};
        f.fixes = {{"Switch outbound (RFC 5626) on.", "home proxy", Action::None},
                   {"Let the first proxy add Path with ;ob.", "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_not_granted;
const Rule flow_not_granted{"flow-not-granted",
                            "Outbound was asked for and not granted",
                            Severity::Warning,
                            "RFC 5626 section 4.2.1",
                            "439",
                            R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 0.05 edge>bob 200 tcp tag=r "Supported: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;expires=600"
)",
                            R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
