// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/told_time.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

std::string afterText(const calls::Transaction &refused)
{
    if (!base::hasClock(refused.started) || !base::hasClock(refused.finished))
        return {};
    return fmt::format(", {} after it", lasting(refused.finished - refused.started));
}

/// Not the same as a 430 to a call: nobody called, and the connection that this REGISTER needs is
/// the one it came by.
void check(const Evidence &evidence, Findings &out)
{
    const auto *const refused = origin(evidence, 430, false);
    if (refused == nullptr || refused->method != sip::Method::Register ||
        !refused->request.valid() || !refused->finalResponse.valid())
        return;
    const bool later = acceptedLater(evidence, *refused);
    const auto verdict = judgeFlowFailure(evidence, *refused);
    auto &f = out.add(
        "flow-430-register", later ? Severity::Warning : Severity::Error, Grade::Seen,
        fmt::format("{} answered the REGISTER [1] with 430 Flow Failed [2]{}: a REGISTER makes a "
                    "flow and needs none that could have failed.{}",
                    sender(evidence, refused->finalResponse), afterText(*refused),
                    later ? " A later REGISTER was accepted." : ""));
    const bool bound =
        std::any_of(evidence.flows.begin(), evidence.flows.end(), [&](const auto &flow) {
            return flow && flow->userAgent == evidence.trace.source(refused->request) &&
                   boundAt(*flow, refused->started);
        });
    f.impact = later && bound
                   ? "It was the refresh of a registration that still held; the flow had "
                     "to be made anew."
               : later ? "The account was not registered until then, so no call reached it."
                       : verdict.impact;
    f.evidence = {at(refused->request, "the REGISTER"), at(refused->finalResponse, "the refusal")};
    f.fixes = verdict.fixes;
    if (later)
        for (auto &fix : f.fixes)
            fix.action = Action::None;
}

} // namespace

extern const Rule flow_430_register;
const Rule flow_430_register{"flow-430-register",
                             "430 to a REGISTER: a code that is not meant for it",
                             Severity::Error,
                             "RFC 5626 section 11.5",
                             "430",
                             R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
* 0.05 edge>bob 430 tcp tag=r
)",
                             R"(
  0.00 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 503 tcp tag=r
)",
                             check};

} // namespace diagnosis::rules
