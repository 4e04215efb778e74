// SPDX-License-Identifier: Apache-2.0
#include <base/network_error.h>

namespace base {

NetworkError networkErrorOf(const LocalEvent &event)
{
    if (event.kind == LocalKind::ConnectionRefused)
        return NetworkError::PortClosed;
    const auto says = [&](std::string_view words) {
        return event.sentence.find(words) != std::string::npos;
    };
    if (says(kTooLargeForTheWay) || says(kFragmentsLost))
        return NetworkError::TooLarge;
    return says(kHopLimitExceeded) ? NetworkError::HopLimit : NetworkError::Unreachable;
}

std::string_view networkErrorText(NetworkError error)
{
    switch (error) {
    case NetworkError::PortClosed:
        return "the port is closed";
    case NetworkError::TooLarge:
        return "it was too large to pass, whole or in fragments";
    case NetworkError::HopLimit:
        return "it ran out of hops on the way";
    case NetworkError::Unreachable:
        break;
    }
    return "the address cannot be reached";
}

} // namespace base
