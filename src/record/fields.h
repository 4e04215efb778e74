// SPDX-License-Identifier: Apache-2.0
// The machine-readable line in a packet comment of our session files: one flat JSON object of
// strings and whole numbers. Read without trust: anybody may write a comment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace record {

class Fields
{
public:
    /// Empty text and zero are left out: what is not there reads as just that.
    Fields &text(std::string_view name, std::string_view value);
    Fields &number(std::string_view name, std::int64_t value);
    std::string json() const; // {"earshot":1,...}

    /// The last line of a comment; nullopt: it is none of ours, or of a version we do not know.
    static std::optional<Fields> parse(std::string_view comment);
    std::string_view text(std::string_view name) const;
    std::int64_t number(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> m_texts;
    std::vector<std::pair<std::string, std::int64_t>> m_numbers;
};

} // namespace record
