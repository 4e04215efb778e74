// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <flows/stun.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const flows::FlowEvent *first = nullptr;
        std::size_t errors = 0;
        for (const auto &event : flow->events)
            if (event.what == flows::Happening::Pong && event.row.valid() &&
                flows::stunError(evidence.trace.text(event.row))) {
                first = first == nullptr ? &event : first;
                ++errors;
            }
        if (first == nullptr)
            continue;
        const auto code = *flows::stunError(evidence.trace.text(first->row));
        auto &f = out.add("flow-stun-error", Severity::Error, Grade::Seen,
                          fmt::format("{} refused the STUN keep-alive of {} with {} [1]{}: such a "
                                      "flow counts as failed.",
                                      evidence.trace.source(first->row).text(),
                                      evidence.trace.destination(first->row).text(),
                                      code != 0 ? fmt::format("error {}", code) : "an error",
                                      errors > 1 ? fmt::format(", {} in all", count(errors, "time"))
                                                 : std::string()));
        f.impact = "The user agent has to give the flow up and register another one, which the "
                   "edge will refuse in the same way: the account is never reachable for long.";
        f.evidence = {at(first->row, "the error response")};
        f.evidence.back().flow = flow->id;
        f.fixes = {
            {"Answer binding requests without credentials and without unknown attributes on "
             "the SIP port (RFC 5626 sections 5.4 and 8), or do not grant outbound over UDP.",
             "edge proxy", Action::None},
            {"Register over TCP or TLS, where keep-alives are CRLF.", "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_stun_error;
const Rule flow_stun_error{"flow-stun-error",
                           "The edge refuses keep-alives",
                           Severity::Error,
                           "RFC 5626 section 4.4.2, RFC 8489 section 6.3.4",
                           "430",
                           R"(
  0.00 bob>edge REGISTER call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge stun ping
*20.01 edge>bob stun pong error=400
)",
                           R"(
  0.00 bob>edge REGISTER call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge stun ping
 20.01 edge>bob stun pong mapped=5060
)",
                           check};

} // namespace diagnosis::rules
