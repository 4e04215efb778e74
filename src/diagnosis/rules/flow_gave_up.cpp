// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

// RFC 5626 section 4.5: the longest wait is 1800 s, whatever failed before; a fifth to spare.
constexpr auto kLongestWait = std::chrono::seconds(1800 * 12 / 10);

/// The last sign of life, of a flow that `matches` chooses.
template <class Matches> base::Instant lifeOf(const Evidence &evidence, Matches matches)
{
    base::Instant last;
    for (const auto &flow : evidence.flows)
        if (flow && matches(*flow))
            last = std::max({last, flow->registered, flow->lastPong});
    return last;
}

/// A sign of the edge after `since`, over anybody's flow: attempts would have met it.
base::Instant edgeBack(const Evidence &evidence, const base::Endpoint &edge, base::Instant since)
{
    base::Instant first;
    for (const auto &flow : evidence.flows) {
        if (!flow || flow->edge != edge)
            continue;
        for (const auto sign : {flow->registered, flow->lastPong})
            if (sign > since && (!first.known() || sign < first))
                first = sign;
    }
    return first;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const auto *const death = deathOf(*flow, evidence.now);
        const auto bound = death != nullptr ? boundAt(*flow, death->time) : std::nullopt;
        if (!bound || !bound->granted || !death->row.valid() ||
            evidence.now - death->time < kLongestWait ||
            replacement(evidence, *flow, flow->registered) != nullptr)
            continue;
        // Whoever is switched off has not given up, and an edge that is down may be tried unseen.
        const auto device =
            lifeOf(evidence, [&](const flows::Flow &other) { return sameDevice(other, *flow); });
        const auto edge = edgeBack(evidence, flow->edge, death->time);
        if (!edge.known() || !device.known() || device - edge < kLongestWait)
            continue;
        auto &f = out.add("flow-gave-up", Severity::Error, Grade::Likely,
                          fmt::format("The flow with reg-id {} of {} to {} ended [1], and in {} it "
                                      "was not registered again, while its device went on [2] and "
                                      "the edge answered others.",
                                      flow->report.regId, flow->userAgent.text(), flow->edge.text(),
                                      lasting(device - death->time)));
        f.impact = "The device hangs on its other flows alone; when the last one fails it cannot "
                   "be called.";
        f.evidence = {at(death->row, "the end of the flow"), at(*flow, "not registered again")};
        for (const auto &other : evidence.flows)
            if (other && sameDevice(*other, *flow) && other->lastSeen >= device)
                f.evidence.back() = at(*other, "the device lived");
        f.fixes = {{"Try again for ever, with a wait that grows to 30 minutes at most.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_gave_up;
const Rule flow_gave_up{"flow-gave-up",
                        "A lost flow is never tried again",
                        Severity::Error,
                        "RFC 5626 section 4.5",
                        "430",
                        R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
   1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
   1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=7200"
   2.00 carol>edge REGISTER tcp call=r3 "Supported: path, outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:3>\""
   2.05 edge>carol 200 tcp call=r3 tag=r "Require: outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:3>\";expires=7200"
* 60.00 edge>bob tcp fin
 100.00 carol>edge tcp ping
 100.05 edge>carol tcp pong
2400.00 bob>edge2 tcp ping
2400.05 edge2>bob tcp pong
)",
                        R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
   1.00 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
   1.05 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=7200"
   2.00 carol>edge REGISTER tcp call=r3 "Supported: path, outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:3>\""
   2.05 edge>carol 200 tcp call=r3 tag=r "Require: outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:3>\";expires=7200"
  60.00 edge>bob tcp fin
 100.00 carol>edge tcp ping
 100.05 edge>carol tcp pong
*500.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=5070 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
*500.05 edge>bob 200 tcp call=r1 dport=5070 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
2400.00 bob>edge2 tcp ping
2400.05 edge2>bob tcp pong
)",
                        check,
                        Reads::Little,
                        Argues::FromAbsence};

} // namespace diagnosis::rules
