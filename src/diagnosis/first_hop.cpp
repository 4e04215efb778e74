// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/first_hop.h>

#include <algorithm>

namespace diagnosis {

namespace {

/// The same message on the hop before, which the sender of `row` took it from as it is; invalid:
/// that is where it came from, or who handed it on changed its body and answers for it.
trace::RowId hopBefore(const Evidence &evidence, trace::RowId row)
{
    const auto &rows = evidence.call.rows;
    const auto &late = evidence.trace.row(row);
    const auto here = evidence.trace.source(row);
    if (!here.known())
        return {};
    for (const auto &entry : rows) {
        const auto &early = evidence.trace.row(entry.row);
        if (entry.row == row || early.time > late.time)
            break;
        if (early.kind == trace::RowKind::Message && early.status == late.status &&
            early.method == late.method && early.cseq == late.cseq &&
            early.fromTag == late.fromTag && early.toTag == late.toTag && early.pair != late.pair &&
            evidence.trace.destination(entry.row) == here &&
            evidence.trace.source(entry.row) != here &&
            evidence.message(entry.row).body == evidence.message(row).body)
            return entry.row;
    }
    return {};
}

/// What each hop makes for itself: a CANCEL and its answers (RFC 3261 section 16.10), 100, the ACK
/// of a refusal (17.1.1.3), what is repeated but for 2xx and reliable 1xx (17.1, 17.2). Whoever
/// sent it here is who sent it.
bool ofOneHop(const Evidence &evidence, trace::RowId row)
{
    const auto &at = evidence.trace.row(row);
    if (at.method == sip::Method::Cancel || at.status == 100)
        return true;
    const auto &call = evidence.call;
    if (at.method == sip::Method::Ack)
        return std::any_of(call.transactions.begin(), call.transactions.end(),
                           [row](const auto &t) { return t.ack == row; });
    if (at.status / 100 == 1 || at.status / 100 == 2)
        return false;
    const auto entry = std::find_if(call.rows.begin(), call.rows.end(),
                                    [row](const auto &each) { return each.row == row; });
    return entry != call.rows.end() && entry->original.valid() && !entry->copy;
}

} // namespace

trace::RowId firstHop(const Evidence &evidence, trace::RowId row)
{
    constexpr int kMostHops = 16;
    if (row.valid() && trace::isMessage(evidence.trace.row(row).kind) && !ofOneHop(evidence, row))
        for (int hops = 0; hops < kMostHops; ++hops) {
            const auto before = hopBefore(evidence, row);
            if (!before.valid())
                break;
            row = before;
        }
    return row;
}

} // namespace diagnosis
