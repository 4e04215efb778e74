// SPDX-License-Identifier: Apache-2.0
// Finds the calls a fresh one may belong to, through the keys they share.
#include <legs/work.h>

#include <algorithm>

namespace legs {

namespace {

constexpr base::Duration kWindow = std::chrono::seconds(10); // from one leg's INVITE to the next's
constexpr base::Duration kReferWait = std::chrono::seconds(30);
constexpr std::size_t kMostRefers = 65536;
constexpr int kDepth = 8;                // legs in a row
constexpr std::uint16_t kMostLinks = 64; // of one call

std::uint32_t hashOf(std::string_view text)
{
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(text) >> 16U);
    return text.empty() ? 0 : hash | 1U;
}

std::uint64_t addressKey(const base::Endpoint &place)
{
    return std::hash<base::Endpoint>()({place.address, 0});
}

/// An INVITE of our own user agent: it stands between no two of its calls.
bool placedHere(const trace::Trace &trace, trace::RowId invite)
{
    const auto &row = trace.row(invite);
    return row.origin == base::Origin::Tap && row.outgoing;
}

/// Under which a Call-ID is found, and whatever names it.
std::string_view nameOf(std::string_view callId)
{
    const std::string_view stem = stemOf(callId);
    return stem.empty() ? callId : stem;
}

} // namespace

std::uint64_t pairKey(std::string_view kind, std::uint64_t a, std::uint64_t b)
{
    const std::uint64_t mixed = keyOf(kind, std::string_view()) ^ (a * 0xD6E8FEB86659FD93ULL) ^
                                ((b + 0x9E3779B97F4A7C15ULL) * 0xA0761D6478BD642FULL);
    return mixed | 1U;
}

std::uint64_t keyOf(std::string_view kind, std::string_view text)
{
    const std::hash<std::string_view> hash;
    return (hash(text) * 0x9E3779B97F4A7C15ULL ^ hash(kind)) | 1U;
}

Record *LegBook::Work::find(CallId call)
{
    const std::size_t at = call.value < places.size() ? places[call.value] : 0;
    return at == 0 ? nullptr : &records[at - 1];
}

const Record *LegBook::Work::find(CallId call) const
{
    const std::size_t at = call.value < places.size() ? places[call.value] : 0;
    return at == 0 ? nullptr : &records[at - 1];
}

void LegBook::Work::invite(trace::RowId row, const sip::Message &message)
{
    const trace::Row &filed = trace.row(row);
    if (Record *known = find(filed.call)) {
        if (filed.cseq != known->cseq) { // with credentials, or a call after a failed one
            known->cseq = filed.cseq;
            known->last = {};
        } else if (filed.pair != trace.row(known->lastHop).pair) {
            known->lastHop = row;
            placed(static_cast<std::uint32_t>(known - records.data()));
        }
        return;
    }
    if (records.size() >= capacity)
        evict();
    const Traits traits = traitsOf(message);
    const std::uint32_t fresh = open(row, traits);
    auto alike = named(fresh, traits);
    referred(fresh, traits);
    likely(fresh, traits, std::move(alike));
}

std::uint32_t LegBook::Work::open(trace::RowId row, const Traits &traits)
{
    const trace::Row &filed = trace.row(row);
    Record record;
    record.invite = record.lastHop = row;
    record.cseq = filed.cseq;
    record.from = hashOf(userKey(traits.from));
    record.to = hashOf(userKey(traits.to));
    record.diverted = traits.diverted.empty() ? 0 : hashOf(userKey(traits.diverted.front()));
    record.stem = traits.stem.size() >= 8 ? hashOf(traits.stem) : 0;
    if (filed.call.value >= places.size())
        places.resize(std::size_t{filed.call.value} + 1);
    records.push_back(record);
    places[filed.call.value] = static_cast<std::uint32_t>(records.size());
    return static_cast<std::uint32_t>(records.size() - 1);
}

/// Texts that name another call or are made for one call alone. Returns the calls whose Call-ID is
/// alike.
std::vector<std::uint32_t> LegBook::Work::named(std::uint32_t fresh, const Traits &traits)
{
    std::vector<std::uint32_t> alike;
    const std::string_view own = nameOf(traits.callId);
    const auto meet = [&](std::string_view kind, std::string_view text) {
        if (text.empty())
            return;
        KeyTable::Calls calls{};
        const std::size_t n = keys.add(keyOf(kind, text), fresh, calls);
        for (std::size_t i = 0; i < n && n < KeyTable::kRing; ++i) // else it is everybody's
            link(calls[i], fresh);
        if (text.data() == own.data())
            alike.assign(calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(n));
    };
    meet("stem", own);
    for (const std::string_view id : traits.sessionIds)
        meet("session", id);
    for (const Mark &mark : traits.marks) {
        const std::string_view name = nameOf(mark.value);
        if (name != own)
            meet("stem", name);
        if (mark.correlates)
            meet("mark", mark.value);
    }
    meet("icid", traits.icid);
    if (!traits.replaces.empty())
        meet("stem", nameOf(traits.replaces));
    return alike;
}

/// What has to add up: numbers, places, SDP.
void LegBook::Work::likely(std::uint32_t fresh, const Traits &traits,
                           std::vector<std::uint32_t> candidates)
{
    const Record &record = records[fresh];
    const std::uint64_t place = addressKey(trace.source(record.invite));
    const auto meet = [&](std::uint64_t key, bool keep) {
        KeyTable::Calls calls{};
        const std::size_t n = keep ? keys.add(key, fresh, calls) : keys.find(key, calls);
        candidates.insert(candidates.end(), calls.begin(),
                          calls.begin() + static_cast<std::ptrdiff_t>(n));
    };
    if (record.from != 0 && record.to != 0)
        meet(pairKey("pair", record.from, record.to), true);
    if (record.from != 0 && record.diverted != 0)
        meet(pairKey("pair", record.from, record.diverted), false);
    if (record.to != 0)
        meet(pairKey("to", record.to, place), false);
    if (record.from != 0)
        meet(pairKey("from", record.from, place), false);
    if (record.to != 0)
        meet(pairKey("called", record.to, 0), true);
    described(fresh, traits.offer, 0, candidates);
    placed(fresh);
    consider(fresh, std::move(candidates));
}

/// Files what an offer (0) or answer (1) tells, and finds the calls that told the same.
void LegBook::Work::described(std::uint32_t record, const Described &sdp, std::size_t which,
                              std::vector<std::uint32_t> &candidates)
{
    const auto meet = [&](std::string_view kind, std::string_view text) {
        KeyTable::Calls calls{};
        const std::uint64_t key = keyOf(kind, text);
        const std::size_t n = keys.add(key, record, calls);
        candidates.insert(candidates.end(), calls.begin(),
                          calls.begin() + static_cast<std::ptrdiff_t>(n));
        return KeyTable::cut(key);
    };
    if (!sdp.origin.empty())
        records[record].origin[which] = meet("origin", sdp.origin);
    if (sdp.media)
        records[record].media[which] = meet("media", sdp.media->text());
}

/// What the answer of a call tells (RFC 3264): a back-to-back user agent that takes no part in the
/// media hands the one of its other leg on.
void LegBook::Work::answered(trace::RowId row)
{
    Record *record = find(trace.row(row).call);
    if (record == nullptr || record->answer.valid() || trace.row(row).cseq != record->cseq)
        return;
    record->answer = row;
    std::vector<std::uint32_t> candidates;
    const auto fresh = static_cast<std::uint32_t>(record - records.data());
    described(fresh, describedIn(trace, row), 1, candidates);
    consider(fresh, std::move(candidates));
}

void LegBook::Work::consider(std::uint32_t fresh, std::vector<std::uint32_t> candidates)
{
    std::sort(candidates.begin(), candidates.end());
    candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
    for (const std::uint32_t other : candidates) {
        if (other == fresh)
            continue;
        // Files need not come in order of time.
        if (startOf(records[fresh]) < startOf(records[other]))
            tie(fresh, other);
        else
            tie(other, fresh);
    }
}

/// Whom the call is for, filed under where it went.
void LegBook::Work::placed(std::uint32_t record)
{
    const Record &filed = records[record];
    const std::uint64_t place = addressKey(trace.destination(filed.lastHop));
    if (filed.to != 0)
        keys.add(pairKey("to", filed.to, place), record);
    if (filed.from != 0)
        keys.add(pairKey("from", filed.from, place), record);
}

bool LegBook::Work::descends(std::uint32_t record, std::uint32_t from) const
{
    for (int depth = 0; depth < kDepth && record != kNone; ++depth) {
        if (record == from)
            return true;
        record = records[record].parent;
    }
    return false;
}

/// Is the later call one beside the earlier one, or beside one that led to it?
bool LegBook::Work::besides(std::uint32_t parent, std::uint32_t child) const
{
    const Record &later = records[child];
    for (int depth = 0; depth < kDepth && parent != kNone; ++depth) {
        const Record &earlier = records[parent];
        if ((placedHere(trace, earlier.invite) && placedHere(trace, later.invite)) ||
            parallel(trace.source(earlier.invite), trace.destination(earlier.lastHop),
                     trace.source(later.invite), trace.destination(later.lastHop)))
            return true;
        parent = earlier.parent;
    }
    return false;
}

/// Do the two have something in common that is told, and not by everybody: a server that answers
/// each call alike ties none to another?
bool LegBook::Work::meets(const std::array<std::uint32_t, 2> &a,
                          const std::array<std::uint32_t, 2> &b) const
{
    return std::any_of(a.begin(), a.end(), [&](std::uint32_t one) {
        return one != 0 && std::find(b.begin(), b.end(), one) != b.end() &&
               keys.count(one) <= KeyTable::kRing;
    });
}

void LegBook::Work::tie(std::uint32_t parent, std::uint32_t child)
{
    const Record &first = records[parent];
    Record &second = records[child];
    const base::Instant begun = startOf(second), end = endOf(first);
    const bool alive = !end.known() || end >= begun;
    if (!alive || begun - startOf(first) > kWindow || descends(parent, child) ||
        besides(parent, child))
        return;
    const auto same = [](std::uint32_t a, std::uint32_t b) { return a != 0 && a == b; };
    Weak weak;
    weak.from = same(first.from, second.from);
    weak.to = same(first.to, second.to);
    weak.diverted = !weak.to && same(first.to, second.diverted);
    weak.origin = meets(first.origin, second.origin);
    const bool sameOffer = first.media[0] != 0 && first.media[0] == second.media[0];
    weak.media = sameOffer || meets(first.media, second.media);
    weak.stem = same(first.stem, second.stem);
    weak.place = placeMatches(trace.destination(first.lastHop), trace.source(first.invite),
                              trace.source(second.invite));
    weak.soon = soonAfter(startOf(first), begun);
    const Traits none;
    const bool tied = weak.from || weak.origin || weak.media || weak.stem || weak.place;
    weak.moments =
        weak.to && weak.soon && seldomCalled(first.to) && (tied || sameProduct(first, second))
            ? momentsShared(side(first, none), side(second, none))
            : 0;
    if (weak.score() < kThreshold)
        return;
    weak.soon = false; // who came last is no evidence among calls that look alike
    const auto score = static_cast<std::uint8_t>(weak.score());
    if (second.tied && score <= second.parentScore)
        return;
    const bool nearer = second.parent != kNone && descends(parent, second.parent);
    if (second.parent != kNone && !nearer &&
        (score < second.parentScore || descends(second.parent, parent)))
        return;
    second.tied = second.parent != kNone && !nearer && score == second.parentScore;
    if (second.tied)
        return;
    second.parent = parent;
    second.parentScore = score;
    link(parent, child);
}

void LegBook::Work::link(std::uint32_t a, std::uint32_t b, std::uint32_t refer)
{
    if (a == b || records[a].links >= kMostLinks || records[b].links >= kMostLinks)
        return;
    for (std::uint32_t at = records[b].firstLink; at != kNone; at = links[at].next)
        if (links[at].other == a && links[at].refer == refer)
            return;
    for (const auto &[from, to] : {std::pair(a, b), std::pair(b, a)}) {
        links.push_back({to, records[from].firstLink, refer});
        records[from].firstLink = static_cast<std::uint32_t>(links.size() - 1);
        ++records[from].links;
        changed.push_back(idOf(records[from]));
    }
}

void LegBook::Work::refer(trace::RowId row, const sip::Message &message)
{
    const Record *record = find(trace.row(row).call);
    const std::string target = record != nullptr ? referTarget(message) : std::string();
    if (target.empty() || refers.size() >= kMostRefers)
        return;
    refers.push_back({static_cast<std::uint32_t>(record - records.data()), row});
    referKeys.add(keyOf("refer", userKey(target)), static_cast<std::uint32_t>(refers.size() - 1));
}

/// Whoever was asked by a REFER calls the number it names (RFC 3515 section 2.4.4).
void LegBook::Work::referred(std::uint32_t fresh, const Traits &traits)
{
    if (refers.empty())
        return;
    for (const std::string_view user :
         {std::string_view(traits.to), std::string_view(traits.target)}) {
        KeyTable::Calls found{};
        const std::size_t n =
            user.empty() ? 0 : referKeys.find(keyOf("refer", userKey(user)), found);
        for (std::size_t i = 0; i < n; ++i) {
            const Refer &refer = refers[found[i]];
            const base::Duration since = startOf(records[fresh]) - trace.row(refer.row).time;
            const base::Endpoint asked = trace.destination(refer.row);
            const bool byAsked =
                !asked.known() || asked.address == trace.source(records[fresh].invite).address;
            if (since.count() < 0 || since > kReferWait || !byAsked || refer.record == fresh)
                continue;
            link(refer.record, fresh, found[i]);
            return; // the newest
        }
    }
}

void LegBook::Work::evict()
{
    const auto first = static_cast<std::uint32_t>(records.size() / 2);
    for (std::uint32_t i = 0; i < first; ++i)
        places[idOf(records[i]).value] = 0;
    records.erase(records.begin(), records.begin() + first);
    keys.drop(first);
    referKeys = {};
    refers.clear();
    std::vector<Link> kept;
    for (std::uint32_t i = 0; i < records.size(); ++i) {
        Record &record = records[i];
        places[idOf(record).value] = i + 1;
        record.parent =
            record.parent == kNone || record.parent < first ? kNone : record.parent - first;
        std::uint32_t at = std::exchange(record.firstLink, kNone);
        record.links = 0;
        for (; at != kNone; at = links[at].next) {
            if (links[at].other < first || links[at].refer != kNone)
                continue;
            kept.push_back({links[at].other - first, record.firstLink, kNone});
            record.firstLink = static_cast<std::uint32_t>(kept.size() - 1);
            ++record.links;
        }
    }
    links = std::move(kept);
    evicted += first;
}

} // namespace legs
