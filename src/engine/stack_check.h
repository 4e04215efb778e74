// SPDX-License-Identifier: Apache-2.0
// Private to engine: what the SIP stack would make of a request that came over a connection. It
// answers a request that it cannot parse with 400 and closes the connection behind it, which costs
// a registered flow for one bad message; so it is asked before. Engine thread.
#pragma once

#include <deque>
#include <optional>
#include <sip/message.h>
#include <string>
#include <string_view>

namespace engine {

/// What the stack finds wrong with a request ("a header Contact that cannot be read"); nullopt: it
/// would take it, or it is no request. Linear in the length of `text`.
std::optional<std::string> stackObjection(std::string_view text);

/// A request with nothing but its start line and what an answer needs (RFC 3261 section 8.2.6),
/// for one that the stack objects to; nullopt: not even that can be read, or it must not be
/// answered (an ACK), or it would mean something else without the rest (a request within a dialog,
/// except BYE).
std::optional<std::string> leastRequest(std::string_view text);

/// Requests that were handed on without what was wrong with them: they get 400. Bounded.
class Unreadable
{
public:
    void add(const sip::Message &request);
    bool knows(const sip::Message &request) const;

private:
    std::deque<std::string> m_requests; // Call-ID and CSeq, the newest last
};

} // namespace engine
