// SPDX-License-Identifier: Apache-2.0
#include <report/leg_groups.h>

#include <ladder/together.h>
#include <tuple>
#include <unordered_set>

namespace report {
namespace {

constexpr std::size_t kMostLinks = 64; // of one group

} // namespace

LegGroups::LegGroups(std::span<const ReportCall> calls)
{
    for (const ReportCall &call : calls) {
        if (!call.legs.empty())
            m_calls.emplace(call.call->id.value, &call);
    }
}

std::vector<LegGroups::Link> LegGroups::of(const ReportCall &call) const
{
    std::vector<Link> out;
    std::unordered_set<std::uint32_t> reached{call.call->id.value};
    std::vector<const ReportCall *> from{&call};
    for (std::size_t i = 0; i < from.size(); ++i) {
        for (const legs::Join &join : from[i]->legs) {
            if (out.size() >= kMostLinks)
                return out;
            if (!reached.insert(join.call.value).second)
                continue;
            out.push_back({from[i], &join});
            if (const auto next = m_calls.find(join.call.value); next != m_calls.end())
                from.push_back(next->second);
        }
    }
    return out;
}

std::optional<ReportCall> LegGroups::together(const trace::Trace &trace, const ReportCall &call,
                                              std::span<const Link> links) const
{
    const auto when = [](const ReportCall &of) { return std::tuple(of.call->first, of.call->id); };
    std::vector<ladder::Leg> legs{{call.call.get(), call.streams, call.findings}};
    ReportCall out;
    out.now = call.now;
    for (const Link &link : links) {
        const auto other = m_calls.find(link.join->call.value);
        if (other == m_calls.end())
            continue; // the report does not show it
        const ReportCall &leg = *other->second;
        if (when(leg) < when(call))
            return std::nullopt;
        out.now = std::max(out.now, leg.now);
        legs.push_back({leg.call.get(), leg.streams, leg.findings});
    }
    if (legs.size() < 2)
        return std::nullopt;
    ladder::Together all = ladder::together(trace, legs);
    out.call = std::make_shared<const calls::Call>(std::move(all.call));
    out.streams = std::move(all.streams);
    out.findings = std::move(all.findings);
    return out;
}

} // namespace report
