// SPDX-License-Identifier: Apache-2.0
// Calls that belong together through others: where A is joined to B and B to C, all three are one
// call to their users. Over the calls of one report, which it must not outlive.
#pragma once

#include <optional>
#include <report/format.h>
#include <unordered_map>
#include <vector>

namespace report {

class LegGroups
{
public:
    struct Link {
        const ReportCall *with = nullptr; // the call the other is joined to
        const legs::Join *join = nullptr; // the other, and why
    };

    explicit LegGroups(std::span<const ReportCall> calls);
    /// Everything that belongs to the call, each once: what is joined to itself first. Bounded.
    std::vector<Link> of(const ReportCall &call) const;
    /// The call and all of `links` as one, for a ladder of them together. nullopt: it stands alone,
    /// or another of them began before it and has that ladder.
    std::optional<ReportCall> together(const trace::Trace &trace, const ReportCall &call,
                                       std::span<const Link> links) const;

private:
    std::unordered_map<std::uint32_t, const ReportCall *> m_calls; // by id, those that are joined
};

} // namespace report
