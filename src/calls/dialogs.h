// SPDX-License-Identifier: Apache-2.0
// Private to calls: the early dialogs of the call's initial INVITE. One per To-tag however many
// hops it was seen at; what the originator got stands for it where that was captured. Lives for one
// fold of one call.
#pragma once

#include <calls/call.h>
#include <calls/fact.h>
#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace calls {

/// Where a row was seen, as far as dialogs care.
struct Sighting {
    const Fact &fact;
    const trace::Row &row;
    std::uint32_t transaction = 0;
    std::uint32_t hop = 0;
    bool originator = false; // in a transaction of the call's originator
    bool repeat = false;
};

class DialogFold
{
public:
    DialogFold(const trace::Trace &trace, std::vector<EarlyDialog> &out)
        : m_trace(trace), m_out(out)
    {
    }

    /// A 101-199 or 2xx to the initial INVITE.
    void provisional(const Sighting &seen);
    void answer(const Sighting &seen);
    /// A 3xx-6xx to the initial INVITE: ends the dialog of its tag, or all of them where it was the
    /// originator's outcome.
    void refusal(const Sighting &seen, bool outcome);
    void prack(const Sighting &seen);
    void prackResponse(const Sighting &seen);
    void bye(const Sighting &seen);
    /// P-Early-Media towards the caller (RFC 5009 section 8), in whatever message.
    void earlyMedia(const Sighting &seen);
    void endAll(base::Instant time);
    void finish();

    /// The dialog a row belongs to by either tag, kNone if to none.
    std::uint32_t of(const trace::Row &row) const;
    std::uint32_t byTag(std::uint32_t tag) const;
    static constexpr std::uint32_t kNone = ~0U;

private:
    using Signature = std::tuple<std::uint32_t, int, std::uint32_t>; // CSeq, status, RSeq
    struct Reliable {
        std::uint32_t cseq = 0, hop = 0, prackHop = 0, prackTransaction = kNone;
        bool originator = false;
    };
    struct Extra {                       // beside each EarlyDialog
        std::vector<const Fact *> facts; // of its provisionals
        std::map<Signature, std::vector<std::uint32_t>> listed;
        std::map<std::pair<Signature, std::uint32_t>, std::uint32_t> perHop;
        std::unordered_map<std::uint32_t, std::uint32_t> byRseq;
        std::vector<Reliable> reliables;
        bool answerAtOriginator = false;
    };

    std::uint32_t open(const trace::Row &row);
    void list(std::uint32_t dialog, const Sighting &seen);
    void reliable(std::uint32_t dialog, const Sighting &seen);
    void end(EarlyDialog &dialog, base::Instant time);

    const trace::Trace &m_trace;
    std::vector<EarlyDialog> &m_out;
    std::vector<Extra> m_extra;
    std::vector<std::uint32_t> m_early; // not yet ended by another's 2xx
    std::unordered_map<std::uint32_t, std::uint32_t> m_byTag;
    std::uint32_t m_tagless = kNone; // of a peer that knows no To-tags (RFC 3261 section 12.1.2)
    std::unordered_map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>>
        m_byPrack; // transaction -> dialog, index
};

} // namespace calls
