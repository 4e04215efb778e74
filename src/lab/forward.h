// SPDX-License-Identifier: Apache-2.0
// Private to lab: what proxies and user agents do to the messages they pass on (RFC 3261 sections
// 16 and 18).
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <optional>
#include <sip/message.h>
#include <sip/write.h>
#include <string>
#include <vector>

namespace lab {

/// A message taken apart so that headers can be changed; text() writes it again.
class Draft
{
public:
    explicit Draft(const sip::Message &message);

    void uri(std::string value) { m_uri = std::move(value); }
    /// Before all others of its name.
    void prepend(sip::HeaderId id, std::string value);
    void append(sip::HeaderId id, std::string value);
    void remove(sip::HeaderId id);
    /// The first value of a list header; the rest stays.
    void removeFirst(sip::HeaderId id);
    void replaceFirst(sip::HeaderId id, std::string value);
    std::optional<std::string> first(sip::HeaderId id) const;
    std::string text() const;

private:
    struct Field {
        sip::HeaderId id;
        std::string name, value;
    };
    std::string m_method, m_uri, m_reason, m_contentType, m_body;
    int m_status = 0;
    std::vector<Field> m_fields; // list headers split, one value each
};

/// The top Via as the receiver completes it (RFC 3261 section 18.2.1, RFC 3581 section 4).
std::string receivedVia(std::string_view via, const base::Endpoint &source);
/// An answer of our own with its top Via completed so.
Draft completed(const sip::Writer &answer, const base::Endpoint &source);
/// Where a response goes, by the Via that is on top (RFC 3261 section 18.2.2, RFC 3581 section 4).
std::optional<base::Endpoint> responseTarget(std::string_view via);
std::string viaValue(base::Transport transport, const base::Endpoint &local,
                     std::string_view branch);
/// host:port of a URI whose host is a loopback address; the lab resolves no names.
std::optional<base::Endpoint> uriEndpoint(std::string_view uri);
bool formsDialog(sip::Method method);

} // namespace lab
