// SPDX-License-Identifier: Apache-2.0
// Private to engine: the addresses that 3xx responses named, best first, each called once (RFC 3261
// section 8.1.3.4), and why some are not called at all. A plain value on the engine's thread.
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
    /// Takes the Contacts of a 3xx.
    void take(const sip::Message &response);
    /// Was called already, so that a Contact that names it again is a loop.
    void called(const std::string &uri);
    /// The next address to try, at most kMost in all; nullopt: none is left.
    std::optional<std::string> next();
    /// A 305 named it: the call goes through it, to whom it was for (RFC 3261 section 21.3.4).
    bool isProxy(const std::string &uri) const { return m_proxies.contains(uri); }
    /// next() gave it, but it is not called: a sentence.
    void refuse(const std::string &uri, const std::string &why);
    /// Sentences, one behind the other: which of those that were named are not called, and why.
    /// They are told once. Empty: none.
    std::string refused();

private:
    void pass(std::string_view uri, std::string_view why);

    std::deque<std::string> m_waiting;
    std::set<std::string> m_called, m_proxies;
    std::string m_refused;
};

/// Who a 3xx sends us to, for a sentence: "sip:a@b, sip:c@d".
std::string contactsText(const sip::Message &response);

} // namespace engine
