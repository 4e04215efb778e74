// SPDX-License-Identifier: Apache-2.0
#include <legs/leg_book.h>

#include <algorithm>
#include <fmt/format.h>
#include <legs/work.h>
#include <utility>

namespace legs {

namespace {

constexpr int kReferred = 70, kReferredBy = 90;

} // namespace

std::string_view relationText(Relation relation)
{
    return relation == Relation::Transfer ? "transfer" : "same call";
}

LegBook::LegBook(const trace::Trace &trace, std::size_t capacity)
    : m_work(std::make_unique<Work>(trace, capacity))
{
}

LegBook::~LegBook() = default;

bool LegBook::wants(const trace::Row &row)
{
    if (row.kind != trace::RowKind::Message || !row.call.valid())
        return false;
    switch (row.method) {
    case sip::Method::Invite:
        return row.status == 0 ? row.toTag == 0 : row.status > 100;
    case sip::Method::Refer:
    case sip::Method::Bye:
        return row.status == 0;
    default:
        return false;
    }
}

void LegBook::add(trace::RowId row, const sip::Message *message)
{
    const trace::Row &filed = m_work->trace.row(row);
    if (!wants(filed))
        return;
    if (filed.status != 0 && filed.status < 300)
        m_work->progressed(row);
    else if (filed.status != 0 || filed.method == sip::Method::Bye)
        m_work->ended(row);
    else if (message != nullptr && filed.method == sip::Method::Refer)
        m_work->refer(row, *message);
    else if (message != nullptr)
        m_work->invite(row, *message);
}

std::vector<CallId> LegBook::takeChanged()
{
    return std::exchange(m_work->changed, {});
}

std::vector<Join> LegBook::of(CallId call) const
{
    return m_work->joins(call);
}

std::uint64_t LegBook::evicted() const
{
    return m_work->evicted;
}

Side LegBook::Work::side(const Record &record, const Traits &traits) const
{
    return {traits,
            trace.source(record.invite),
            trace.destination(record.lastHop),
            startOf(record),
            endOf(record),
            timeOf(record.rang),
            timeOf(record.accepted)};
}

std::vector<Join> LegBook::Work::joins(CallId call) const
{
    std::vector<Join> out;
    const Record *record = find(call);
    if (record == nullptr)
        return out;
    const auto own = static_cast<std::uint32_t>(record - records.data());
    std::vector<std::pair<std::uint32_t, std::uint32_t>> others; // record, REFER
    for (std::uint32_t at = record->firstLink; at != kNone; at = links[at].next)
        others.emplace_back(links[at].other, links[at].refer);
    std::sort(others.begin(), others.end());
    std::uint32_t before = kNone;
    for (const auto &[other, refer] : others) {
        if (other == before)
            continue; // a REFER is told first
        before = other;
        Join join;
        if (this->join(std::min(own, other), std::max(own, other), refer, join)) {
            join.call = idOf(records[other]);
            join.callId = trace.callId(join.call);
            out.push_back(std::move(join));
        }
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Join &a, const Join &b) { return a.score > b.score; });
    return out;
}

/// The call already led to a leg that fits better: one of another caller is of a call that was not
/// captured.
bool LegBook::Work::takenByBetter(const Record &first, const Record &second) const
{
    const auto own = static_cast<std::uint32_t>(&first - records.data());
    for (std::uint32_t at = first.firstLink; at != kNone; at = links[at].next) {
        const Record &other = records[links[at].other];
        if (other.parent == own && !other.tied && other.parentScore > second.parentScore)
            return true;
    }
    return false;
}

bool LegBook::Work::join(std::uint32_t a, std::uint32_t b, std::uint32_t refer, Join &out) const
{
    if (startOf(records[b]) < startOf(records[a]))
        std::swap(a, b);
    const Record &first = records[a], &second = records[b];
    const auto firstInvite = trace.message(first.invite),
               secondInvite = trace.message(second.invite);
    if (!firstInvite || !secondInvite)
        return false;
    Traits firstTraits = traitsOf(*firstInvite), secondTraits = traitsOf(*secondInvite);
    for (auto [record, traits] : {std::pair(&first, &firstTraits), {&second, &secondTraits}})
        if (record->answer.valid())
            traits->answer = describedIn(trace, record->answer);
    const Common common = [this](std::string_view kind, std::string_view text) {
        return keys.count(KeyTable::cut(keyOf(kind, text))) > KeyTable::kRing;
    };
    Verdict verdict = judge(side(first, firstTraits), side(second, secondTraits), common);
    if (refer != kNone) {
        verdict.relation = Relation::Transfer;
        verdict.strong = std::max(verdict.strong, secondTraits.referred ? kReferredBy : kReferred);
        verdict.reasons.insert(
            verdict.reasons.begin(),
            fmt::format("A REFER in the earlier call asked for it {} ms before{}.",
                        (startOf(second) - trace.row(refers[refer].row).time).count() / 1'000'000,
                        secondTraits.referred ? ", and its INVITE has Referred-By" : ""));
    }
    const bool chosen =
        second.parent == a && !second.tied && (verdict.weak.from || !takenByBetter(first, second));
    // A leg does not outlive the one that led to it, but for the time a BYE takes.
    const base::Instant firstEnd = endOf(first), secondEnd = endOf(second);
    const bool within =
        !firstEnd.known() || !secondEnd.known() || secondEnd <= firstEnd + std::chrono::seconds(5);
    out.score = chosen && within ? verdict.score() : verdict.strong;
    out.relation = verdict.relation;
    out.reasons = std::move(verdict.reasons);
    return out.score >= kThreshold;
}

} // namespace legs
