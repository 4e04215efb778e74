// SPDX-License-Identifier: Apache-2.0
// Private to sip: is a header written as nearly all are, so that a check could find nothing wrong
// with it? A quick yes is certain; no means that the parser has to look. Every text here stands in
// one line of printable ASCII.
#pragma once

#include <cstdint>
#include <sip/message.h>
#include <string_view>

namespace sip {

/// A bit for each header whose value isFlawless() never looks at, of those that stand in nearly all
/// messages.
constexpr std::uint64_t kAnything = [] {
    std::uint64_t out = 0;
    for (const HeaderId id : {HeaderId::ContentType, HeaderId::ContentLength, HeaderId::Supported,
                              HeaderId::Allow, HeaderId::Server, HeaderId::UserAgent})
        out |= 1ULL << static_cast<unsigned>(id);
    return out;
}();

bool isFlawlessUri(std::string_view uri);
/// A From, To or other header of an address, and its tag parameter; untouched: there is none.
bool readAddress(HeaderId id, std::string_view value, std::string_view &tag);
/// One Via, its sent-by as Digest has it and its branch parameter. False: both may be anything.
bool readVia(std::string_view value, std::string_view &sentBy, std::string_view &branch);
/// Another header we know, the first of its kind or one that may stand more than once.
bool isFlawless(HeaderId id, std::string_view value);
/// One we do not know.
bool isFlawlessOther(std::string_view name, std::string_view value);

} // namespace sip
