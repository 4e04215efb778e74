// SPDX-License-Identifier: Apache-2.0
// Private to lab: the edge's flow token (RFC 5626 section 5.2): signed, yet readable by whoever
// looks at the trace.
#pragma once

#include <base/endpoint.h>
#include <optional>
#include <string>
#include <string_view>

namespace lab {

class TokenMaker
{
public:
    TokenMaker(); // a fresh key, as after every start of an edge
    std::string token(const base::Endpoint &edge, const base::Endpoint &userAgent) const;
    /// The user agent's endpoint; nothing: tampered with, or another edge's.
    std::optional<base::Endpoint> userAgent(const base::Endpoint &edge,
                                            std::string_view token) const;

private:
    std::string m_key;
};

/// First `bytes` octets of HMAC-SHA1.
std::string keyedHash(std::string_view key, std::string_view text, std::size_t bytes);

} // namespace lab
