// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool isDown(base::FlowState state)
{
    return state == base::FlowState::Failed || state == base::FlowState::BackingOff ||
           state == base::FlowState::Rejected;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        // What took the other flow down has a finding of its own; this tells what is left.
        // Only of our own accounts it is known how many flows there should be.
        if (!flow->ours || !base::isUp(flow->report.state))
            continue;
        const flows::Flow *down = nullptr;
        bool another = false;
        for (const auto &other : evidence.flows) {
            if (!other || !other->ours || !sameDevice(*other, *flow))
                continue;
            another = another || !isDown(other->report.state);
            down = isDown(other->report.state) ? other.get() : down;
        }
        if (another || down == nullptr)
            continue;
        const auto why = down->report.reason;
        auto &f = out.add(
            "flow-single", Severity::Info, Grade::Seen,
            fmt::format("Of the flows of {} only the one with reg-id {} is up [1]; the one with "
                        "reg-id {} to {} is {} [2]{}{}",
                        shown(flow->report.aor), flow->report.regId, down->report.regId,
                        shown(down->report.edge), base::flowStateText(down->report.state),
                        why.empty() ? "" : ": ", why.empty() ? "." : why));
        f.impact = "When the last flow fails too, no call arrives until one is registered again.";
        f.evidence = {at(*flow, "the flow that is up"), at(*down, "one that is not")};
        f.fixes = {{"See why the other outbound proxy cannot be used; register over two at least.",
                    "callee's user agent", Action::ReRegister}};
        return;
    }
}

} // namespace

extern const Rule flow_single;
const Rule flow_single{"flow-single",
                       "One flow is left",
                       Severity::Info,
                       "RFC 5626 section 4.2.1",
                       "430",
                       R"(
  own bob
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  0.06 bob>edge flow up
* 0.10 bob>edge2 flow failed reg=2
)",
                       R"(
  own bob
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  0.06 bob>edge flow up
  0.10 bob>edge2 flow failed reg=2
* 2.00 bob>edge2 flow up reg=2
)",
                       check};

} // namespace diagnosis::rules
