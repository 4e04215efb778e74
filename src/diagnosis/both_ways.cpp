// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/both_ways.h>

#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>

namespace diagnosis {

std::optional<Session> bothWays(const Evidence &evidence, base::Instant end)
{
    const auto &call = evidence.call;
    if (call.winner >= call.earlyDialogs.size() ||
        descriptions(evidence, call.winner).size() >= kMostDescriptions)
        return std::nullopt;
    const auto *const caller = inForce(evidence, call.winner, true, end);
    const auto *const callee = inForce(evidence, call.winner, false, end);
    const auto open = [&](const Described *side) {
        const auto *const audio =
            side != nullptr && side->agreed ? sdpOf(evidence, side->row).audio() : nullptr;
        const auto place = audio != nullptr ? audio->endpoint() : std::nullopt;
        return place && !place->address.isUnspecified() &&
               audio->direction == sip::Direction::SendRecv;
    };
    if (!open(caller) || !open(callee))
        return std::nullopt;
    const auto *const later = caller->from > callee->from ? caller : callee;
    return later->from > call.answered ? Session{later->row, later->from}
                                       : Session{call.finalResponse, call.answered};
}

base::Instant endOfTalk(const Evidence &evidence)
{
    const auto ended = evidence.call.ended;
    return ended.known() ? std::min(ended, evidence.now) : evidence.now;
}

std::uint64_t cameSince(const rtp::Stream &stream, base::Instant start)
{
    const auto came = stream.arrivals.count();
    return came - std::min(came, stream.arrivals.before(start));
}

} // namespace diagnosis
