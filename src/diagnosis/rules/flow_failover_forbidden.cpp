// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/facts.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSoonAfter = std::chrono::seconds(2);

/// RFC 5626 section 7: after these another flow may be tried, whoever said them. A 401 or 407 is
/// asked anew.
bool mayTryOn(int status)
{
    constexpr std::array kMayTryOn{0, 401, 407, 408, 430};
    return status / 100 == 2 ||
           std::find(kMayTryOn.begin(), kMayTryOn.end(), status) != kMayTryOn.end();
}

/// The same code as the user agent gave it at the other end of the edge.
bool saidByDevice(const Evidence &evidence, const calls::Transaction &failed,
                  const flows::Flow &flow)
{
    const auto edge = evidence.trace.destination(failed.request).address;
    const auto &all = evidence.call.transactions;
    return std::any_of(all.begin(), all.end(), [&](const calls::Transaction &last) {
        return &last != &failed && last.method == failed.method && last.cseq == failed.cseq &&
               last.finalStatus == failed.finalStatus && last.request.valid() &&
               last.finalResponse.valid() && evidence.trace.source(last.request).address == edge &&
               evidence.trace.source(last.finalResponse) == flow.userAgent;
    });
}

/// RFC 5626 section 7: an answer of the device itself ends the search. Most codes may come of a
/// proxy as well, so there has to be proof.
bool deviceAnswered(const Evidence &evidence, const calls::Transaction &failed,
                    const flows::Flow &flow)
{
    constexpr std::array kOfTheDevice{486, 488, 600, 603, 606};
    return wasProgressing(evidence, failed) || saidByDevice(evidence, failed, flow) ||
           std::find(kOfTheDevice.begin(), kOfTheDevice.end(), failed.finalStatus) !=
               kOfTheDevice.end();
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &failed : evidence.call.transactions) {
        if (failed.inDialog || mayTryOn(failed.finalStatus) || !failed.finalResponse.valid())
            continue;
        const auto *const next = nextAttempt(evidence, failed);
        if (next == nullptr || next->started - failed.finished > kSoonAfter)
            continue;
        const auto *const one = routedFlow(evidence, failed);
        const auto *const other = routedFlow(evidence, *next);
        if (one == nullptr || other == nullptr || !sameDevice(*one, *other) ||
            !deviceAnswered(evidence, failed, *one))
            continue;
        auto &f = out.add(
            "flow-failover-forbidden", Severity::Warning, Grade::Seen,
            fmt::format("The device had answered {} over one flow [1], and {} later {} "
                        "sent the same request to it over another [2].",
                        codeText(failed.finalStatus), lasting(next->started - failed.finished),
                        evidence.trace.source(next->request).text()));
        f.impact = "The phone rings again after its user has declined, or answers 482.";
        f.evidence = {at(failed.finalResponse, "the device's own answer"),
                      at(next->request, "asked again")};
        f.fixes = {{"Try another flow of the same instance after 430 or 408 only.", "home proxy",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_failover_forbidden;
const Rule flow_failover_forbidden{"flow-failover-forbidden",
                                   "Another flow was tried after the phone had answered",
                                   Severity::Warning,
                                   "RFC 5626 section 7",
                                   "430",
                                   R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.000 home>edge INVITE offer branch=one "Route: <sip:flow-one@192.0.2.2;lr;ob>"
  5.100 edge>home 180 tag=b
  6.000 edge>home 486 tag=b
* 6.010 home>edge2 INVITE offer branch=two "Route: <sip:flow-two@192.0.2.3;lr;ob>"
* 6.020 edge2>home 482 tag=c
)",
                                   R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.000 home>edge INVITE offer branch=one "Route: <sip:flow-one@192.0.2.2;lr;ob>"
  5.010 edge>home 430 tag=e
  6.010 home>edge2 INVITE offer branch=two "Route: <sip:flow-two@192.0.2.3;lr;ob>"
  6.020 edge2>home 180 tag=c
)",
                                   check};

} // namespace diagnosis::rules
