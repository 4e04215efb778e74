// SPDX-License-Identifier: Apache-2.0
// What the network tells of a packet that did not arrive (ICMP): the words its readers write and
// its judges know again. A local event holds them in its sentence, so that they survive in a file.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <string_view>

namespace base {

inline constexpr std::string_view kTooLargeForTheWay = "packet too large for the way";
inline constexpr std::string_view kFragmentsLost = "fragments of the packet were lost";
inline constexpr std::string_view kHopLimitExceeded = "hop limit exceeded on the way";

enum class NetworkError : std::uint8_t {
    PortClosed,  // the host is there, nobody listens
    Unreachable, // no way to the host, or a filter on it
    TooLarge,    // the host is there: this packet was too large to pass, whole or in fragments
    HopLimit,    // it went in a circle
};
/// `event`: as the decoder of ICMP tells it.
NetworkError networkErrorOf(const LocalEvent &event);
/// "the port is closed": one clause.
std::string_view networkErrorText(NetworkError error);

} // namespace base
