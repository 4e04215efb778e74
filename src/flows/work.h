// SPDX-License-Identifier: Apache-2.0
// Private to flows: the table's entries and the ways to find one. Owned by FlowTable, analysis
// thread only.
#pragma once

#include <array>
#include <deque>
#include <flows/flow_table.h>
#include <list>
#include <map>
#include <unordered_map>
#include <utility>

namespace flows {

constexpr std::size_t kMostEvents = 256; // of a flow, the newest

struct Ends { // both directions of one connection, or of one pair of UDP sockets
    base::Endpoint low, high;
    bool datagrams = false;
    bool operator==(const Ends &) const = default;
};
Ends endsOf(const base::Endpoint &a, const base::Endpoint &b, base::Transport transport);

struct EndsHash {
    std::size_t operator()(const Ends &ends) const noexcept;
};

struct Entry {
    Flow flow;
    std::uint64_t registerKey = 0; // Call-ID and CSeq of the newest REGISTER, 0: none
    bool removes = false;          // that REGISTER takes the binding away
    bool atUserAgent = false;      // the hop of the user agent itself was captured
    bool answersPings = false;
    bool unreachable = false;   // told by the network, and no response came over it since
    bool disowned = false;      // by its edge, and nothing came over it from there since
    base::Instant waitingSince; // the ping that waits for a pong, if none came after it
    base::Instant ended;        // when a connection between these ends was last closed or reset
    std::shared_ptr<const Flow> published;
};

class Entries
{
public:
    using List = std::list<Entry>; // longest unseen first

    explicit Entries(std::size_t capacity) : m_capacity(capacity) {}

    Entry *byId(FlowId id);
    Entry *byEnds(const Ends &ends);
    Entry *byRegister(std::uint64_t key);
    Entry *byOwn(const std::string &aor, std::uint32_t regId);
    Entry *byToken(std::string_view token);
    Entry &make();
    /// The entry's present ends, REGISTER and own name, so that the look-ups above find it.
    void bindEnds(Entry &entry, const base::Endpoint &userAgent, const base::Endpoint &edge,
                  base::Transport transport);
    void bindRegister(Entry &entry, std::uint64_t key);
    void bindOwn(Entry &entry, const std::string &aor, std::uint32_t regId);
    void bindToken(Entry &entry, std::string token); // empty: it has none any more
    void remove(FlowId id);
    void touch(Entry &entry, base::Instant time); // seen now: last to be evicted
    List &all() { return m_list; }
    std::uint64_t evicted() const { return m_evicted; }

private:
    template <class Map, class Key> static void forget(Map &map, const Key &key, FlowId id);

    std::size_t m_capacity;
    List m_list;
    std::unordered_map<std::uint32_t, List::iterator> m_byId;
    std::unordered_map<Ends, FlowId, EndsHash> m_byEnds;
    std::unordered_map<std::uint64_t, FlowId> m_byRegister;
    std::map<std::pair<std::string, std::uint32_t>, FlowId> m_byOwn;
    std::map<std::string, FlowId, std::less<>> m_byToken;
    std::uint32_t m_next = 0;
    std::uint64_t m_evicted = 0;
};

struct FlowTable::Work {
    explicit Work(std::size_t capacity) : entries(capacity) {}

    struct Waiting {
        FlowId flow;
        base::Instant since;
        trace::RowId row;
        base::Instant until; // no pong by then: it is missing
        bool deferred = false;
    };
    Entries entries;
    std::array<std::deque<Waiting>, 2> pings; // without a pong so far, oldest first: CRLF, STUN
    std::vector<FlowId> touched;

    FlowEvent &note(Entry &entry, Happening what, trace::RowId row, base::Instant time, int status,
                    std::string text);
    void changed(Entry &entry);

    void ownReport(const trace::Trace &trace, trace::RowId row);
    void registerRequest(const trace::Trace &trace, trace::RowId row, const sip::Message &message);
    void registerResponse(const trace::Trace &trace, trace::RowId row, const sip::Message &message);
    void used(const trace::Trace &trace, trace::RowId row, const sip::Message &message);
    void answeredOver(const trace::Trace &trace, Entry &entry, trace::RowId row, base::Instant time,
                      const sip::Message &message);
    void keepAlive(const trace::Trace &trace, trace::RowId row);
    void pong(Entry &entry, trace::RowId row, base::Instant time,
              const std::optional<base::Endpoint> &mapped);
    void closed(const trace::Trace &trace, trace::RowId row);
    void unreachable(const trace::Trace &trace, trace::RowId row);
    void disowned(const trace::Trace &trace, trace::RowId refusal, trace::RowId asked,
                  const sip::Message &request);
    void missingPongs(const trace::Trace &trace, trace::RowId newest);
    void absorb(Entry &own, const Entry &wire);
    Entry *at(const trace::Trace &trace, trace::RowId row);
};

} // namespace flows
