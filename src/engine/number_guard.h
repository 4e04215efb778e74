// SPDX-License-Identifier: Apache-2.0
// Numbers that a test call must not reach by accident: emergency services, premium rates,
// satellites. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace engine {

/// What kind of number `user` (of a SIP URI, escapes and parameters included) is, as a clause;
/// nullopt: none of those. Knows the common ones, not every country's.
std::optional<std::string> riskyNumber(std::string_view user);

} // namespace engine
