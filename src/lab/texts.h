// SPDX-License-Identifier: Apache-2.0
// The scenarios of resources/lab, embedded at build time (add_texts in layers.cmake).
#pragma once

#include <span>
#include <string_view>

namespace lab {

struct Text {
    std::string_view name; // "early-media"
    std::string_view text; // TOML
};
std::span<const Text> stories();

} // namespace lab
