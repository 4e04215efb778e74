// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        const bool forms = transaction.method == sip::Method::Invite ||
                           transaction.method == sip::Method::Subscribe;
        if (!forms || transaction.inDialog || !transaction.request.valid() ||
            evidence.trace.row(transaction.request).viaCount != 1 ||
            transaction.finalStatus / 100 != 2)
            continue;
        const auto *const flow =
            standingBetween(evidence, evidence.trace.source(transaction.request),
                            evidence.trace.destination(transaction.request),
                            evidence.trace.row(transaction.request).transport, transaction.started);
        if (flow == nullptr)
            continue;
        const auto contact = evidence.message(transaction.request).value(sip::HeaderId::Contact);
        const auto address = sip::parseNameAddress(contact);
        if (!address.ok || address.uri.parameter("ob") || address.uri.parameter("gr"))
            continue;
        auto &f = out.add("flow-ob-missing", Severity::Info, Grade::Seen,
                          fmt::format("The {} went over the registered flow of {} [2], and its "
                                      "Contact [1] has neither ob nor a GRUU.",
                                      methodOf(evidence, transaction), flow->userAgent.text()));
        f.impact = "An edge that keeps strictly to RFC 5626 does not bring later requests of the "
                   "dialog back over this flow; most do all the same.";
        f.evidence = {at(evidence, transaction.request, sip::HeaderId::Contact, "no ob"),
                      at(*flow, "the flow it went over")};
        f.fixes = {{"Put ob into the Contact URI of requests that begin a dialog.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_ob_missing;
const Rule flow_ob_missing{"flow-ob-missing",
                           "A dialog over a flow that does not ask for it",
                           Severity::Info,
                           "RFC 5626 section 4.3",
                           "430",
                           R"(
  0.00 alice>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>alice 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 5.00 alice>edge INVITE tcp offer
  5.50 edge>alice 200 tcp tag=b answer
  5.55 alice>edge ACK tcp tag=b
)",
                           R"(
  0.00 alice>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>alice 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.00 alice>edge INVITE tcp offer "Contact: <sip:alice@192.0.2.20;transport=tcp;ob>"
  5.50 edge>alice 200 tcp tag=b answer
  5.55 alice>edge ACK tcp tag=b
  8.00 alice>edge2 INVITE tcp offer call=other
  8.50 edge2>alice 200 tcp tag=c answer call=other
  8.55 alice>edge2 ACK tcp tag=c call=other
)",
                           check,
                           Reads::Messages};

} // namespace diagnosis::rules
