// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The flow of the same device that ends at the same place; each pair is told of once.
const flows::Flow *twin(const Evidence &evidence, const flows::Flow &flow)
{
    for (const auto &other : evidence.flows)
        if (other && sameDevice(*other, flow) && other->report.regId < flow.report.regId &&
            other->edge == flow.edge && other->transport == flow.transport &&
            other->userAgent.address == flow.userAgent.address && // else it saves the access
            stands(*other, evidence.now) &&
            replacement(evidence, *other, other->registered) == nullptr)
            return other.get();
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const bool alive = stands(*flow, evidence.now) &&
                           replacement(evidence, *flow, flow->registered) == nullptr;
        const auto *const other = alive ? twin(evidence, *flow) : nullptr;
        if (other == nullptr)
            continue;
        auto &f = out.add("flow-same-host", Severity::Warning, Grade::Seen,
                          fmt::format("The flows with reg-id {} [1] and {} [2] of one device both "
                                      "end at {}.",
                                      other->report.regId, flow->report.regId, flow->edge.text()));
        f.impact = "When that address is down both are: the second flow saves nothing.";
        f.evidence = {at(*other, "one flow"), at(*flow, "the other")};
        f.fixes = {
            {"Let each outbound proxy's name lead to another host.", "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_same_host;
const Rule flow_same_host{"flow-same-host",
                          "Two flows to the same host",
                          Severity::Warning,
                          "RFC 5626 section 3.3",
                          "439",
                          R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 1.00 bob>edge REGISTER tcp call=r2 sport=5062 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
* 1.05 edge>bob 200 tcp call=r2 dport=5062 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                          R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                          check};

} // namespace diagnosis::rules
