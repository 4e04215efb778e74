// SPDX-License-Identifier: Apache-2.0
// Private to lab: the registrar's table (RFC 3261 section 10.3, RFC 5626 section 6), bounded.
// Peers' thread.
#pragma once

#include <base/time.h>
#include <sip/message.h>
#include <string>
#include <vector>

namespace lab {

struct Binding {
    std::string aor, contact; // the contact as a URI
    std::string instance;     // without quotes, empty: none
    std::uint32_t regId = 0;  // 0: not an outbound binding
    std::vector<std::string> path;
    std::string callId;
    std::uint32_t cseq = 0;
    base::Instant expires;

    std::string contactValue(base::Instant now) const; // as a REGISTER's 2xx lists it
};

/// Outcome of a REGISTER: the status and, for 2xx, whether outbound was granted.
struct Registered {
    int status = 200;
    bool outbound = false;
};

class Bindings
{
public:
    Registered add(const sip::Message &request, base::Instant now);
    /// In the order they are to be tried: instance by instance, lowest reg-id first.
    std::vector<Binding> of(std::string_view aor, base::Instant now) const;
    void remove(const Binding &binding);

private:
    void put(Binding binding, base::Instant now);

    std::vector<Binding> m_bindings;
};

/// scheme:user@host:port of a URI, without parameters: what an address of record is compared by.
std::string addressOfRecord(std::string_view uri);

} // namespace lab
