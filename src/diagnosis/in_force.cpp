// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/in_force.h>

#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>

namespace diagnosis {
namespace {

constexpr std::uint32_t kNoDialog = ~0U;

bool opensDialogs(const trace::Row &row)
{
    return row.status == 0 && row.method == sip::Method::Invite && row.toTag == 0;
}

bool sameAddress(const Evidence &evidence, const Described &a, const Described &b)
{
    const auto *const first = evidence.sdp(a.row).audio(), *const second =
                                                               evidence.sdp(b.row).audio();
    return first != nullptr && second != nullptr && !first->connection.empty() &&
           first->connection == second->connection;
}

/// Reads the rows of one dialog in order.
class Exchanges
{
public:
    Exchanges(const Evidence &evidence, std::uint32_t dialog)
        : m_evidence(evidence), m_dialog(dialog)
    {
        const auto &dialogs = evidence.call.earlyDialogs;
        m_calleeTag = dialog < dialogs.size() ? dialogs[dialog].toTag : std::string_view();
    }
    std::vector<Described> read();

private:
    bool requestByCaller(const trace::Row &row) const;
    void request(const calls::CallRow &place, const calls::Transaction &transaction);
    void response(const calls::CallRow &place, const calls::Transaction &transaction);
    Described &add(trace::RowId row, const calls::Transaction &transaction, bool byCaller);
    void answer(trace::RowId row, const calls::Transaction &transaction, bool byCaller,
                trace::RowId offer);
    void replaceBefore(const Described &by, base::Instant when);
    const Described *lateOffer(const calls::Transaction &transaction) const;
    bool wentOn(const calls::Transaction &invite) const;

    const Evidence &m_evidence;
    std::uint32_t m_dialog;
    std::string_view m_calleeTag;
    std::vector<Described> m_out;
};

std::vector<Described> Exchanges::read()
{
    const auto &call = m_evidence.call;
    m_out.reserve(8);
    for (const auto index : tellingRows(m_evidence, m_dialog)) {
        const auto &place = call.rows[index];
        if (place.transaction >= call.transactions.size() || !m_evidence.describesMedia(place.row))
            continue;
        if (m_out.size() >= kMostDescriptions)
            break;
        const auto &transaction = call.transactions[place.transaction];
        if (m_evidence.trace.row(place.row).status == 0)
            request(place, transaction);
        else
            response(place, transaction);
    }
    return std::move(m_out);
}

bool Exchanges::requestByCaller(const trace::Row &row) const
{
    return m_calleeTag.empty() || m_evidence.trace.tag(row.fromTag) != m_calleeTag;
}

Described &Exchanges::add(trace::RowId row, const calls::Transaction &transaction, bool byCaller)
{
    Described described;
    described.row = row;
    described.byCaller = byCaller;
    described.from = m_evidence.time(row);
    const base::Instant answered = m_evidence.call.answered;
    const bool final = m_evidence.trace.row(row).status / 100 == 2 &&
                       transaction.method == sip::Method::Invite && !transaction.inDialog;
    if (final && answered.known()) // on its way over the hops it is no early description yet
        described.from = std::max(described.from, answered);
    described.method = transaction.method;
    described.cseq = transaction.cseq;
    described.pair = m_evidence.trace.row(row).pair;
    return m_out.emplace_back(described);
}

/// What was sent before by the same side, to the same neighbour or for the same socket, no longer
/// holds. Descriptions of one transaction on several hops, and its previews, stand side by side.
void Exchanges::replaceBefore(const Described &by, base::Instant when)
{
    for (Described &old : m_out) {
        if (old.row == by.row || old.byCaller != by.byCaller || old.from > by.from ||
            old.until.known())
            continue;
        const bool samePair = old.pair == by.pair;
        const bool sameTransaction = old.method == by.method && old.cseq == by.cseq;
        if (sameTransaction ? samePair && old.answers && by.answers
                            : samePair || sameAddress(m_evidence, old, by))
            old.until = when;
    }
}

void Exchanges::answer(trace::RowId row, const calls::Transaction &transaction, bool byCaller,
                       trace::RowId offer)
{
    Described &mine = add(row, transaction, byCaller);
    mine.answers = mine.agreed = true;
    mine.offer = offer;
    const Described copy = mine;
    replaceBefore(copy, copy.from);
    for (Described &each : m_out) {
        if (each.row != offer || each.answers)
            continue;
        each.agreed = true;
        const Described offered = each;
        replaceBefore(offered, copy.from);
        break;
    }
}

/// The callee's offer in a response, which this ACK or PRACK answers.
const Described *Exchanges::lateOffer(const calls::Transaction &transaction) const
{
    const Described *found = nullptr;
    for (const Described &each : m_out) {
        const bool late = !each.answers && each.method == sip::Method::Invite &&
                          m_evidence.trace.row(each.row).status != 0;
        if (!late || (transaction.method == sip::Method::Ack && each.cseq != transaction.cseq))
            continue;
        // Answered by another request already, the PRACK brings an offer of its own.
        const bool taken = std::any_of(m_out.begin(), m_out.end(), [&](const Described &other) {
            return other.answers && other.offer == each.row &&
                   (other.method != transaction.method || other.cseq != transaction.cseq);
        });
        if (!taken && (found == nullptr || each.pair == transaction.pair))
            found = &each;
    }
    return found;
}

void Exchanges::request(const calls::CallRow &place, const calls::Transaction &transaction)
{
    const bool byCaller = requestByCaller(m_evidence.trace.row(place.row));
    switch (transaction.method) {
    case sip::Method::Invite:
    case sip::Method::Update:
        break;
    case sip::Method::Prack:
    case sip::Method::Ack:
        if (const auto *const late = lateOffer(transaction); late != nullptr) {
            answer(place.row, transaction, byCaller, late->row);
            return;
        }
        if (transaction.method == sip::Method::Ack)
            return;
        break;
    default:
        return;
    }
    Described &offer = add(place.row, transaction, byCaller);
    // Refused, it never was anything but an offer (RFC 3261 section 14.1, RFC 3311 section 5.1).
    if (transaction.finalStatus >= 300 && transaction.finalResponse.valid())
        offer.until = m_evidence.time(transaction.finalResponse);
}

/// Another exchange of the dialog was completed since the INVITE.
bool Exchanges::wentOn(const calls::Transaction &invite) const
{
    return std::any_of(m_out.begin(), m_out.end(), [&](const Described &each) {
        return each.answers && (each.method != invite.method || each.cseq != invite.cseq) &&
               each.from > invite.started;
    });
}

void Exchanges::response(const calls::CallRow &place, const calls::Transaction &transaction)
{
    const auto &row = m_evidence.trace.row(place.row);
    if (row.status <= 100 || row.status >= 300)
        return;
    const bool byCaller = !requestByCaller(row);
    const auto request = transaction.request;
    if (transaction.method == sip::Method::Invite) {
        if (wentOn(transaction))
            return;
        if (!lacksSdp(m_evidence, request)) {
            answer(place.row, transaction, byCaller,
                   request.valid() && hasSdp(m_evidence, request) ? request : trace::RowId{});
            return;
        }
        const bool answered = std::any_of(m_out.begin(), m_out.end(), [&](const Described &each) {
            return each.answers && each.byCaller != byCaller && each.from >= transaction.started;
        });
        if (!answered)
            add(place.row, transaction, byCaller);
        return;
    }
    const bool offers =
        transaction.method == sip::Method::Update || transaction.method == sip::Method::Prack;
    if (offers && row.status >= 200 && !lacksSdp(m_evidence, request))
        answer(place.row, transaction, byCaller, request);
}

} // namespace

std::vector<std::uint32_t> tellingRows(const Evidence &evidence, std::uint32_t earlyDialog)
{
    if (!evidence.telling) { // in one pass: a call may have thousands of both
        std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> all;
        const auto &rows = evidence.call.rows;
        for (std::uint32_t i = 0; i < rows.size(); ++i) {
            const auto &row = evidence.trace.row(rows[i].row);
            const bool tells = trace::isMessage(row.kind) && (row.hasSdp || row.earlyMedia);
            if (tells && !rows[i].original.valid() &&
                (rows[i].earlyDialog != kNoDialog || opensDialogs(row)))
                all[rows[i].earlyDialog].push_back(i);
        }
        evidence.telling = std::make_shared<const decltype(all)>(std::move(all));
    }
    std::vector<std::uint32_t> out;
    for (const auto dialog : {kNoDialog, earlyDialog})
        if (const auto found = evidence.telling->find(dialog);
            found != evidence.telling->end() && (dialog != kNoDialog || out.empty()))
            out.insert(out.end(), found->second.begin(), found->second.end());
    std::sort(out.begin(), out.end());
    return out;
}

const std::vector<Described> &descriptions(const Evidence &evidence, std::uint32_t earlyDialog)
{
    auto &known = evidence.descriptions[earlyDialog];
    if (!known)
        known =
            std::make_shared<const std::vector<Described>>(Exchanges(evidence, earlyDialog).read());
    return *known;
}

const Described *inForce(const Evidence &evidence, std::uint32_t earlyDialog, bool byCaller,
                         base::Instant when)
{
    const Described *found = nullptr;
    for (const Described &each : descriptions(evidence, earlyDialog)) {
        if (each.byCaller != byCaller || each.from > when ||
            (each.until.known() && each.until <= when))
            continue;
        if (found == nullptr || each.agreed || !found->agreed)
            found = &each;
    }
    return found;
}

trace::RowId earlyDescription(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    if (earlyDialog >= dialogs.size() || !dialogs[earlyDialog].firstSdp.valid())
        return {};
    const auto first = dialogs[earlyDialog].firstSdp;
    const auto end = earlyEnd(evidence, earlyDialog) - std::chrono::nanoseconds(1);
    const auto *const found =
        inForce(evidence, earlyDialog, false, std::max(end, evidence.time(first)));
    return found != nullptr ? found->row : first;
}

} // namespace diagnosis
