// SPDX-License-Identifier: Apache-2.0
// What happened inside Earshot to a call of its own, and what the network told of one.
#include <calls/fold.h>

#include <algorithm>
#include <base/network_error.h>

namespace calls {

using sip::Method;

namespace {

bool isFailure(const base::LocalEvent &event)
{
    switch (event.kind) {
    case base::LocalKind::ConnectionRefused:
    case base::LocalKind::Unreachable:
    case base::LocalKind::TimedOut:
    case base::LocalKind::Unresolvable:
    case base::LocalKind::SendFailed:
        return true;
    default:
        return event.code >= 300;
    }
}

} // namespace

void Fold::local(const Fact &fact, CallRow &out)
{
    const base::LocalEvent *event = m_trace.local(fact.row);
    out.earlyDialog = m_dialogs.byTag(m_trace.row(fact.row).toTag);
    if (fact.rseq != 0) // the network's word about one packet
        undelivered(fact, out);
    else if (event != nullptr && isFailure(*event))
        localFailure(fact, *event, out);
}

/// A transaction of which the network told that its request did not arrive may still be answered:
/// others send again. Nothing ends here. What was too large is sent again in smaller pieces: that
/// is not even a failure.
void Fold::undelivered(const Fact &fact, CallRow &out)
{
    const RowId about = m_trace.row(fact.row).undelivered();
    const auto place = std::find_if(m_call.rows.rbegin(), m_call.rows.rend(),
                                    [&](const CallRow &row) { return row.row == about; });
    if (!about.valid() || place == m_call.rows.rend())
        return;
    out.transaction = place->transaction;
    out.earlyDialog = place->earlyDialog;
    const base::LocalEvent *event = m_trace.local(fact.row);
    const bool tooLarge =
        event != nullptr && base::networkErrorOf(*event) == base::NetworkError::TooLarge;
    if (out.transaction == kNoIndex || m_trace.row(about).status != 0 || tooLarge)
        return;
    Transaction &transaction = m_call.transactions[out.transaction];
    if (transaction.finalStatus != 0 || transaction.localFailure.valid())
        return;
    transaction.localFailure = fact.row;
    transaction.finished = m_trace.row(fact.row).time;
}

/// The caller's request went nowhere, as far as the network tells, and nothing came of it.
void Fold::endUndelivered()
{
    if (m_call.state != State::Calling || m_attempt == kNoIndex)
        return;
    const Transaction &last = m_call.transactions[m_attempt];
    if (!last.localFailure.valid() || !m_trace.row(last.localFailure).undelivered().valid())
        return;
    m_call.state = State::Failed;
    m_call.ended = last.finished;
}

void Fold::localFailure(const Fact &fact, const base::LocalEvent &event, CallRow &out)
{
    // An ACK waits for nothing; that one did not leave is told right behind it, without a code.
    if (!m_requests.empty() && event.code == 0) {
        Transaction &newest = m_call.transactions[m_requests.back()];
        if (newest.method == Method::Ack && !newest.localFailure.valid()) {
            newest.localFailure = fact.row;
            out.transaction = m_requests.back();
            return;
        }
    }
    // It ended the newest transaction that still waits; those that do not any more are passed over
    // for good. A CANCEL has no outcome of its own: what fails then is the INVITE.
    while (!m_requests.empty()) {
        Transaction &transaction = m_call.transactions[m_requests.back()];
        const bool waits = transaction.finalStatus == 0 && transaction.method != Method::Ack &&
                           transaction.method != Method::Cancel;
        const bool fresh = !transaction.localFailure.valid();
        if (waits && fresh) {
            transaction.localFailure = fact.row;
            transaction.finished = m_trace.row(fact.row).time;
            out.transaction = m_requests.back();
            m_ringing.erase(out.transaction);
        }
        if (waits)
            break;
        m_requests.pop_back();
    }
    const base::Instant time = m_trace.row(fact.row).time;
    // A BYE that found no way: the caller is gone all the same (RFC 3261 section 15.1.1). What else
    // fails within the dialog is a note.
    if (m_call.state == State::Answered && out.transaction == kNoIndex && event.code >= 300 &&
        event.kind != base::LocalKind::Note) {
        m_call.state = State::Ended;
        m_call.ended = time;
        m_dialogs.endAll(time);
        return;
    }
    const bool ofInvite =
        out.transaction == kNoIndex || m_call.transactions[out.transaction].method == m_main;
    if (!open() || !ofInvite)
        return;
    m_call.state = State::Failed;
    m_call.finalStatus = event.code;
    m_call.ended = time;
    m_dialogs.endAll(time);
}

} // namespace calls
