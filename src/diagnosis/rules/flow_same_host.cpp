// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSettled = std::chrono::seconds(2); // less is a move from one to the other

bool standsAlone(const Evidence &evidence, const flows::Flow &flow, base::Instant when)
{
    const auto bound = boundAt(flow, when);
    const auto *const next = bound ? replacement(evidence, flow, bound->time) : nullptr;
    return stands(flow, when) && (next == nullptr || boundAfter(*next, bound->time) > when);
}

/// Do both stand now, or did they until one of them ended? A user agent that leaves takes one away
/// after the other.
bool together(const Evidence &evidence, const flows::Flow &one, const flows::Flow &other)
{
    const auto both = [&](base::Instant when) {
        return standsAlone(evidence, one, when) && standsAlone(evidence, other, when);
    };
    const auto until = [&](const flows::FlowEvent &event) {
        using flows::Happening;
        const bool ends = event.what == Happening::Closed || event.what == Happening::Reset ||
                          event.what == Happening::Removed;
        const auto before = event.time - base::Duration(1);
        return ends && both(before) && both(before - kSettled);
    };
    return both(evidence.now) || std::any_of(one.events.begin(), one.events.end(), until) ||
           std::any_of(other.events.begin(), other.events.end(), until);
}

/// The flow of the same device that ends at the same place; each pair is told of once.
const flows::Flow *twin(const Evidence &evidence, const flows::Flow &flow)
{
    for (const auto &other : evidence.flows)
        if (other && sameDevice(*other, flow) && other->report.regId < flow.report.regId &&
            other->edge == flow.edge && other->transport == flow.transport &&
            other->userAgent.address == flow.userAgent.address && // else it saves the access
            together(evidence, *other, flow))
            return other.get();
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const auto *const other = twin(evidence, *flow);
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
  registered
* 1.00 bob>edge REGISTER tcp call=r2 sport=5062 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
* 1.05 edge>bob 200 tcp call=r2 dport=5062 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                          R"(
  registered
  1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                          check};

} // namespace diagnosis::rules
