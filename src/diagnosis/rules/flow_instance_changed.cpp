// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

std::string_view contactOf(const Evidence &evidence, trace::RowId request)
{
    for (const auto value : evidence.message(request).values(sip::HeaderId::Contact))
        if (const auto contact = flows::readContact(value); contact.regId)
            return contact.uri;
    return {};
}

/// The same address-of-record from the same host with the same Contact, and silent since: the same
/// device, and no second one beside it.
bool before(const Evidence &evidence, const flows::Flow &former, const flows::Flow &flow,
            base::Instant began)
{
    return former.id != flow.id && former.report.aor == flow.report.aor &&
           !former.report.instance.empty() && former.report.instance != flow.report.instance &&
           former.userAgent.address == flow.userAgent.address && former.lastRegister.valid() &&
           former.registered.known() && former.lastSeen < began &&
           contactOf(evidence, former.lastRegister) == contactOf(evidence, flow.lastRegister);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const auto began = boundAfter(*flow, {}); // it may have left since
        if (!began.known() || flow->report.instance.empty() ||
            contactOf(evidence, flow->lastRegister).empty())
            continue;
        for (const auto &former : evidence.flows) {
            if (!former || !before(evidence, *former, *flow, evidence.call.first))
                continue;
            const auto until = former->report.registeredUntil;
            if (until.known() && until <= began)
                continue; // no ghost is left
            auto &f = out.add(
                "flow-instance-changed", Severity::Warning, Grade::Likely,
                fmt::format("The device of {} at {} registered with instance-id {} [1], and {} "
                            "later, with the same Contact, with {} [2].",
                            shown(flow->report.aor), flow->userAgent.address.text(),
                            shown(former->report.instance), lasting(began - former->registered),
                            shown(flow->report.instance)));
            f.impact = "To the registrar it is a second device: calls are sent to the first one, "
                       "which is gone, until its binding expires.";
            f.evidence = {
                at(evidence, former->lastRegister, sip::HeaderId::Contact, "before"),
                at(evidence, flow->lastRegister, sip::HeaderId::Contact, "another instance-id")};
            f.fixes = {{"Keep the instance-id over restarts.", "user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_instance_changed;
const Rule flow_instance_changed{"flow-instance-changed",
                                 "The device has another instance-id than before",
                                 Severity::Warning,
                                 "RFC 5626 section 4.1",
                                 "430",
                                 R"(
  registered
 30.00 bob>edge REGISTER tcp call=r2 sport=5062 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:2>\""
*30.05 edge>bob 200 tcp call=r2 dport=5062 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:2>\";expires=600"
)",
                                 R"(
  registered
 30.00 bob>edge REGISTER tcp call=r2 sport=5062 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 30.05 edge>bob 200 tcp call=r2 dport=5062 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                                 check,
                                 Reads::Messages};

} // namespace diagnosis::rules
