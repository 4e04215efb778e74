// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kPattern = 3; // ends after the same silence: two may be chance
constexpr auto kShortest = std::chrono::seconds(10);
constexpr std::array kUsual{30, 60, 120, 180, 300, 350, 600, 900, 1800, 3600}; // s

struct End {
    base::Duration idle{0};
    trace::RowId last, end;
};

/// Connections with a registration over them that were ended from the edge's side, each with the
/// silence before.
void collect(const Evidence &evidence, const flows::Flow &flow, std::vector<End> &out)
{
    using flows::Happening;
    const flows::FlowEvent *last = nullptr;
    bool bound = false;
    for (const auto &event : flow.events) {
        const bool end = event.what == Happening::Closed || event.what == Happening::Reset;
        if (event.what == Happening::Registered)
            bound = true;
        if (event.what == Happening::Removed)
            bound = false;
        if (end && bound && last != nullptr && byEdge(evidence, flow, event.row) &&
            event.time - last->time >= kShortest)
            out.push_back({event.time - last->time, last->row, event.row});
        if (end)
            bound = false;
        if (event.what != Happening::StateChanged && event.row.valid())
            last = &event;
    }
}

/// The largest group of ends after the same silence.
std::vector<End> pattern(std::vector<End> ends)
{
    std::sort(ends.begin(), ends.end(), [](const End &a, const End &b) { return a.idle < b.idle; });
    std::size_t first = 0, best = 0, from = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        while (ends[i].idle - ends[first].idle >
               std::max<base::Duration>(std::chrono::seconds(1), ends[i].idle / 50))
            ++first;
        if (i - first + 1 > best) {
            best = i - first + 1;
            from = first;
        }
    }
    return {ends.begin() + static_cast<std::ptrdiff_t>(from),
            ends.begin() + static_cast<std::ptrdiff_t>(from + best)};
}

std::string usualText(base::Duration idle)
{
    for (const int seconds : kUsual) {
        const auto off = idle - std::chrono::seconds(seconds);
        if (off > -std::chrono::milliseconds(300) && off < std::chrono::seconds(1 + seconds / 50))
            return fmt::format(": a timer of {} s", seconds);
    }
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    std::vector<End> ends;
    const flows::Flow *flow = nullptr;
    for (const auto *const each : flowsOf(evidence)) {
        if (each->transport == base::Transport::Udp)
            continue;
        collect(evidence, *each, ends);
        flow = each;
    }
    if (ends.size() < kPattern)
        return;
    const auto same = pattern(std::move(ends));
    if (same.size() < kPattern)
        return;
    const auto last = std::max_element(same.begin(), same.end(), [&](const End &a, const End &b) {
        return evidence.time(a.end) < evidence.time(b.end);
    });
    auto &f = out.add("flow-idle-kill", Severity::Warning, Grade::Likely,
                      fmt::format("{} times the connection of {} to {} was ended from the edge's "
                                  "side after {} without traffic [1][2]{}.",
                                  same.size(), flow->userAgent.address.text(), flow->edge.text(),
                                  lasting(last->idle), usualText(last->idle)));
    f.impact = "Each time calls are lost, or find another flow, until the user agent registers "
               "over a new connection.";
    f.evidence = {at(last->last, "the last traffic"), at(last->end, "the end")};
    f.fixes = {
        {fmt::format("Send keep-alives more often than every {}.", lasting(last->idle)),
         "callee's user agent", Action::None},
        {"Raise the idle timeout above the keep-alive period.", "NAT or firewall", Action::None},
        {"Keep connections longer than the Flow-Timer granted.", "edge proxy", Action::None}};
}

} // namespace

extern const Rule flow_idle_kill;
const Rule flow_idle_kill{"flow-idle-kill",
                          "Connections end after the same silence",
                          Severity::Warning,
                          "RFC 5626 section 4.4",
                          "430",
                          R"(
  0.00 bob>edge REGISTER tcp call=r1 cseq=1 sport=40001 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 dport=40001 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  60.05 edge>bob tcp dport=40001 fin
  61.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=40002 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  61.05 edge>bob 200 tcp call=r1 dport=40002 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  121.05 edge>bob tcp dport=40002 fin
  122.00 bob>edge REGISTER tcp call=r1 cseq=3 sport=40003 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  122.05 edge>bob 200 tcp call=r1 dport=40003 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
* 182.05 edge>bob tcp dport=40003 fin
)",
                          R"(
  0.00 bob>edge REGISTER tcp call=r1 cseq=1 sport=40001 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 dport=40001 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  60.05 edge>bob tcp dport=40001 fin
  61.00 bob>edge REGISTER tcp call=r1 cseq=2 sport=40002 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  61.05 edge>bob 200 tcp call=r1 dport=40002 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  86.05 edge>bob tcp dport=40002 fin
  122.00 bob>edge REGISTER tcp call=r1 cseq=3 sport=40003 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  122.05 edge>bob 200 tcp call=r1 dport=40003 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=7200"
  182.05 edge>bob tcp dport=40003 fin
)",
                          check};

} // namespace diagnosis::rules
