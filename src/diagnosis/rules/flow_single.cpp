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

/// What our engine told last of the flow before it was switched off: that every flow of an account
/// ends is no news about the others. nullptr: nothing is kept, so what it is now counts.
const flows::FlowEvent *beforeOff(const flows::Flow &flow)
{
    const auto told = [](const flows::FlowEvent &event) {
        return event.what == flows::Happening::StateChanged && event.state != base::FlowState::Off;
    };
    const auto at = std::find_if(flow.events.rbegin(), flow.events.rend(), told);
    return at == flow.events.rend() ? nullptr : &*at;
}

base::FlowState stateOf(const flows::Flow &flow)
{
    const auto *const told = flow.report.state == base::FlowState::Off ? beforeOff(flow) : nullptr;
    return told != nullptr ? told->state : flow.report.state;
}

std::string reasonOf(const flows::Flow &flow)
{
    const auto *const told = flow.report.state == base::FlowState::Off ? beforeOff(flow) : nullptr;
    const auto at = told != nullptr ? told->text.find(": ") : std::string::npos;
    return at == std::string::npos ? flow.report.reason : told->text.substr(at + 2);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        // What took the other flow down may have a finding of its own; this tells what is left.
        // Only of our own accounts it is known how many flows there should be.
        if (!flow->ours || !base::isUp(stateOf(*flow)))
            continue;
        const flows::Flow *down = nullptr;
        bool another = false;
        for (const auto &other : evidence.flows) {
            if (!other || !other->ours || !sameDevice(*other, *flow))
                continue;
            another = another || !isDown(stateOf(*other));
            down = isDown(stateOf(*other)) ? other.get() : down;
        }
        if (another || down == nullptr)
            continue;
        const auto why = reasonOf(*down);
        auto &f = out.add(
            "flow-single", Severity::Warning, Grade::Seen,
            fmt::format("Of the flows of {} only the one with reg-id {} is up [1]; the one with "
                        "reg-id {} to {} is {} [2]{}{}",
                        shown(flow->report.aor), flow->report.regId, down->report.regId,
                        shown(down->report.edge), base::flowStateText(stateOf(*down)),
                        why.empty() ? "" : ": ", why.empty() ? "." : why));
        f.impact = "When the last flow fails too, no call arrives until one is registered again.";
        f.evidence = {at(*flow, "the flow that is up"), at(*down, "one that is not")};
        f.fixes = {{"See why the other outbound proxy cannot be used; register over two at least.",
                    "user agent", Action::ReRegister}};
        return;
    }
}

} // namespace

extern const Rule flow_single;
const Rule flow_single{"flow-single",
                       "One flow is left",
                       Severity::Warning,
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
