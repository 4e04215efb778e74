// SPDX-License-Identifier: Apache-2.0
// Private to ingest: takes one SIP message out of a log, with what the log did to it undone: a
// prefix on each line, line ends lost or written as escapes, CRs shown as dots. Linear in what it
// takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::text {

/// Where a start line stands.
struct Start {
    std::size_t line = 0;    // where its line begins
    std::size_t begin = 0;   // of the message
    bool bare = false;       // nothing stands before it: SIP as it is, however odd
    std::string_view prefix; // what stands before it
};

/// The start line that holds "SIP/2.0" at `at`, in the line that begins at `line`; nullopt: other
/// text that has this word in it.
std::optional<Start> startAround(std::string_view text, std::size_t line, std::size_t at);

struct Collected {
    std::string_view view; // the message as it stands in the log; empty: it had to be restored
    std::string restored;
    std::size_t next = 0;      // where the log goes on
    bool lineEndsLost = false; // and restored as CRLF
    bool cut = false;          // the log holds only the beginning
    std::string_view message() const { return view.empty() ? std::string_view(restored) : view; }
};

/// nullopt: what follows the start line are no headers. `bytes`: the size that the log tells, 0:
/// none.
std::optional<Collected> collect(std::string_view text, const Start &start, std::uint64_t bytes);

/// Does this line surely stand behind the message before it: the head of another, a kind's own end?
bool isHead(std::string_view line);
/// Or likely: a border, a line of the log that begins with its time.
bool isBoundary(std::string_view line);

} // namespace ingest::text
