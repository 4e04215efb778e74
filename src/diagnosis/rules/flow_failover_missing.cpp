// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);
constexpr int kMost = 64; // attempts that are looked at

/// Of the same device, registered and alive when the first one failed; nullptr: none.
const flows::Flow *spare(const Evidence &evidence, const flows::Flow &dead, base::Instant when)
{
    for (const auto &flow : evidence.flows)
        if (flow && sameDevice(*flow, dead) && flow->report.regId != dead.report.regId &&
            boundAt(*flow, when) && deathOf(*flow, when) == nullptr)
            return flow.get();
    return nullptr;
}

/// The attempt over a flow that failed for want of it: 430, or nothing came back over it.
struct Missed {
    const calls::Transaction *attempt = nullptr;
    const flows::Flow *flow = nullptr; // dead
};
Missed missedOf(const Evidence &evidence)
{
    if (const auto *const failed = origin(evidence, 430, false)) {
        const auto way = routed(evidence, *failed);
        if (way && way->senders)
            return {}; // its own flow: nobody else's would help
        return {failed, routedFlow(evidence, *failed)};
    }
    const auto &call = evidence.call;
    if (call.finalStatus < 300 || call.finalStatus == 487 ||
        call.state == calls::State::Cancelled || !call.finalResponse.valid())
        return {}; // nobody gave up yet, or the caller did
    int looked = 0;
    for (const auto &each : call.transactions) {
        if (each.method != sip::Method::Invite || each.inDialog || ++looked > kMost ||
            evidence.time(call.finalResponse) - each.started < kSilentUserAgent)
            continue;
        if (const auto *const flow = silentFlow(evidence, each))
            return {&each, flow};
    }
    return {};
}

/// Did a request of this call go that way, by its token or over the flow itself?
bool wasTried(const Evidence &evidence, const flows::Flow &other)
{
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const calls::Transaction &each) {
                           return each.request.valid() &&
                                  (evidence.trace.destination(each.request) == other.userAgent ||
                                   routedFlow(evidence, each) == &other);
                       });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto [failed, dead] = missedOf(evidence);
    if (failed == nullptr || !failed->request.valid() || evidence.call.answered.known() ||
        nextAttempt(evidence, *failed) != nullptr)
        return;
    const auto *const other = dead != nullptr ? spare(evidence, *dead, failed->started) : nullptr;
    if (other == nullptr || wasTried(evidence, *other))
        return;
    const bool refused = failed->finalResponse.valid();
    if (refused && evidence.now - failed->finished < kPatience &&
        !evidence.call.finalResponse.valid())
        return out.recheckAt(failed->finished + kPatience);
    const auto registered =
        fmt::format("reg-id {}, registered {} before [2]", other->report.regId,
                    lasting(failed->started - boundAt(*other, failed->started)->time));
    auto &f = out.add(
        "flow-failover-missing", refused ? Severity::Error : Severity::Warning, Grade::Likely,
        refused ? fmt::format("{} got 430 for one flow of the device [1], and never "
                              "tried its other one: {}.",
                              evidence.trace.source(failed->request).text(), registered)
                : fmt::format("The request went over one flow of the device and "
                              "nothing came back [1], and nobody tried its other "
                              "one: {}.",
                              registered));
    f.impact = "The call fails although the phone can be reached.";
    f.evidence = {at(refused ? failed->finalResponse : failed->request, "the dead flow"),
                  at(*other, "the one that lives")};
    f.fixes = {{refused ? "After a 430 try the next reg-id of the same instance."
                        : "When nothing comes back over a flow, try the next reg-id of the same "
                          "instance, with a timer far shorter than 32 s.",
                "home proxy", Action::None}};
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
