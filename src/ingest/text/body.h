// SPDX-License-Identifier: Apache-2.0
// Private to ingest: where a message's body ends in a log. Its Content-Length counts the line ends
// that were on the wire; where the log changed them, both ways to count are tried. Linear in the
// body.
#pragma once

#include <cstdint>
#include <functional>
#include <ingest/text/lines.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::text {

struct BodyFacts {
    std::optional<std::uint64_t> length; // Content-Length
    bool typed = false;                  // there is a Content-Type
    bool sdp = false;
    bool mayHoldSip = false; // a start line in it ends nothing
};

/// A body whose bytes the log kept: where it ends. `told`: where the message ends by the size that
/// the log tells, 0: it does not.
std::size_t rawBodyEnd(std::string_view text, std::size_t begin, const BodyFacts &facts,
                       std::size_t told);

/// A body of which the lines are known, but not their ends.
class RestoredBody
{
public:
    using Next = std::function<std::optional<Line>(std::string_view &)>;

    RestoredBody(std::string_view text, const BodyFacts &facts, std::size_t begin)
        : m_text(text), m_facts(facts), m_begin(begin)
    {
    }
    /// Takes lines by `next`, which advances `at`; leaves `at` behind the body.
    std::string read(const Next &next, std::size_t &at);

private:
    bool ends(std::string_view line);
    bool counted(std::string_view line, std::size_t at);
    std::string join(std::size_t lines, std::string_view end, bool last) const;

    std::string_view m_text;
    const BodyFacts &m_facts;
    std::size_t m_begin;
    std::vector<std::string> m_lines;
    std::vector<std::size_t> m_behind; // where the log goes on behind each
    std::uint64_t m_bytes = 0;         // of the lines, without ends
    std::string m_exact;               // what fits the Content-Length
    std::size_t m_exactLines = 0;
    std::size_t m_likelyEnd = ~std::size_t{0}; // lines before the first that looks like one
    int m_empty = 0, m_odd = 0;                // lines: empty ones in a row, those that are no SDP
};

} // namespace ingest::text
