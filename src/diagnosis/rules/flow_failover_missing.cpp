// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);

/// Of the same device, registered and alive when the first one failed; nullptr: none.
const flows::Flow *spare(const Evidence &evidence, const flows::Flow &dead, base::Instant when)
{
    for (const auto &flow : evidence.flows)
        if (flow && sameDevice(*flow, dead) && boundAt(*flow, when) &&
            deathOf(*flow, when) == nullptr)
            return flow.get();
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto *const failed = origin(evidence, 430, false);
    if (failed == nullptr || !failed->request.valid() || evidence.call.answered.known() ||
        nextAttempt(evidence, *failed) != nullptr)
        return;
    const auto *const dead = routedFlow(evidence, *failed);
    const auto *const other = dead != nullptr ? spare(evidence, *dead, failed->started) : nullptr;
    if (other == nullptr)
        return;
    if (evidence.now - failed->finished < kPatience && !evidence.call.finalResponse.valid())
        return out.recheckAt(failed->finished + kPatience);
    auto &f =
        out.add("flow-failover-missing", Severity::Error, Grade::Likely,
                fmt::format("{} got 430 for one flow of the device [1], and never tried its "
                            "other one: reg-id {}, registered {} before [2].",
                            evidence.trace.source(failed->request).text(), other->report.regId,
                            lasting(failed->started - boundAt(*other, failed->started)->time)));
    f.impact = "The call fails although the phone can be reached.";
    f.evidence = {at(failed->finalResponse, "the dead flow"), at(*other, "the one that lives")};
    f.fixes = {
        {"After a 430 try the next reg-id of the same instance.", "home proxy", Action::None}};
    f.offers = flowOffers(evidence, *failed);
}

} // namespace

extern const Rule flow_failover_missing;
const Rule flow_failover_missing{"flow-failover-missing",
                                 "A second flow was there and nobody tried it",
                                 Severity::Error,
                                 "RFC 5626 section 7",
                                 "430",
                                 R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.000 home>edge INVITE offer branch=one "Route: <sip:flow-one@192.0.2.2;lr;ob>"
* 5.010 edge>home 430 tag=e
  9.000 tick
)",
                                 R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.000 home>edge INVITE offer branch=one "Route: <sip:flow-one@192.0.2.2;lr;ob>"
  5.010 edge>home 430 tag=e
* 5.020 home>edge2 INVITE offer branch=two "Route: <sip:flow-two@192.0.2.3;lr;ob>"
* 5.500 edge2>home 180 tag=b
  9.000 tick
)",
                                 check,
                                 Reads::Little,
                                 Argues::FromAbsence};

} // namespace diagnosis::rules
