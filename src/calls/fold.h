// SPDX-License-Identifier: Apache-2.0
// Private to calls: one pass over the rows of a call in order, which gives the Call as its
// originator saw it. Lives for one snapshot.
#pragma once

#include <calls/dialogs.h>
#include <calls/transactions.h>

namespace calls {

/// Branches of one attempt that ring.
class Ringing
{
public:
    void insert(std::uint32_t transaction)
    {
        if (transaction >= m_rings.size())
            m_rings.resize(std::size_t{transaction} + 1, false);
        m_count += m_rings[transaction] ? 0 : 1;
        m_rings[transaction] = true;
    }
    void erase(std::uint32_t transaction)
    {
        if (transaction >= m_rings.size() || !m_rings[transaction])
            return;
        m_rings[transaction] = false;
        --m_count;
    }
    void clear()
    {
        if (m_count != 0)
            m_rings.assign(m_rings.size(), false);
        m_count = 0;
    }
    bool empty() const { return m_count == 0; }

private:
    std::vector<bool> m_rings; // by transaction
    std::size_t m_count = 0;
};

class Fold
{
public:
    Fold(const trace::Trace &trace, CallId id);
    /// `previous`: an earlier snapshot of this call or nullptr; saves reading its INVITE again.
    Call run(const std::vector<Fact> &facts, const Call *previous);

private:
    void message(const Fact &fact, CallRow &out);
    void request(const Sighting &seen);
    void initial(const Sighting &seen);
    void bye(const Sighting &seen);
    void acknowledged(const Sighting &seen);
    bool nothingCameBack(const Sighting &seen) const;
    void answerOfUnseen(const Sighting &seen);
    void response(const Sighting &seen);
    void initialResponse(const Sighting &seen);
    void answered(const Sighting &seen);
    void refused(const Sighting &seen);
    void local(const Fact &fact, CallRow &out);
    void undelivered(const Fact &fact, CallRow &out);
    void endUndelivered();
    void localFailure(const Fact &fact, const base::LocalEvent &event, CallRow &out);
    void classify(const std::vector<Fact> &facts, const std::vector<std::uint32_t> &order);
    void chooseReference(const std::vector<Fact> &facts, const std::vector<std::uint32_t> &order);
    void describe(const Call *previous);
    void describeUnsent();
    bool answersReference(const Fact &fact) const;
    bool fromOriginator(const Sighting &seen) const;
    bool open() const; // no outcome yet
    void attempt(std::uint32_t transaction, const trace::Row &row);
    bool ofAttempt(const Sighting &seen) const; // a branch of the originator's newest attempt
    bool undecided() const;                     // another branch of it may still be answered

    const trace::Trace &m_trace;
    Call m_call;
    TransactionFold m_transactions;
    DialogFold m_dialogs;
    std::vector<bool> m_originators; // by transaction
    sip::Method m_main = sip::Method::Invite;
    const Fact *m_reference = nullptr;     // the originator's first initial request
    bool m_begun = false;                  // it was met
    std::uint32_t m_attempt = kNoIndex;    // the originator's newest initial transaction
    std::uint32_t m_callerTag = 0;         // From-tag of that attempt, 0: unknown
    Ringing m_ringing;                     // branches of that attempt with a 1xx and no final
    RowId m_refusal;                       // the best of that attempt's refusals
    std::vector<std::uint32_t> m_requests; // transactions with a request, newest last
    RowId m_firstMessage;
    bool m_cancelled = false;
    bool m_anyResponse = false;
};

} // namespace calls
