// SPDX-License-Identifier: Apache-2.0
// The articles of resources/articles, embedded at build time (add_texts in layers.cmake).
#pragma once

#include <span>
#include <string_view>

namespace diagnosis {

struct Text {
    std::string_view name; // file name without extension: "430", "183-430"
    std::string_view text; // Markdown
};
std::span<const Text> articles();
/// The article for a code or rule, empty if there is none.
std::string_view article(std::string_view name);

} // namespace diagnosis
