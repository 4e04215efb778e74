// SPDX-License-Identifier: Apache-2.0
#include <calls/fold.h>

#include <calls/order.h>

namespace calls {

using sip::Method;

namespace {

bool belongsToInvite(Method method)
{
    switch (method) {
    case Method::Invite:
    case Method::Ack:
    case Method::Bye:
    case Method::Cancel:
    case Method::Prack:
    case Method::Update:
    case Method::Info:
        return true;
    default:
        return false;
    }
}

} // namespace

Fold::Fold(const trace::Trace &trace, CallId id)
    : m_trace(trace), m_transactions(trace, m_call.transactions),
      m_dialogs(trace, m_call.earlyDialogs)
{
    m_call.id = id;
    m_call.callId = trace.callId(id);
}

bool Fold::open() const
{
    return m_call.state == State::Unknown || m_call.state == State::Calling ||
           m_call.state == State::Proceeding || m_call.state == State::Early;
}

Call Fold::run(const std::vector<Fact> &facts, const Call *previous)
{
    const std::vector<std::uint32_t> order = inOrder(m_trace, facts);
    classify(facts, order);
    m_call.rows.reserve(order.size());
    m_transactions.expect(order.size());
    for (const std::uint32_t index : order) {
        const Fact &fact = facts[index];
        CallRow row;
        row.row = fact.row;
        const trace::Row &filed = m_trace.row(fact.row);
        if (filed.kind == trace::RowKind::Local)
            local(fact, row);
        else
            message(fact, row);
        m_call.rows.push_back(row);
        if (m_call.rows.size() == 1)
            m_call.first = filed.time;
        m_call.last = std::max(m_call.last, filed.time); // a cause may be stamped later
    }
    endUndelivered();
    m_dialogs.finish();
    for (CallRow &row : m_call.rows) { // early dialogs may begin after rows that belong to them
                                       // (same stamp, other hop)
        if (row.earlyDialog == kNoIndex)
            row.earlyDialog = m_dialogs.of(m_trace.row(row.row));
    }
    describe(previous);
    return std::move(m_call);
}

void Fold::classify(const std::vector<Fact> &facts, const std::vector<std::uint32_t> &order)
{
    bool invite = false, any = false;
    Method first = Method::Invite;
    for (const std::uint32_t index : order) {
        const trace::Row &row = m_trace.row(facts[index].row);
        if (row.kind == trace::RowKind::Local) { // a flow that did not come as far as a REGISTER
            const base::LocalEvent *event = m_trace.local(facts[index].row);
            if (!any && event != nullptr && event->flow)
                first = Method::Register;
            continue;
        }
        if (!any)
            first = row.method;
        any = true;
        invite = invite || belongsToInvite(row.method);
    }
    m_main = invite ? Method::Invite : first;
    chooseReference(facts, order);
    m_call.kind = m_main == Method::Invite     ? Kind::Call
                  : m_main == Method::Register ? Kind::Registration
                                               : Kind::Other;
}

void Fold::message(const Fact &fact, CallRow &out)
{
    const trace::Row &row = m_trace.row(fact.row);
    if (!m_firstMessage.valid())
        m_firstMessage = fact.row;
    const Filed filed = m_transactions.file(fact);
    m_originators.resize(m_call.transactions.size(), false);
    out.transaction = filed.transaction;
    out.original = filed.original;
    out.copy = filed.copy;
    if (filed.original.valid() && !filed.copy)
        ++m_call.retransmissions;
    if (filed.copy) {
        out.earlyDialog = m_dialogs.of(row);
        return;
    }

    Sighting seen{fact,
                  row,
                  filed.transaction,
                  m_transactions.hop(filed.transaction),
                  false,
                  filed.original.valid()};
    if (row.status == 0) {
        if (filed.opened)
            m_requests.push_back(filed.transaction);
        if (row.method == m_main && row.toTag == 0 && (filed.opened || &fact == m_reference))
            initial(seen);
        seen.originator = m_originators[filed.transaction];
        request(seen);
    } else {
        if (filed.opened && row.method == m_main &&
            (m_reference == nullptr || answersReference(fact))) {
            m_originators[filed.transaction] =
                true; // else seen from the middle: the best view there is
            attempt(filed.transaction, row);
        }
        seen.originator = m_originators[filed.transaction];
        response(seen);
    }
    m_dialogs.earlyMedia(seen);
    out.earlyDialog = m_dialogs.of(row);
}

void Fold::initial(const Sighting &seen)
{
    const bool first = &seen.fact == m_reference;
    if (first)
        m_call.invite = seen.fact.row;
    m_begun = m_begun || first;
    if (!m_begun || (!first && !fromOriginator(seen)))
        return;
    m_originators[seen.transaction] = true;
    attempt(seen.transaction, seen.row);
    // A new attempt of the originator goes on with the same call: with credentials after 401 or 407
    // (RFC 3261 section 22.2), to another server after a failure (RFC 3263 section 4.3), a refresh
    // of a registration.
    if (first ? m_call.state != State::Unknown
              : open() || (m_call.kind == Kind::Call && m_call.state == State::Answered))
        return;
    m_call.state = State::Calling;
    m_call.finalStatus = 0;
    m_call.finalResponse = {};
    m_call.ended = {};
    m_cancelled = false;
    m_refusal = {};
    if (m_call.kind == Kind::Call) { // of a call before under the same Call-ID
        m_call.winner = kNoIndex;
        m_call.answered = {};
        m_call.bye = {};
    }
}

/// Branches of one forked request share their CSeq number; a new attempt counts on.
void Fold::attempt(std::uint32_t transaction, const trace::Row &row)
{
    if (m_attempt != kNoIndex &&
        m_call.transactions[m_attempt].cseq != m_call.transactions[transaction].cseq) {
        m_ringing.clear();
        m_refusal = {};
    }
    m_attempt = transaction;
    m_callerTag = row.fromTag;
}

bool Fold::ofAttempt(const Sighting &seen) const
{
    return seen.originator && m_attempt != kNoIndex &&
           m_call.transactions[seen.transaction].cseq == m_call.transactions[m_attempt].cseq;
}

bool Fold::undecided() const
{
    return !m_ringing.empty() || m_call.transactions[m_attempt].finalStatus == 0;
}

void Fold::request(const Sighting &seen)
{
    switch (seen.row.method) {
    case Method::Cancel:
        m_cancelled = true;
        m_ringing.erase(m_transactions.cancelled(seen.fact));
        break;
    case Method::Prack:
        if (!seen.repeat)
            m_dialogs.prack(seen);
        if (nothingCameBack(seen))
            m_call.state = State::Early;
        break;
    case Method::Bye:
        if (!seen.repeat)
            bye(seen);
        break;
    case Method::Ack:
        acknowledged(seen);
        break;
    default:
        break;
    }
}

void Fold::bye(const Sighting &seen)
{
    const std::uint32_t dialog = m_dialogs.of(seen.row);
    m_dialogs.bye(seen);
    const bool farLeg = dialog == kNoIndex && m_callerTag != 0 && seen.row.fromTag != m_callerTag &&
                        seen.row.toTag != m_callerTag;
    const bool ofWinner =
        dialog == kNoIndex || m_call.winner == kNoIndex || dialog == m_call.winner;
    if (m_call.kind != Kind::Call || farLeg || !ofWinner)
        return;
    const bool ends =
        m_call.state == State::Answered || m_call.state == State::Unknown || nothingCameBack(seen);
    if (ends) {
        m_call.state = State::Ended;
        m_call.ended = seen.row.time;
    }
    if (ends || !m_call.bye.valid())
        m_call.bye = seen.fact.row;
}

/// An ACK of a 2xx proves that the originator got it, even where that hop's responses were not
/// captured.
void Fold::acknowledged(const Sighting &seen)
{
    if (nothingCameBack(seen)) {
        // Section 17.1.1.3: the ACK of a failure has the INVITE's branch, that of a 2xx its own.
        const bool failed = m_call.transactions[seen.transaction].method == Method::Invite;
        m_call.state = !failed ? State::Answered : m_cancelled ? State::Cancelled : State::Failed;
        (failed ? m_call.ended : m_call.answered) = seen.row.time;
        return;
    }
    const std::uint32_t dialog = m_dialogs.byTag(seen.row.toTag);
    if (m_call.kind != Kind::Call || !open() || dialog == kNoIndex || m_reference == nullptr)
        return;
    const EarlyDialog &confirmed = m_call.earlyDialogs[dialog];
    if (!confirmed.answer.valid() || !fromOriginator(seen))
        return;
    m_call.state = State::Answered;
    m_call.winner = dialog;
    m_call.finalResponse = confirmed.answer;
    m_call.finalStatus = m_trace.row(confirmed.answer).status;
    m_call.answered = m_trace.row(confirmed.answer).time;
}

/// The capture lacks the direction towards the caller: what he sends in the dialog tells what he
/// got.
bool Fold::nothingCameBack(const Sighting &seen) const
{
    const bool open = m_call.state == State::Calling || m_call.state == State::Early;
    return m_call.kind == Kind::Call && open && m_reference != nullptr && m_attempt != kNoIndex &&
           !m_anyResponse && seen.row.toTag != 0 && fromOriginator(seen);
}

/// The capture lacks the direction of the requests: a BYE or CANCEL shows by its answer alone.
void Fold::answerOfUnseen(const Sighting &seen)
{
    if (m_call.transactions[seen.transaction].request.valid() || seen.repeat ||
        seen.row.status / 100 != 2 || m_call.kind != Kind::Call)
        return;
    m_cancelled = m_cancelled || seen.row.method == Method::Cancel;
    if (seen.row.method != Method::Bye ||
        (m_call.state != State::Answered && m_call.state != State::Unknown))
        return;
    m_call.state = State::Ended;
    m_call.ended = seen.row.time;
}

void Fold::response(const Sighting &seen)
{
    const bool inDialog = m_call.transactions[seen.transaction].inDialog;
    m_anyResponse = true;
    answerOfUnseen(seen);
    if (seen.row.method == Method::Prack)
        m_dialogs.prackResponse(seen);
    if (seen.row.method != m_main || inDialog)
        return;
    if (ofAttempt(seen) && !seen.repeat) {
        if (seen.row.status >= 200)
            m_ringing.erase(seen.transaction);
        else if (m_call.transactions[seen.transaction].finalStatus == 0)
            m_ringing.insert(seen.transaction);
    }
    // A back-to-back user agent that hands the Call-ID on has its own From-tag on the far leg.
    const bool nearLeg = seen.originator || seen.row.fromTag == m_callerTag;
    if (m_call.kind == Kind::Call && nearLeg) {
        if (seen.row.status > 100 && seen.row.status < 200)
            m_dialogs.provisional(seen);
        else if (seen.row.status >= 200 && seen.row.status < 300)
            m_dialogs.answer(seen);
        else if (seen.row.status >= 300 && !seen.repeat)
            m_dialogs.refusal(seen, ofAttempt(seen) && !undecided());
    }
    if (seen.originator && !seen.repeat)
        initialResponse(seen);
}

void Fold::initialResponse(const Sighting &seen)
{
    const int status = seen.row.status;
    if (status >= 300) {
        refused(seen);
        return;
    }
    if (status >= 200) {
        answered(seen);
        return;
    }
    if (status > 100 && status != 199 && !m_call.firstProvisional.valid())
        m_call.firstProvisional = seen.fact.row;
    if (!open())
        return;
    if (status > 100 && seen.row.toTag != 0 && m_call.kind == Kind::Call)
        m_call.state = State::Early;
    else if (m_call.state != State::Early)
        m_call.state = State::Proceeding;
}

void Fold::answered(const Sighting &seen)
{
    // A forking proxy that saw one branch refused may still get the answer of another.
    const bool ofOtherBranch =
        m_call.finalResponse.valid() && ofAttempt(seen) &&
        (m_call.state == State::Failed || m_call.state == State::Cancelled) &&
        m_call.transactions[seen.transaction].finalResponse == seen.fact.row;
    if (!open() && !ofOtherBranch)
        return;
    m_call.state = State::Answered;
    if (m_call.kind == Kind::Call || !m_call.answered.known()) // not the refresh of a registration
        m_call.answered = seen.row.time;
    m_call.finalStatus = seen.row.status;
    m_call.finalResponse = seen.fact.row;
    m_call.ended = {};
    if (m_call.kind != Kind::Call)
        return;
    m_call.winner = m_dialogs.of(seen.row);
    m_call.bye = {}; // one before the answer ended another early dialog
}

void Fold::refused(const Sighting &seen)
{
    if (!open() || !ofAttempt(seen))
        return;
    // Of several branches the best response counts (RFC 3261 section 16.7): a 6xx most, a 487 is
    // what was cancelled because of another.
    const int best = m_refusal.valid() ? m_trace.row(m_refusal).status : 487;
    if (best == 487 || (seen.row.status >= 600 && best < 600))
        m_refusal = seen.fact.row;
    if (undecided())
        return;
    const int status = m_trace.row(m_refusal).status;
    // 487 is the INVITE's own answer to a CANCEL (RFC 3261 section 9.2) and to the BYE of an early
    // dialog (section 15.1.2).
    const bool givenUp = m_cancelled || m_call.bye.valid();
    m_call.state = status == 487 && givenUp ? State::Cancelled : State::Failed;
    m_call.finalStatus = status;
    m_call.finalResponse = m_refusal;
    m_call.ended = seen.row.time;
}

} // namespace calls
