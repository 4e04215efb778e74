// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/reliability.h>

#include <algorithm>
#include <set>

namespace diagnosis {
namespace {

// Within one capture only its own queues may turn two packets round; between two files lies what is
// left between their clocks.
constexpr base::Duration kTurnedRound = std::chrono::milliseconds(1);
constexpr base::Duration kClocksApart = std::chrono::milliseconds(20);

} // namespace

bool allowsReliable(const Evidence &evidence, const calls::Transaction &invite)
{
    if (!invite.request.valid() ||
        evidence.trace.row(invite.request).kind != trace::RowKind::Message ||
        (evidence.trace.row(invite.request).headers & sip::kTakes100rel) != 0)
        return true;
    const auto &request = evidence.message(invite.request);
    return request.lists(sip::HeaderId::Supported, "100rel") ||
           request.lists(sip::HeaderId::Require, "100rel");
}

bool leftBefore(const Evidence &evidence, trace::RowId response, trace::RowId prack)
{
    const auto give = evidence.trace.fileOf(response) == evidence.trace.fileOf(prack)
                          ? kTurnedRound
                          : kClocksApart;
    return evidence.time(prack) > evidence.time(response) + give;
}

Numbers numbersBehind(const Evidence &evidence, const calls::Transaction &invite,
                      trace::RowId response)
{
    const auto &of = evidence.trace.row(response);
    std::set<std::uint32_t> taken;
    std::uint32_t first = 0, firstHere = 0; // of any dialog, of this one
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (!trace::isMessage(row.kind) || row.status != 0 || row.toTag == 0 ||
            row.fromTag != of.fromTag || row.cseq <= invite.cseq ||
            row.method == sip::Method::Ack || row.method == sip::Method::Cancel)
            continue;
        taken.insert(row.cseq);
        first = first == 0 ? row.cseq : std::min(first, row.cseq);
        if (row.toTag == of.toTag)
            firstHere = firstHere == 0 ? row.cseq : std::min(firstHere, row.cseq);
    }
    if (first == 0)
        return Numbers::Untold;
    const auto next = firstHere != 0 ? firstHere : first;
    const auto before = std::distance(taken.begin(), taken.find(next));
    return static_cast<std::uint64_t>(before) + invite.cseq + 1 == next ? Numbers::NoneBetween
                                                                        : Numbers::OneBetween;
}

} // namespace diagnosis
