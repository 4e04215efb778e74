// SPDX-License-Identifier: Apache-2.0
// A count with its noun, for sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

/// "1 packet was read", "3 packets were read".
inline std::string counted(std::uint64_t count, std::string_view one, std::string_view many)
{
    return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

/// Where an s makes the plural: "1 packet", "3 packets".
inline std::string counted(std::uint64_t count, std::string_view noun)
{
    return counted(count, noun, std::string(noun) + "s");
}

} // namespace base
