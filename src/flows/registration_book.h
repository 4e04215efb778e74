// SPDX-License-Identifier: Apache-2.0
// The fold of REGISTERs and their responses into one registration per address-of-record, with every
// binding its newest 2xx lists (RFC 3261 section 10.3). Rows in order of time; one thread at a
// time. Bounded: further addresses-of-record are counted and left out.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <trace/trace.h>
#include <unordered_set>
#include <vector>

namespace flows {

struct BoundContact { // as the registrar listed it
    std::string uri, instance, q, publicGruu, temporaryGruu;
    std::optional<std::uint32_t> regId;
    std::optional<std::uint32_t> expires; // seconds from the 2xx on
    base::Instant until;                  // unknown: the 2xx does not say
};

enum class RegistrationState : std::uint8_t {
    Pending,    // no final response
    Challenged, // 401 or 407 is the last word
    Registered,
    Removed, // by expires 0 or "*"
    Unbound, // a 2xx without any contact, though one was asked for
    Expired,
    Failed,
};
std::string_view registrationStateText(RegistrationState state); // "registered", ...

struct RegistrationEvent {
    base::Instant time;
    trace::RowId row;
    int status = 0; // 0: the request
    std::string text;
};

struct Registration {
    std::string aor; // sip:bob@example.test
    std::vector<std::string> callIds;
    std::vector<BoundContact> contacts;
    std::vector<std::string> path, serviceRoute; // of the newest 2xx
    base::Endpoint userAgent, registrar;         // the first and the last hop that were captured
    base::Transport transport = base::Transport::Unknown;
    std::string userAgentName, registrarName; // User-Agent and Server
    std::optional<std::uint32_t> flowTimer;   // seconds, of the same 2xx
    std::optional<std::uint32_t> asked;       // seconds the newest REGISTER asked for
    bool outboundAsked = false;               // reg-id and instance-id (RFC 5626 section 4.2)
    bool outboundGranted = false; // Require: outbound in the newest 2xx to one that binds
    int status = 0;               // the newest final response, challenges too
    std::optional<std::uint32_t> leastExpires; // Min-Expires of a 423
    std::uint32_t requests = 0, refreshes = 0; // without retransmissions; 2xx after the first
    base::Instant first, last, registered;     // registered: the newest 2xx that left a binding
    std::vector<RegistrationEvent> events;     // newest last, at most 64

    RegistrationState stateAt(base::Instant now) const;
    bool removing = false; // the newest REGISTER takes its binding away
};

class RegistrationBook
{
public:
    explicit RegistrationBook(const trace::Trace &trace, std::size_t capacity = 65536)
        : m_trace(trace), m_capacity(capacity)
    {
    }

    /// A REGISTER or a response to one; anything else is passed over.
    void add(trace::RowId row, const sip::Message &message);
    /// In order of appearance.
    const std::vector<Registration> &all() const { return m_list; }
    std::uint64_t leftOut() const { return m_leftOut; }

private:
    struct Asked { // the newest REGISTER of a Call-ID, while its responses are awaited
        std::size_t place = 0;
        std::uint32_t cseq = 0;
        std::size_t vias = 0; // of the hop next to the user agent
        bool told = false;    // its final response was noted
        int status = 0;
        bool query = false;
        bool removes = false;
    };
    void request(trace::RowId row, const sip::Message &message);
    void response(trace::RowId row, const sip::Message &message);
    void bound(Registration &to, const Asked &asked, trace::RowId row, const sip::Message &message);
    Registration *ensure(const std::string &aor);

    const trace::Trace &m_trace;
    std::size_t m_capacity;
    std::vector<Registration> m_list;
    std::map<std::string, std::size_t, std::less<>> m_places; // by AOR
    std::map<std::uint32_t, Asked> m_asked;                   // by Call-ID
    std::unordered_set<std::size_t> m_branches;               // of REGISTERs, hashed
    std::uint64_t m_leftOut = 0;
};

} // namespace flows
