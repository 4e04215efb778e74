// SPDX-License-Identifier: Apache-2.0
// Private to engine: the addresses that 3xx responses named, best first, each called once (RFC 3261
// section 8.1.3.4). A plain value on the engine's thread.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <sip/message.h>
#include <string>

namespace engine {

class Redirects
{
public:
    /// Takes the Contacts of a 3xx. What cannot be called is left out.
    void take(const sip::Message &response);
    /// Was called already, so that a Contact that names it again is a loop.
    void called(const std::string &uri);
    /// The next address to try, at most kMost in all; nullopt: none is left.
    std::optional<std::string> next();

private:
    std::deque<std::string> m_waiting;
    std::set<std::string> m_called;
};

/// Who a 3xx sends us to, for a sentence: "sip:a@b, sip:c@d".
std::string contactsText(const sip::Message &response);

} // namespace engine
