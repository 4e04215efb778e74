// SPDX-License-Identifier: Apache-2.0
// Whose a place is and for how long, where calls name it one after another.
#include <session/media_index.h>

#include <algorithm>

namespace session {
namespace {

constexpr std::size_t kMostCallsPerPlace = 8;
constexpr std::size_t kMostFormer = 65536;
constexpr base::Duration kSilence = std::chrono::seconds(2);

} // namespace

/// The call that names a place last is the newest there. What others had of it is over where they
/// were hung up, or had media that has fallen silent by now: the BYE was not captured.
void MediaIndex::claim(Place &place, calls::CallId call) const
{
    const base::Instant now = m_time;
    ++place.changes;
    for (Claim &other : place.claims) {
        const bool silent =
            place.heard.known() && place.heard >= other.named && place.heard + kSilence < now;
        if (other.call != call && !other.over.known() && (other.endedBy(now) || silent))
            other.over = now;
    }
    const auto known = std::find(place.calls.begin(), place.calls.end(), call);
    if (known != place.calls.end()) {
        const auto at = place.claims.begin() + (known - place.calls.begin());
        at->again = std::max(at->again, now);
        std::rotate(at, at + 1, place.claims.end());
        std::rotate(known, known + 1, place.calls.end());
        return;
    }
    if (place.calls.size() >= kMostCallsPerPlace) {
        const Claim &oldest = place.claims.front();
        if ((oldest.over.known() || oldest.endedBy(now)) && place.former.size() < kMostFormer)
            place.former.insert(
                std::lower_bound(place.former.begin(), place.former.end(), oldest.call),
                oldest.call);
        place.calls.erase(place.calls.begin());
        place.claims.erase(place.claims.begin());
    }
    place.calls.push_back(call);
    place.claims.push_back({call, now, now, {}, {}});
}

void MediaIndex::ended(calls::CallId call, base::Instant time)
{
    const auto *places = m_calls.find(call);
    if (places == nullptr)
        return;
    for (const base::Endpoint &endpoint : std::vector<base::Endpoint>(*places)) {
        Place *at = place(endpoint);
        if (at == nullptr)
            continue;
        for (Claim &one : at->claims) {
            if (one.call == call && !one.ended.known()) {
                one.ended = time;
                ++at->changes;
            }
        }
    }
}

const MediaIndex::Claim *MediaIndex::Place::claim(calls::CallId call) const
{
    const auto found = std::find_if(claims.begin(), claims.end(),
                                    [&](const Claim &one) { return one.call == call; });
    return found != claims.end() ? &*found : nullptr;
}

/// The newest call that named both ends and was not hung up. Where there is none any more, one that
/// has begun to name them since, and so will name the other end too; else the last there was.
calls::CallId MediaIndex::owner(const Place *from, const Place *to, base::Instant time)
{
    if (from == nullptr || to == nullptr)
        return {};
    calls::CallId live, beginning, last;
    base::Instant liveAt, beginningAt, lastAt;
    const auto newer = [](calls::CallId call, base::Instant at, calls::CallId &best,
                          base::Instant &bestAt) {
        if (at.known() && (!best.valid() || at >= bestAt)) {
            best = call;
            bestAt = at;
        }
    };
    for (const auto &[here, there] : {std::pair(from, to), std::pair(to, from)}) {
        for (const Claim &one : here->claims) {
            const base::Instant at = one.namedBy(time);
            const Claim *other = there->claim(one.call);
            const base::Instant both = other != nullptr ? other->namedBy(time) : base::Instant{};
            if (at.known() && both.known()) {
                newer(one.call, std::max(at, both), last, lastAt);
                if (!one.endedBy(time))
                    newer(one.call, std::max(at, both), live, liveAt);
            } else if (!one.endedBy(time)) {
                newer(one.call, at, beginning, beginningAt);
            }
        }
    }
    if (live.valid() || !last.valid())
        return live;
    return beginning.valid() && beginningAt > lastAt ? beginning : last;
}

bool MediaIndex::over(calls::CallId call, const Place *from, const Place *to, base::Instant time)
{
    const Claim *here = from != nullptr ? from->claim(call) : nullptr;
    const Claim *there = to != nullptr ? to->claim(call) : nullptr;
    return (here != nullptr && here->overBy(time)) || (there != nullptr && there->overBy(time));
}

/// The stream is of a call that had the place before this one did, or has it since.
bool MediaIndex::ofAnotherTime(const Seen &seen, const Place &at, calls::CallId call)
{
    if (!seen.owner.valid() || seen.owner == call)
        return false;
    const Claim *own = at.claim(call);
    if (own == nullptr)
        return std::binary_search(at.former.begin(), at.former.end(), call);
    const Claim *theirs = at.claim(seen.owner);
    return own->overBy(seen.first) || (theirs != nullptr && theirs->overBy(own->named));
}

} // namespace session
