// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kTurns = 3;                 // A, B, A, B: nobody moves so
constexpr auto kSoon = std::chrono::seconds(120); // from one's sign to the other's
constexpr std::size_t kMostSigns = 1024;          // that are looked at

struct Sign {
    base::Instant time;
    base::Address by;
    trace::RowId row;
};

bool sameBinding(const flows::Flow &a, const flows::Flow &b)
{
    return !a.report.instance.empty() && a.report.instance == b.report.instance &&
           a.report.regId == b.report.regId && a.report.aor == b.report.aor;
}

/// When each user agent of that binding showed that it has it, or lives.
std::vector<Sign> signsOf(const Evidence &evidence, const flows::Flow &flow)
{
    using flows::Happening;
    std::vector<Sign> out;
    for (const auto &each : evidence.flows) {
        if (!each || each->ours || !sameBinding(*each, flow))
            continue;
        for (const auto &event : each->events)
            if (out.size() < kMostSigns && event.row.valid() &&
                (event.what == Happening::Registered || event.what == Happening::Pong))
                out.push_back({event.time, each->userAgent.address, event.row});
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Sign &a, const Sign &b) { return a.time < b.time; });
    return out;
}

/// The lowest of its flows tells it for all.
bool speaks(const Evidence &evidence, const flows::Flow &flow)
{
    return std::none_of(evidence.flows.begin(), evidence.flows.end(), [&](const auto &each) {
        return each && !each->ours && sameBinding(*each, flow) && each->id.value < flow.id.value;
    });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (flow->ours || !speaks(evidence, *flow))
            continue;
        const auto signs = signsOf(evidence, *flow);
        std::size_t turns = 0;
        const Sign *one = nullptr, *other = nullptr;
        for (std::size_t i = 1; i < signs.size() && turns < kTurns; ++i) {
            if (signs[i].by == signs[i - 1].by)
                continue;
            const bool soon = signs[i].time - signs[i - 1].time <= kSoon;
            turns = soon ? turns + 1 : 0;
            one = &signs[i - 1];
            other = &signs[i];
        }
        if (turns < kTurns)
            continue;
        auto &f = out.add("flow-instance-shared", Severity::Error, Grade::Seen,
                          fmt::format("{} and {} use the same +sip.instance and reg-id {} in turn "
                                      "[1][2]: two devices take one binding from each other.",
                                      one->by.text(), other->by.text(), flow->report.regId));
        f.impact = "Only the one that registered last gets calls; the other shows that it is "
                   "registered, and requests to its flow end with 430 or 480.";
        f.evidence = {at(one->row, "the one"), at(other->row, "the other")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Give each device an instance-id of its own: a UUID that it makes itself, not "
                    "one that is copied with a configuration (RFC 5626 section 4.1).",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_instance_shared;
const Rule flow_instance_shared{"flow-instance-shared",
                                "Two devices with one instance-id",
                                Severity::Error,
                                "RFC 5626 section 4.1",
                                "430",
                                R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge tcp ping
 20.01 edge>bob tcp pong
 30.00 192.0.2.77>edge REGISTER tcp call=r2 as=bob "Supported: path, outbound" "Contact: <sip:bob@192.0.2.77;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
 30.05 edge>192.0.2.77 200 tcp call=r2 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.77;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
*50.00 bob>edge tcp ping
*50.01 edge>bob tcp pong
 55.00 192.0.2.77>edge tcp ping
 55.01 edge>192.0.2.77 tcp pong
)",
                                R"(
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
 20.00 bob>edge tcp ping
 20.01 edge>bob tcp pong
)",
                                check};

} // namespace diagnosis::rules
