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

/// Whoever answered the first call may be who made the second one: an announcement server that two
/// phones called at once answers, and calls nobody.
bool LegBook::Work::sameProduct(const Record &first, const Record &second) const
{
    const auto productIn = [this](trace::RowId row, sip::HeaderId own, sip::HeaderId other) {
        const auto message = row.valid() ? trace.message(row) : std::nullopt;
        if (!message)
            return std::string();
        const auto name = message->value(own);
        return std::string(name.empty() ? message->value(other) : name);
    };
    const auto answer = first.accepted.valid() ? first.accepted
                        : first.rang.valid()   ? first.rang
                                               : first.last;
    const auto product = productIn(answer, sip::HeaderId::Server, sip::HeaderId::UserAgent);
    return !product.empty() &&
           product == productIn(second.invite, sip::HeaderId::UserAgent, sip::HeaderId::Server);
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
