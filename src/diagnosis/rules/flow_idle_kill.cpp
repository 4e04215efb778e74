// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kPattern = 3; // ends after the same silence: two may be chance
constexpr auto kToldAtOnce = std::chrono::seconds(1);
constexpr auto kShortest = std::chrono::seconds(10);
constexpr std::array kUsual{30, 60, 120, 180, 300, 350, 600, 900, 1800, 3600}; // s

struct End {
    base::Duration idle{0}, life{0};
    base::Duration flowTimer{0}; // granted for it, 0: none
    trace::RowId first, last, end;
};

/// Connections with a registration over them that were ended from the edge's side, each with the
/// silence before.
void collect(const Evidence &evidence, const flows::Flow &flow, std::vector<End> &out)
{
    using flows::Happening;
    const flows::FlowEvent *first = nullptr, *before = nullptr, *last = nullptr; // of a connection
    base::Duration timer{0};
    bool bound = false;
    for (const auto &event : flow.events) {
        const bool end = event.what == Happening::Closed || event.what == Happening::Reset;
        const bool seen = event.what != Happening::StateChanged && event.row.valid();
        if (event.what == Happening::Registered) {
            bound = true;
            timer = event.flowTimer;
        }
        if (event.what == Happening::Removed)
            bound = false;
        if (end && bound && last != nullptr && byEdge(evidence, flow, event.row)) {
            // What a NAT forgot is told when something comes: the silence lay before that.
            const bool told = event.what == Happening::Reset && before != nullptr &&
                              event.time - last->time < kToldAtOnce &&
                              !byEdge(evidence, flow, last->row);
            const auto idle = told ? last->time - before->time : event.time - last->time;
            out.push_back({idle, event.time - first->time, timer, first->row,
                           told ? before->row : last->row, event.row});
        }
        if (end) {
            bound = false;
            first = before = last = nullptr;
        } else if (seen) {
            first = first == nullptr ? &event : first;
            before = last;
            last = &event;
        }
    }
}

/// The largest group of ends that agree in `of`.
std::vector<End> pattern(std::vector<End> ends, base::Duration End::*of)
{
    std::erase_if(ends, [&](const End &end) { return end.*of < kShortest; });
    std::sort(ends.begin(), ends.end(), [&](const End &a, const End &b) { return a.*of < b.*of; });
    std::size_t first = 0, best = 0, from = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        while (ends[i].*of - ends[first].*of >
               std::max<base::Duration>(std::chrono::seconds(1), ends[i].*of / 50))
            ++first;
        if (i - first + 1 > best) {
            best = i - first + 1;
            from = first;
        }
    }
    return {ends.begin() + static_cast<std::ptrdiff_t>(from),
            ends.begin() + static_cast<std::ptrdiff_t>(from + best)};
}

/// All of these had traffic all their life: it is their age that ended them.
bool byAge(const std::vector<End> &ends)
{
    return std::all_of(ends.begin(), ends.end(),
                       [](const End &end) { return end.idle * 2 < end.life; });
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

const End &newest(const Evidence &evidence, const std::vector<End> &ends)
{
    return *std::max_element(ends.begin(), ends.end(), [&](const End &a, const End &b) {
        return evidence.time(a.end) < evidence.time(b.end);
    });
}

constexpr const char *kImpact = "Each time calls are lost, or find another flow, until the user "
                                "agent registers over a new connection.";

void tellAge(const Evidence &evidence, const std::vector<End> &same, const flows::Flow &flow,
             Findings &out)
{
    const End &last = newest(evidence, same);
    auto &f = out.add("flow-idle-kill", Severity::Warning, Grade::Likely,
                      fmt::format("{} times the connection of {} to {} was ended from the edge's "
                                  "side {} after it was made [1][3]{}, although it was used to the "
                                  "end, {} before [2]: it may live no longer, and no keep-alive "
                                  "changes that.",
                                  same.size(), flow.userAgent.address.text(), flow.edge.text(),
                                  lasting(last.life), usualText(last.life), lasting(last.idle)));
    f.impact = kImpact;
    f.evidence = {at(last.first, "the first traffic"), at(last.last, "the last traffic"),
                  at(last.end, "the end")};
    f.fixes = {{"Let a connection with a registration over it live as long as it is used.",
                "edge proxy", Action::None},
               {"Look for a greatest age of sessions, whatever passes over them.",
                "NAT or firewall", Action::None}};
}

void tellIdle(const Evidence &evidence, const std::vector<End> &same, const flows::Flow &flow,
              Findings &out)
{
    const End &last = newest(evidence, same);
    // The user agent may be as silent as the edge itself allowed (RFC 5626 section 5.4).
    const bool allowed = last.flowTimer > last.idle;
    auto &f = out.add("flow-idle-kill", Severity::Warning, Grade::Likely,
                      fmt::format("{} times the connection of {} to {} was ended from the edge's "
                                  "side after {} without traffic [1][2]{}{}.",
                                  same.size(), flow.userAgent.address.text(), flow.edge.text(),
                                  lasting(last.idle), usualText(last.idle),
                                  allowed ? fmt::format(", though the edge had granted a "
                                                        "Flow-Timer of {}",
                                                        lasting(last.flowTimer))
                                          : std::string()));
    f.impact = kImpact;
    f.evidence = {at(last.last, "the last traffic"), at(last.end, "the end")};
    const Fix edge{allowed ? fmt::format("Keep connections longer than the Flow-Timer granted, or "
                                         "grant one below {}.",
                                         lasting(last.idle))
                           : "Keep connections longer than the Flow-Timer granted.",
                   "edge proxy", Action::None};
    const Fix agent{fmt::format("Send keep-alives more often than every {}.", lasting(last.idle)),
                    "user agent", Action::None};
    const Fix nat{"Raise the idle timeout above the keep-alive period.", "NAT or firewall",
                  Action::None};
    f.fixes = allowed ? std::vector<Fix>{edge, nat} : std::vector<Fix>{agent, nat, edge};
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
    const auto aged = pattern(ends, &End::life);
    if (aged.size() >= kPattern && byAge(aged)) {
        tellAge(evidence, aged, *flow, out);
        return;
    }
    const auto same = pattern(std::move(ends), &End::idle);
    if (same.size() >= kPattern)
        tellIdle(evidence, same, *flow, out);
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
