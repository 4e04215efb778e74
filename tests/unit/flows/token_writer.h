// SPDX-License-Identifier: Apache-2.0
// Writes flow tokens as Kamailio does, for the tests of what reads them.
#pragma once

#include <algorithm>
#include <array>
#include <base/text.h>
#include <flows/flow.h>

namespace flows_test {

inline std::string octets(const base::Endpoint &endpoint, bool ipv6)
{
    std::string out(reinterpret_cast<const char *>(endpoint.address.bytes.data()), ipv6 ? 16 : 4);
    out += static_cast<char>(endpoint.port >> 8U);
    out += static_cast<char>(endpoint.port & 0xFFU);
    return out;
}

/// `mac`: ten octets.
inline std::string encodeToken(const flows::FlowToken &token, std::string_view mac)
{
    constexpr std::array kTransports{base::Transport::Udp, base::Transport::Tcp,
                                     base::Transport::Tls, base::Transport::Sctp,
                                     base::Transport::Ws,  base::Transport::Wss};
    const bool ipv6 = token.edge.address.family == 6;
    const auto *const found = std::find(kTransports.begin(), kTransports.end(), token.transport);
    const auto number = static_cast<unsigned>(found - kTransports.begin()) + 1;
    std::string out(mac);
    out += static_cast<char>(number | (ipv6 ? 0x80U : 0U));
    return base::base64(out + octets(token.edge, ipv6) + octets(token.userAgent, ipv6));
}

} // namespace flows_test
