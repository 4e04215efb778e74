// SPDX-License-Identifier: Apache-2.0
#include <report/leg_groups.h>

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

} // namespace report
