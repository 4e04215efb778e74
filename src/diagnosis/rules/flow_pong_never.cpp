// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const auto seen = lifeWithoutPong(evidence, *flow);
        if (!seen)
            continue;
        const bool datagrams = flow->transport == base::Transport::Udp;
        auto &f = out.add(
            "flow-pong-never", Severity::Warning, Grade::Seen,
            fmt::format("{} granted outbound to {} and answered none of its {} [1]; SIP over the "
                        "same flow went on [2].",
                        flow->edge.text(), evidence.trace.source(seen->ping->row).text(),
                        datagrams ? "STUN keep-alives" : "CRLF keep-alives"));
        f.impact =
            "A user agent that keeps to RFC 5626 takes each such flow for dead and registers "
            "again without end; one that does not never learns of a flow that is.";
        f.evidence = {at(seen->ping->row, "a ping without pong"),
                      at(seen->life->row, "the flow lived")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{datagrams ? "Answer STUN binding requests on the SIP port (Kamailio: load the "
                                "stun module), or do not grant outbound over UDP."
                              : "Answer every CRLF CRLF with a CRLF at once, or do not grant "
                                "outbound.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_pong_never;
const Rule flow_pong_never{"flow-pong-never",
                           "The edge never answers a keep-alive",
                           Severity::Warning,
                           "RFC 5626 sections 4.4 and 5.4",
                           "430",
                           R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=120"
  30.00 bob>edge tcp ping
  60.00 bob>edge tcp ping
 100.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
*100.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=120"
 130.00 bob>edge tcp ping
 145.00 tick
)",
                           R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=120"
  30.00 bob>edge tcp ping
* 30.05 edge>bob tcp pong
  60.00 bob>edge tcp ping
* 60.05 edge>bob tcp pong
 100.00 bob>edge REGISTER tcp call=r1 cseq=2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 100.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=120"
 130.00 bob>edge tcp ping
*130.05 edge>bob tcp pong
 145.00 tick
)",
                           check};

} // namespace diagnosis::rules
