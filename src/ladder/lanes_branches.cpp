// SPDX-License-Identifier: Apache-2.0
// Forks: early dialogs whose messages all come from one host, mostly a proxy, get a lane each
// beside its own; those that end at hosts of their own are told apart by these.
#include <ladder/lanes.h>

#include <algorithm>
#include <fmt/format.h>
#include <ladder/words.h>
#include <set>

namespace ladder {
namespace {

constexpr std::size_t kMostDialogs = 256; // more are an attack, or a loop, and no forks to look at
constexpr std::size_t kMostBranches = 12; // further forks stay on the lane they came from
constexpr std::uint32_t kNone = ~0U;

/// Where the responses of one early dialog come from and whom they reach, hop by hop.
struct Way {
    std::set<std::uint32_t> from, to; // lanes
    std::uint32_t tag = 0;

    static std::uint32_t only(const std::set<std::uint32_t> &in,
                              const std::set<std::uint32_t> &butNot)
    {
        const auto at = std::find_if(in.begin(), in.end(),
                                     [&](std::uint32_t lane) { return !butNot.contains(lane); });
        return at == in.end() ? kNone : *at;
    }
    std::uint32_t origin() const { return only(from, to); }
    std::uint32_t goal() const { return only(to, from); }
};

std::vector<Way> waysOf(const diagnosis::Evidence &evidence,
                        const std::unordered_map<base::Endpoint, std::uint32_t> &lanes)
{
    std::vector<Way> ways(evidence.call.earlyDialogs.size());
    for (const calls::CallRow &place : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(place.row);
        if (place.earlyDialog >= ways.size() || row.kind == trace::RowKind::Local ||
            row.method != sip::Method::Invite || row.status <= 100 || row.status >= 300)
            continue;
        const auto source = lanes.find(evidence.trace.source(place.row));
        const auto destination = lanes.find(evidence.trace.destination(place.row));
        if (source == lanes.end() || destination == lanes.end())
            continue;
        Way &way = ways[place.earlyDialog];
        way.from.insert(source->second);
        way.to.insert(destination->second);
        way.tag = row.toTag;
    }
    return ways;
}

} // namespace

void Lanes::placeBranches()
{
    const calls::Call &call = m_evidence.call;
    if (call.kind != calls::Kind::Call || call.earlyDialogs.size() < 2 ||
        call.earlyDialogs.size() > kMostDialogs)
        return;
    const std::vector<Way> ways = waysOf(m_evidence, m_byEndpoint);
    const auto forks = [&](const Way &one, bool ofOneOrigin) { // it and those beside it
        return std::count_if(ways.begin(), ways.end(), [&](const Way &other) {
            return other.goal() == one.goal() && (!ofOneOrigin || other.origin() == one.origin());
        });
    };
    std::unordered_map<std::uint32_t, std::uint32_t> last; // branch, by origin
    for (std::uint32_t i = 0; i < ways.size(); ++i) {
        const Way &way = ways[i];
        const calls::EarlyDialog &dialog = call.earlyDialogs[i];
        const std::uint32_t origin = way.origin();
        if (origin == kNone || way.goal() == kNone || forks(way, false) < 2)
            continue;
        const bool winner = i == call.winner;
        if (forks(way, true) < 2) {
            m_lanes[origin].dialog = i;
            m_lanes[origin].winner = winner;
            continue;
        }
        if (way.tag == 0 || m_branchOf.size() >= kMostBranches ||
            m_lanes.size() + 1 >= m_options.mostLanes)
            continue;
        Lane lane{"tag " + tagText(dialog.toTag),
                  fmt::format("fork {}{}", i + 1, dialog.ended.known() && !winner ? ", over" : ""),
                  0};
        lane.dialog = i;
        lane.winner = winner;
        lane.ended = winner ? base::Instant{} : dialog.ended;
        const std::uint32_t beside = last.contains(origin) ? last[origin] : origin;
        const auto at = std::find(m_order.begin(), m_order.end(), beside);
        const bool outermost = at == m_order.end() || at + 1 == m_order.end();
        const std::uint32_t index =
            create(std::move(lane), outermost ? std::nullopt : std::optional(*(at + 1)));
        last[origin] = index;
        m_branches.emplace(way.tag, Branch{origin, index});
        m_branchOf.emplace(i, index);
    }
}

/// A request goes to the branch its To-tag names or comes from the one its From-tag names; a
/// response runs the other way.
Lanes::Ends Lanes::onBranches(const trace::Row &row, Ends ends) const
{
    const auto move = [&](std::uint32_t tag, std::uint32_t &end) {
        const auto found = m_branches.find(tag);
        if (tag != 0 && found != m_branches.end() && end == found->second.origin)
            end = found->second.lane;
    };
    if (m_branches.empty())
        return ends;
    move(row.toTag, row.status == 0 ? ends.to : ends.from);
    move(row.fromTag, row.status == 0 ? ends.from : ends.to);
    return ends;
}

std::optional<std::uint32_t> Lanes::branch(std::uint32_t dialog) const
{
    const auto found = m_branchOf.find(dialog);
    return found == m_branchOf.end() ? std::nullopt : std::optional(m_position[found->second]);
}

std::uint32_t Lanes::callee() const
{
    std::uint32_t out = 0;
    for (std::uint32_t i = 0; i < m_lanes.size(); ++i) {
        const bool ofAFork =
            std::any_of(m_branchOf.begin(), m_branchOf.end(),
                        [&](const auto &each) { return m_position[each.second] == i; });
        out = ofAFork ? out : i;
    }
    return out;
}

} // namespace ladder
