// SPDX-License-Identifier: Apache-2.0
#include <calls/dialogs.h>

#include <base/hash.h>
#include <sip/beginning.h>

namespace calls {

using sip::Method;

std::uint64_t DialogFold::Number::hash() const
{
    return base::mixed(value, 3);
}

std::uint64_t DialogFold::Response::hash() const
{
    return base::mixed(std::uint64_t{cseq} << 32U | rseq,
                       base::mixed(std::uint64_t{dialog} << 32U | at, status));
}

std::uint64_t DialogFold::Rseq::hash() const
{
    return base::mixed(dialog, rseq);
}

std::uint32_t DialogFold::byTag(std::uint32_t tag) const
{
    const std::uint32_t *found = tag != 0 ? m_byTag.find({tag}) : nullptr;
    return found != nullptr ? *found : kNone;
}

std::uint32_t DialogFold::of(const trace::Row &row) const
{
    const std::uint32_t callee = byTag(row.toTag);
    if (callee != kNone)
        return callee;
    const std::uint32_t caller = byTag(row.fromTag);
    if (caller != kNone)
        return caller;
    const bool opens = row.method == Method::Invite && row.status > 100 && row.status < 300;
    const bool ends = row.method == Method::Bye && (row.toTag == 0 || row.fromTag == 0);
    return (opens && row.toTag == 0) || ends ? m_tagless : kNone;
}

std::uint32_t DialogFold::open(const trace::Row &row)
{
    const std::uint32_t known = row.toTag != 0 ? byTag(row.toTag) : m_tagless;
    if (known != kNone)
        return known;
    EarlyDialog dialog;
    dialog.toTag = m_trace.tag(row.toTag);
    dialog.since = row.time;
    m_out.push_back(std::move(dialog));
    m_extra.emplace_back();
    const auto index = static_cast<std::uint32_t>(m_out.size() - 1);
    if (row.toTag != 0)
        m_byTag.put({row.toTag}, index);
    else
        m_tagless = index;
    m_early.push_back(index);
    return index;
}

void DialogFold::end(EarlyDialog &dialog, base::Instant time)
{
    if (dialog.state == EarlyState::Terminated)
        return;
    dialog.state = EarlyState::Terminated;
    dialog.ended = time;
}

void DialogFold::endAll(base::Instant time)
{
    for (const std::uint32_t index : m_early) {
        if (m_out[index].state == EarlyState::Early)
            end(m_out[index], time);
    }
    m_early.clear();
}

void DialogFold::provisional(const Sighting &seen)
{
    // RFC 6228 section 4: a 199 creates no early dialog.
    const bool over = seen.row.status == 199;
    const std::uint32_t index =
        over && !seen.fact.reliable ? byTag(seen.row.toTag) : open(seen.row);
    if (index == kNone)
        return;
    if (!seen.repeat)
        list(index, seen);
    if (seen.fact.reliable)
        reliable(index, seen);
    if (over && m_out[index].state == EarlyState::Early)
        end(m_out[index], seen.row.time);
}

/// The n-th response of one kind at a further hop is the n-th of the first hop on its way.
void DialogFold::list(std::uint32_t index, const Sighting &seen)
{
    EarlyDialog &dialog = m_out[index];
    Extra &extra = m_extra[index];
    Response kind{index, seen.row.cseq, seen.fact.rseq, seen.row.status, seen.hop};
    std::uint32_t *before = m_perHop.find(kind);
    const std::uint32_t count = before != nullptr ? (*before)++ : 0;
    if (before == nullptr)
        m_perHop.put(kind, 1);
    kind.at = count;
    const std::uint32_t *listed = m_listed.find(kind);
    if (listed == nullptr) {
        m_listed.put(kind, static_cast<std::uint32_t>(dialog.provisionals.size()));
        dialog.provisionals.push_back(seen.fact.row);
        extra.facts.push_back(&seen.fact);
    } else if (seen.originator) {
        dialog.provisionals[*listed] = seen.fact.row;
        extra.facts[*listed] = &seen.fact;
    }
}

void DialogFold::reliable(std::uint32_t index, const Sighting &seen)
{
    EarlyDialog &dialog = m_out[index];
    Extra &extra = m_extra[index];
    const std::uint32_t *known = m_byRseq.find({index, seen.fact.rseq});
    if (known == nullptr) {
        m_byRseq.put({index, seen.fact.rseq}, static_cast<std::uint32_t>(dialog.reliables.size()));
        ReliableResponse response;
        response.rseq = seen.fact.rseq;
        response.response = seen.fact.row;
        response.hasSdp = seen.fact.hasSdp;
        dialog.reliables.push_back(std::move(response));
        extra.reliables.push_back({seen.row.cseq, seen.hop, 0, kNone, seen.originator});
        return;
    }
    ReliableResponse &response = dialog.reliables[*known];
    Reliable &beside = extra.reliables[*known];
    if (seen.originator && !beside.originator) {
        response.response = seen.fact.row;
        response.repeats.clear();
        beside.hop = seen.hop;
        beside.originator = true;
    } else if (seen.hop == beside.hop) {
        response.repeats.push_back(seen.fact.row);
    }
}

void DialogFold::answer(const Sighting &seen)
{
    const std::uint32_t index = open(seen.row);
    if (index == kNone)
        return;
    EarlyDialog &dialog = m_out[index];
    Extra &extra = m_extra[index];
    const bool better = seen.originator && !extra.answerAtOriginator;
    if (!dialog.answer.valid() || better) {
        dialog.answer = seen.fact.row;
        extra.answerAtOriginator = seen.originator;
    }
    if (seen.fact.hasSdp && (!dialog.answerSdp.valid() || better))
        dialog.answerSdp = seen.fact.row;
    if (dialog.state != EarlyState::Confirmed &&
        !(dialog.state == EarlyState::Terminated && seen.repeat)) {
        dialog.state = EarlyState::Confirmed;
        dialog.ended = {};
    }
    endAll(seen.row.time); // the others never hear of it (RFC 3261 section 13.2.2.4)
}

void DialogFold::refusal(const Sighting &seen, bool outcome)
{
    if (outcome) {
        endAll(seen.row.time);
        return;
    }
    const std::uint32_t index = byTag(seen.row.toTag);
    if (index != kNone && m_out[index].state == EarlyState::Early)
        end(m_out[index], seen.row.time);
}

void DialogFold::prack(const Sighting &seen)
{
    // RFC 3262 section 3: matched within its dialog by RSeq, CSeq number and method together.
    const std::uint32_t index = byTag(seen.row.toTag);
    const auto message =
        index != kNone ? sip::readBeginning(m_trace.text(seen.fact.row), {sip::HeaderId::RAck})
                       : std::nullopt;
    if (!message)
        return;
    const sip::RAck rack = sip::readRAck(message->value(sip::HeaderId::RAck));
    Extra &extra = m_extra[index];
    const std::uint32_t *known = m_byRseq.find({index, rack.rseq});
    if (known == nullptr || rack.method != Method::Invite ||
        extra.reliables[*known].cseq != rack.cseq)
        return;
    ReliableResponse &response = m_out[index].reliables[*known];
    Reliable &beside = extra.reliables[*known];
    const bool nearer = seen.hop == beside.hop && beside.prackHop != beside.hop;
    // With credentials after 401 or 407 the PRACK is a new one for the same response.
    const bool again =
        seen.hop == beside.prackHop && (response.prackStatus == 401 || response.prackStatus == 407);
    if (response.prack.valid() && !nearer && !again)
        return;
    response.prack = seen.fact.row;
    response.prackFinal = {};
    response.prackStatus = 0;
    beside.prackHop = seen.hop;
    beside.prackTransaction = seen.transaction;
    const Pracked pracked{index, *known};
    if (const std::uint32_t *before = m_byPrack.find({seen.transaction})) {
        m_pracked[*before] = pracked;
        return;
    }
    m_byPrack.put({seen.transaction}, static_cast<std::uint32_t>(m_pracked.size()));
    m_pracked.push_back(pracked);
}

void DialogFold::prackResponse(const Sighting &seen)
{
    const std::uint32_t *found = m_byPrack.find({seen.transaction});
    if (found == nullptr || seen.row.status < 200)
        return;
    const auto [dialog, index] = m_pracked[*found];
    ReliableResponse &response = m_out[dialog].reliables[index];
    if (response.prackFinal.valid() ||
        m_extra[dialog].reliables[index].prackTransaction != seen.transaction)
        return;
    response.prackFinal = seen.fact.row;
    response.prackStatus = seen.row.status;
}

void DialogFold::bye(const Sighting &seen)
{
    if (const std::uint32_t index = of(seen.row); index != kNone)
        end(m_out[index], seen.row.time);
}

void DialogFold::earlyMedia(const Sighting &seen)
{
    const std::uint32_t index =
        seen.fact.earlyMedia ? byTag(seen.row.status != 0 ? seen.row.toTag : seen.row.fromTag)
                             : kNone;
    if (index == kNone)
        return;
    if (const auto message =
            sip::readBeginning(m_trace.text(seen.fact.row), {sip::HeaderId::PEarlyMedia}))
        m_out[index].earlyMedia = message->value(sip::HeaderId::PEarlyMedia);
}

void DialogFold::finish()
{
    for (std::size_t i = 0; i < m_out.size(); ++i) {
        EarlyDialog &dialog = m_out[i];
        for (std::size_t k = 0; k < dialog.provisionals.size(); ++k) {
            const RowId row = dialog.provisionals[k];
            if (m_trace.row(row).status == 180 && !dialog.alerting) {
                dialog.alerting = true;
                dialog.firstAlerting = row;
            }
            if (m_extra[i].facts[k]->hasSdp && !dialog.firstSdp.valid())
                dialog.firstSdp = row;
        }
    }
}

} // namespace calls
