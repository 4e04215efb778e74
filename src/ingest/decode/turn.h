// SPDX-License-Identifier: Apache-2.0
// Media on its way between a client and its TURN server (RFC 8656). Pure.
#pragma once

#include <optional>
#include <string_view>

namespace ingest::decode {

/// What a UDP datagram carries as ChannelData (section 12.4) or within a Send or Data indication
/// (section 11), if that is RTP, RTCP, STUN or DTLS; nullopt: it is no such datagram.
std::optional<std::string_view> behindTurn(std::string_view datagram);

} // namespace ingest::decode
