// SPDX-License-Identifier: Apache-2.0
// Private to calls: the early dialogs of the call's initial INVITE. One per To-tag however many
// hops it was seen at; what the originator got stands for it where that was captured. Lives for one
// fold of one call.
#pragma once

#include <calls/call.h>
#include <calls/fact.h>
#include <calls/few_index.h>
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
    // Flat tables for the whole call: most calls are small, and there are very many of them.
    template <class Key> class Table
    {
    public:
        /// The value of a key, nullptr: it has none. Good until the next put().
        std::uint32_t *find(const Key &key)
        {
            const std::uint32_t at = place(key);
            return at != base::FlatIndex::kNone ? &m_entries[at].value : nullptr;
        }
        const std::uint32_t *find(const Key &key) const
        {
            const std::uint32_t at = place(key);
            return at != base::FlatIndex::kNone ? &m_entries[at].value : nullptr;
        }
        /// Of a key that has none.
        std::uint32_t &put(const Key &key, std::uint32_t value)
        {
            m_entries.push_back({key, value});
            m_index.added(m_entries.size(),
                          [this](std::uint32_t i) { return m_entries[i].key.hash(); });
            return m_entries.back().value;
        }

    private:
        std::uint32_t place(const Key &key) const
        {
            return m_index.find(
                m_entries.size(), [&](std::uint32_t i) { return m_entries[i].key == key; },
                [&] { return key.hash(); });
        }
        struct Entry {
            Key key;
            std::uint32_t value = 0;
        };
        std::vector<Entry> m_entries;
        FewIndex m_index;
    };
    struct Number {
        std::uint32_t value = 0;
        bool operator==(const Number &) const = default;
        std::uint64_t hash() const;
    };
    struct Response { // what tells one kind of provisional from the others, and where or which
        std::uint32_t dialog = 0, cseq = 0, rseq = 0, status = 0, at = 0;
        bool operator==(const Response &) const = default;
        std::uint64_t hash() const;
    };
    struct Rseq {
        std::uint32_t dialog = 0, rseq = 0;
        bool operator==(const Rseq &) const = default;
        std::uint64_t hash() const;
    };
    struct Reliable {
        std::uint32_t cseq = 0, hop = 0, prackHop = 0, prackTransaction = kNone;
        bool originator = false;
    };
    struct Extra {                       // beside each EarlyDialog
        std::vector<const Fact *> facts; // of its provisionals
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
    Table<Number> m_byTag;
    Table<Response> m_perHop;        // at: the hop. How many of the kind it has seen
    Table<Response> m_listed;        // at: the n-th of the kind. Its place among the provisionals
    Table<Rseq> m_byRseq;            // place among the dialog's reliable responses
    std::uint32_t m_tagless = kNone; // of a peer that knows no To-tags (RFC 3261 section 12.1.2)
    struct Pracked {
        std::uint32_t dialog = 0, index = 0;
    };
    std::vector<Pracked> m_pracked;
    Table<Number> m_byPrack; // by transaction: place in m_pracked
};

} // namespace calls
