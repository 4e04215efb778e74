// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr long long kMost = 2147483647; // 2^31 - 1 (RFC 5626 section 10)

/// What is wrong with the way the REGISTER asks for a flow; empty: nothing.
std::string_view flawOf(const sip::Message &request, std::string_view regId)
{
    const auto number = base::toInteger(regId);
    if (!number || *number < 1 || *number > kMost)
        return "which is no number from 1 to 2^31-1";
    if (!request.lists(sip::HeaderId::Supported, "outbound") &&
        !request.lists(sip::HeaderId::Require, "outbound"))
        return "but does not list outbound in Supported";
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Register || !t.request.valid() ||
            evidence.trace.row(t.request).viaCount > 1)
            continue;
        const auto &request = evidence.message(t.request);
        const auto regId = sip::parameter(request.value(sip::HeaderId::Contact), "reg-id");
        if (!regId || takesAway(request))
            continue;
        const auto flaw = flawOf(request, *regId);
        if (flaw.empty())
            continue;
        const bool granted =
            t.finalStatus / 100 == 2 && t.finalResponse.valid() &&
            evidence.message(t.finalResponse).lists(sip::HeaderId::Require, "outbound");
        auto &f = out.add("flow-regid-unsupported", granted ? Severity::Info : Severity::Warning,
                          Grade::Seen,
                          fmt::format("{} asks for a flow with reg-id {} [1], {}{}.",
                                      sender(evidence, t.request), shown(*regId), flaw,
                                      granted ? "; the registrar granted it all the same" : ""));
        f.impact = granted ? "Another registrar will ignore the reg-id, or refuse the REGISTER."
                           : "The registrar takes it for a registration without outbound: no flow "
                             "is kept, and the device cannot be called behind a NAT.";
        f.evidence = {at(evidence, t.request, *regId, "asks for a flow")};
        f.fixes = {{"Send Supported: path, outbound with every REGISTER that has a reg-id, and "
                    "number flows from 1 on (RFC 5626 section 4.2.1).",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_regid_unsupported;
const Rule flow_regid_unsupported{"flow-regid-unsupported",
                                  "A flow asked for in a way that registrars ignore",
                                  Severity::Warning,
                                  "RFC 5626 sections 4.2.1 and 10",
                                  "439",
                                  R"(
* 0.00 bob>edge REGISTER tcp "Supported: path" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 0.05 edge>bob 200 tcp tag=r "Contact: <sip:bob@192.0.2.20;transport=tcp>;expires=600"
)",
                                  R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)",
                                  check,
                                  Reads::Messages};

} // namespace diagnosis::rules
