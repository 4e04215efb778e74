// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/edge_restart.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint32_t kMostRows = 8192; // behind the end, in which attempts are counted
constexpr std::size_t kFew = 24;          // a rule is not given all where there are many
constexpr auto kWatched = std::chrono::seconds(60);

/// Connections that the edge refused afterwards.
std::size_t refusedAfter(const Evidence &evidence, const MassEnd &mass)
{
    const auto &trace = evidence.trace;
    const auto edge = mass.flows.front()->edge;
    std::uint32_t begin = 0;
    for (const auto *const end : mass.ends)
        begin = std::max(begin, end->row.value + 1);
    std::size_t refused = 0;
    const auto last = std::min<std::size_t>(trace.size(), begin + kMostRows);
    for (std::uint32_t at = begin; at < last; ++at) {
        const auto &row = trace.row({at});
        if (row.time - mass.last > kWatched)
            break;
        if (row.kind == trace::RowKind::Reset && trace.source({at}) == edge)
            ++refused;
    }
    return refused;
}

bool back(const Evidence &evidence, const flows::Flow &flow, base::Instant since)
{
    const auto *const next = replacement(evidence, flow, since);
    return boundAfter(flow, since).known() || (next != nullptr && boundAfter(*next, since).known());
}

/// The first of them tells it for all.
bool speaks(const Evidence &evidence, const MassEnd &mass)
{
    const auto first =
        std::min_element(mass.flows.begin(), mass.flows.end(),
                         [](const auto *a, const auto *b) { return a->id.value < b->id.value; });
    return (*first)->lastRegister.valid() &&
           evidence.trace.row((*first)->lastRegister).call == evidence.call.id;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto *const flow : flowsOf(evidence)) {
        const auto mass = massEndOf(evidence, *flow);
        if (mass.flows.empty() || !speaks(evidence, mass))
            continue;
        const auto lost =
            std::count_if(mass.flows.begin(), mass.flows.end(),
                          [&](const auto *each) { return !back(evidence, *each, mass.first); });
        const auto refused = refusedAfter(evidence, mass);
        auto text = fmt::format(
            "{} ended {}{} connections of user agents within {} [1][2]: it was restarted, or what "
            "stands in front of it was.",
            flow->edge.text(), mass.flows.size() >= kFew ? "at least " : "", mass.flows.size(),
            lasting(mass.last - mass.first));
        if (refused > 0)
            text += fmt::format(" It refused {} within the minute after.",
                                count(refused, "new connection"));
        text += lost == 0 ? " All are registered again."
                          : fmt::format(" {} of them {} not registered again in this trace.", lost,
                                        lost == 1 ? "was" : "were");
        auto &f = out.add("flow-edge-restarted", lost > 0 ? Severity::Warning : Severity::Info,
                          Grade::Likely, std::move(text));
        f.impact = "Calls to all of them are lost, or go over another flow, until they register "
                   "again.";
        f.evidence = {at(mass.ends.front()->row, "the first that ended"),
                      at(mass.ends.back()->row, "the last")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Drain an edge before it is stopped, and let user agents register over two.",
                    "operator", Action::None},
                   {"Keep the key of the flow tokens over a restart, so that they are not refused "
                    "with 403 afterwards.",
                    "edge proxy", Action::None},
                   {"Wait at random before registering again, longer after each failure (RFC 5626 "
                    "section 4.5).",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_edge_restarted;
const Rule flow_edge_restarted{"flow-edge-restarted",
                               "An edge ended many connections at once",
                               Severity::Warning,
                               "RFC 5626 section 4.5",
                               "430",
                               R"(
  0.00 alice>edge REGISTER tcp call=ra "Supported: path, outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\""
  0.05 edge>alice 200 tcp call=ra tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\";expires=600"
  0.10 bob>edge REGISTER tcp call=rb "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:b>\""
  0.15 edge>bob 200 tcp call=rb tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:b>\";expires=600"
  0.20 carol>edge REGISTER tcp call=rc "Supported: path, outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:c>\""
  0.25 edge>carol 200 tcp call=rc tag=r "Require: outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:c>\";expires=600"
 20.00 edge>alice tcp reset
 20.00 edge>bob tcp reset
*20.01 edge>carol tcp reset
)",
                               R"(
  0.00 alice>edge REGISTER tcp call=ra "Supported: path, outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\""
  0.05 edge>alice 200 tcp call=ra tag=r "Require: outbound" "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\";expires=600"
  0.10 bob>edge REGISTER tcp call=rb "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:b>\""
  0.15 edge>bob 200 tcp call=rb tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:b>\";expires=600"
  0.20 carol>edge REGISTER tcp call=rc "Supported: path, outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:c>\""
  0.25 edge>carol 200 tcp call=rc tag=r "Require: outbound" "Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:c>\";expires=600"
 20.00 edge>alice tcp reset
 50.00 edge>bob tcp reset
 80.00 edge>carol tcp reset
)",
                               check};

} // namespace diagnosis::rules
