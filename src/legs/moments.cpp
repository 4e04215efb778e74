// SPDX-License-Identifier: Apache-2.0
// When a call rang, was answered and ended: what happens in two calls at once ties them.
#include <legs/work.h>

namespace legs {

/// A 101 to 299 to the INVITE.
void LegBook::Work::progressed(trace::RowId row)
{
    const trace::Row &filed = trace.row(row);
    Record *record = find(filed.call);
    if (record == nullptr || filed.cseq != record->cseq)
        return;
    if (filed.hasSdp)
        answered(row);
    trace::RowId &moment = filed.status < 200 ? record->rang : record->accepted;
    if (moment.valid())
        return;
    moment = row;
    if (filed.status >= 200)
        timed(static_cast<std::uint32_t>(record - records.data()));
}

/// Of a number that everybody calls something happens in some other call at any moment.
bool LegBook::Work::seldomCalled(std::uint32_t to) const
{
    return keys.count(KeyTable::cut(pairKey("called", to, 0))) <= KeyTable::kRing;
}

/// Something happened in a call: in another one to the same number it may have happened as well.
void LegBook::Work::timed(std::uint32_t record)
{
    if (records[record].to == 0 || !seldomCalled(records[record].to))
        return;
    KeyTable::Calls calls{};
    const std::size_t n = keys.find(pairKey("called", records[record].to, 0), calls);
    consider(record, {calls.begin(), calls.begin() + static_cast<std::ptrdiff_t>(n)});
}

void LegBook::Work::ended(trace::RowId row)
{
    const trace::Row &filed = trace.row(row);
    Record *record = find(filed.call);
    if (record == nullptr)
        return;
    const bool challenge = filed.status == 401 || filed.status == 407;
    if (filed.method == sip::Method::Invite && (challenge || filed.cseq != record->cseq))
        return; // or of a request within the dialog
    if (endOf(*record).known())
        return;
    record->last = row;
    timed(static_cast<std::uint32_t>(record - records.data()));
}

} // namespace legs
