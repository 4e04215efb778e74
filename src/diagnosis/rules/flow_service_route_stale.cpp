// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The codes of which the 430 rules and flow-hidden say whose flow it was.
bool toldElsewhere(int status)
{
    constexpr std::array kCodes{0, 403, 404, 408, 410, 430, 477, 480, 500, 503, 504};
    return std::find(kCodes.begin(), kCodes.end(), status) != kCodes.end();
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.flows.empty())
        return;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.inDialog || !transaction.request.valid() ||
            transaction.method == sip::Method::Register ||
            transaction.method == sip::Method::Cancel || transaction.method == sip::Method::Ack ||
            toldElsewhere(transaction.finalStatus) ||
            evidence.trace.row(transaction.request).viaCount != 1)
            continue;
        const auto way = routed(evidence, transaction);
        const auto *const flow = way && way->senders ? flowOf(evidence, way->token) : nullptr;
        // Known to have ended, not only another port of the sender's host.
        const auto *const death = flow != nullptr ? deathOf(*flow, transaction.started) : nullptr;
        if (death == nullptr || !death->row.valid())
            continue;
        auto &f = out.add(
            "flow-service-route-stale", Severity::Warning, Grade::Seen,
            fmt::format("The Route of the {} [1] is of a former registration: it names {}, and "
                        "that ended [2].",
                        methodOf(evidence, transaction),
                        tokenText(evidence, way->token, transaction.started)));
        f.impact = "It got through this time; an edge that keeps to RFC 5626 sends it to the dead "
                   "flow and answers 430.";
        f.evidence = {at(evidence, transaction.request, way->token.value, "the flow token"),
                      at(death->row, "the end of that flow")};
        f.fixes = {{"Register anew first, and take the Service-Route of that answer.",
                    "caller's user agent", Action::ReRegister}};
        return;
    }
}

} // namespace

extern const Rule flow_service_route_stale;
const Rule flow_service_route_stale{"flow-service-route-stale",
                                    "A Route of a registration that is over",
                                    Severity::Warning,
                                    "RFC 3608 section 6.1, RFC 5626 section 5.3",
                                    "430",
                                    R"(
  0.00 alice>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>alice 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
*20.00 edge>alice tcp dport=34567 fin
 30.00 alice>edge INVITE tcp sport=34568 offer "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIKhwc=@192.0.2.2;lr>"
 31.00 edge>alice 486 tcp dport=34568 tag=c
 31.01 alice>edge ACK tcp sport=34568 tag=c
)",
                                    R"(
  0.00 alice>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>alice 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 30.00 alice>edge INVITE tcp sport=34567 offer "Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIKhwc=@192.0.2.2;lr>"
 31.00 edge>alice 486 tcp dport=34567 tag=c
 31.01 alice>edge ACK tcp sport=34567 tag=c
)",
                                    check,
                                    Reads::Messages};

} // namespace diagnosis::rules
