// SPDX-License-Identifier: Apache-2.0
#include <flows/standing.h>

#include <algorithm>
#include <array>
#include <utility>

namespace flows {

namespace {

/// A refusal that a later REGISTER over the same flow may undo: RFC 5626 section 4.2.2 keeps a flow
/// over a 503, a 423 only wants a longer time.
bool recoverable(int status)
{
    return status == 408 || status == 423 || status / 100 == 5;
}

/// What became of the newest REGISTER, nullptr: nothing was told.
const FlowEvent *lastAnswer(const Flow &flow)
{
    const auto at =
        std::find_if(flow.events.rbegin(), flow.events.rend(), [](const FlowEvent &event) {
            return event.what == Happening::Registered || event.what == Happening::Removed ||
                   event.what == Happening::RegisterFailed;
        });
    return at == flow.events.rend() ? nullptr : &*at;
}

/// What the edge said of it behind the newest registration and behind what came over it since;
/// nullptr: nothing.
const FlowEvent *disownedBy(const Flow &flow, base::Instant when)
{
    const FlowEvent *out = nullptr;
    for (const FlowEvent &event : flow.events) {
        if (event.time > when)
            break;
        if (event.what == Happening::Disowned)
            out = &event;
        else if (event.what == Happening::Registered ||
                 (event.what == Happening::Used && event.status != 0))
            out = nullptr;
    }
    return out;
}

/// Same address of record, instance and reg-id: one registered later takes the other's place.
std::string placeOf(const Flow &flow)
{
    const auto &report = flow.report;
    return report.aor + '\n' + report.instance + '\n' + std::to_string(report.regId);
}

} // namespace

bool revives(const FlowEvent &event, const FlowEvent &death)
{
    switch (event.what) {
    case Happening::Registered:
    case Happening::Removed:
        return true;
    case Happening::Pong:
        return death.what != Happening::Remapped;
    case Happening::Used: // with a code: a response, for a request alone proves no other end
    case Happening::RegisterFailed:
        return event.status != 0 && death.what == Happening::Unreachable;
    default:
        return false;
    }
}

const FlowEvent *deathOf(const Flow &flow, base::Instant when)
{
    const FlowEvent *death = nullptr;
    for (const FlowEvent &event : flow.events) {
        if (event.time > when)
            break;
        switch (event.what) {
        case Happening::Closed:
        case Happening::Reset:
        case Happening::PongMissing:
        case Happening::Unreachable:
        case Happening::Remapped:
            death = death == nullptr ? &event : death;
            break;
        default:
            death = death != nullptr && revives(event, *death) ? nullptr : death;
            break;
        }
    }
    return death;
}

std::string_view standingText(Standing standing)
{
    static constexpr std::array<std::string_view, 7> kTexts{
        "seen", "registered", "closed", "failed", "expired", "replaced", "removed"};
    return kTexts[static_cast<std::size_t>(standing) % kTexts.size()];
}

Standings::Standings(std::span<const std::shared_ptr<const Flow>> others, base::Instant now)
    : m_now(now)
{
    for (const auto &other : others) {
        if (other && other->registered.known() && !other->report.instance.empty())
            m_registered[placeOf(*other)].push_back(other.get());
    }
    for (auto &[place, flows] : m_registered)
        std::sort(flows.begin(), flows.end(), [](const Flow *a, const Flow *b) {
            return std::pair(a->registered, a->id.value) < std::pair(b->registered, b->id.value);
        });
}

/// The first that was registered after it.
const Flow *Standings::replacementOf(const Flow &flow) const
{
    const auto place = m_registered.find(placeOf(flow));
    if (place == m_registered.end())
        return nullptr;
    const auto next = std::upper_bound(
        place->second.begin(), place->second.end(), flow.registered,
        [](base::Instant time, const Flow *other) { return time < other->registered; });
    return next == place->second.end() ? nullptr : *next;
}

FlowStanding Standings::of(const Flow &flow) const
{
    const base::Instant now = m_now;
    const FlowEvent *death = deathOf(flow, now.known() ? now : flow.lastSeen);
    const FlowEvent *answer = lastAnswer(flow);
    const bool ended =
        death != nullptr && (death->what == Happening::Closed || death->what == Happening::Reset);
    if (ended || flow.closedAt.valid())
        return {Standing::Closed, ended ? death->time : base::Instant{},
                ended ? death->text : std::string()};
    if (!flow.registered.known()) {
        if (answer == nullptr)
            return {};
        return {answer->what == Happening::RegisterFailed ? Standing::Failed : Standing::Removed,
                answer->time, answer->text};
    }
    if (const Flow *newer = replacementOf(flow))
        return {Standing::Replaced, newer->registered,
                "the same reg-id was registered from " + newer->userAgent.text() + " over " +
                    std::string(base::transportText(newer->transport)) + " to " +
                    newer->edge.text()};
    if (death != nullptr)
        return {Standing::Failed, death->time, death->text};
    if (answer != nullptr && answer->what == Happening::RegisterFailed &&
        !recoverable(answer->status))
        return {Standing::Failed, answer->time, "REGISTER was answered with " + answer->text};
    if (const FlowEvent *told = disownedBy(flow, now.known() ? now : flow.lastSeen))
        return {Standing::Failed, told->time, told->text};
    const base::Instant until = flow.report.registeredUntil;
    if (until.known() && now.known() && until <= now)
        return {Standing::Expired, until, "it was not registered again in time"};
    return {Standing::Registered, flow.registered, {}};
}

FlowStanding standingOf(const Flow &flow, std::span<const std::shared_ptr<const Flow>> others,
                        base::Instant now)
{
    return Standings(others, now).of(flow);
}

} // namespace flows
