// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kHabit = 3; // one gap may be a packet that the capture missed
constexpr auto kGive = std::chrono::seconds(1);

struct Gaps {
    std::size_t tooLong = 0, pings = 0;
    base::Duration longest{0}, timer{0};
    trace::RowId before, after, granted; // of the longest
};

/// Anything that the user agent sent over the flow keeps it alive, and a pong shows a ping that the
/// capture missed (`last`: the sign of life before it).
bool keepsAlive(const Evidence &evidence, const flows::Flow &flow, const flows::FlowEvent &event,
                const flows::FlowEvent *last)
{
    using flows::Happening;
    switch (event.what) {
    case Happening::Pong:
        return event.row.valid() && (last == nullptr || last->what != Happening::Ping);
    case Happening::Ping:
    case Happening::Registered:
    case Happening::RegisterFailed:
        return event.row.valid();
    case Happening::Used:
        return event.row.valid() && evidence.trace.source(event.row) == flow.userAgent;
    default:
        return false;
    }
}

/// By the Flow-Timer that was in force: a user agent that leaves has none at the end.
Gaps gapsOf(const Evidence &evidence, const flows::Flow &flow)
{
    using flows::Happening;
    Gaps gaps;
    const flows::FlowEvent *last = nullptr;
    Bound bound; // none: without a time
    if (!flow.events.empty())
        bound = boundAt(flow, flow.events.front().time - base::Duration(1)).value_or(Bound{});
    for (const auto &event : flow.events) {
        if (event.what == Happening::Closed || event.what == Happening::Reset ||
            event.what == Happening::Removed)
            last = nullptr; // what follows is another connection, or needs none
        const bool alive = keepsAlive(evidence, flow, event, last);
        const bool timed = bound.granted && bound.flowTimer.count() > 0 && alive;
        gaps.pings += timed && event.what == Happening::Ping ? 1 : 0;
        const auto gap = timed && last != nullptr ? event.time - last->time : base::Duration{0};
        if (timed && gap > bound.flowTimer + bound.flowTimer / 10 + kGive) {
            ++gaps.tooLong;
            if (gap > gaps.longest)
                gaps = {gaps.tooLong, gaps.pings, gap,      bound.flowTimer,
                        last->row,    event.row,  bound.row};
        }
        last = alive ? &event : last;
        if (event.what == Happening::Registered)
            bound = Bound{event.time, event.granted, event.flowTimer, event.row};
        else if (event.what == Happening::Removed)
            bound = {};
    }
    return gaps;
}

/// A flow of ours may have another socket by now.
base::Endpoint userAgentAt(const Evidence &evidence, const flows::Flow &flow, trace::RowId row)
{
    const auto source = evidence.trace.source(row);
    return source == flow.edge ? evidence.trace.destination(row) : source;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const auto gaps = gapsOf(evidence, *flow);
        // A capture that keeps no keep-alives, or few of them, tells nothing.
        if (gaps.tooLong < kHabit || gaps.pings < kHabit || gaps.tooLong * 4 < gaps.pings * 3)
            continue;
        auto &f = out.add(
            "flow-timer-violated", Severity::Warning, Grade::Seen,
            fmt::format("{} granted a Flow-Timer of {} [3]; {} sent no keep-alive for longer {} "
                        "times, up to {} [1][2].",
                        flow->edge.text(), lasting(gaps.timer),
                        userAgentAt(evidence, *flow, gaps.after).text(), gaps.tooLong,
                        lasting(gaps.longest)));
        f.impact = "The edge may take the flow for dead and drop it: calls for it are then lost, "
                   "or end with 430.";
        f.evidence = {at(gaps.before, "the last sign of life"), at(gaps.after, "the next one"),
                      at(evidence, gaps.granted, sip::HeaderId::FlowTimer, "the Flow-Timer")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Send a keep-alive at random after 80 to 100 % of the Flow-Timer.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_timer_violated;
const Rule flow_timer_violated{"flow-timer-violated",
                               "Keep-alives come slower than the Flow-Timer",
                               Severity::Warning,
                               "RFC 5626 section 4.4",
                               "430",
                               R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
*  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Flow-Timer: 30" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  60.00 bob>edge tcp ping
  60.05 edge>bob tcp pong
 120.00 bob>edge tcp ping
 120.05 edge>bob tcp pong
 180.00 bob>edge tcp ping
 180.05 edge>bob tcp pong
)",
                               R"(
   0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Flow-Timer: 60" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  58.00 bob>edge tcp ping
  58.05 edge>bob tcp pong
 116.00 bob>edge tcp ping
 116.05 edge>bob tcp pong
 236.00 bob>edge tcp ping
 236.05 edge>bob tcp pong
 294.00 bob>edge tcp ping
 294.05 edge>bob tcp pong
)",
                               check,
                               Reads::Messages};

} // namespace diagnosis::rules
