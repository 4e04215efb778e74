// SPDX-License-Identifier: Apache-2.0
// Private to calls: what the fold needs of one message beyond its trace row, small, without the
// message's text. Taken once when the row is filed; texts are offsets into the trace's copy.
#pragma once

#include <cstdint>
#include <string_view>
#include <trace/trace.h>

namespace calls {

struct Span {
    std::uint32_t at = 0;
    std::uint32_t length = 0;
};

struct Fact {
    trace::RowId row;
    Span branch, sentBy, earlyMedia;
    std::uint32_t rseq = 0;     // of a response, or the one a PRACK's RAck names
    std::uint32_t rackCseq = 0; // PRACK only
    sip::Method rackMethod = sip::Method::Unknown;
    std::uint8_t viaCount = 0;
    bool reliable = false; // RFC 3262 section 3: Require: 100rel and RSeq in a 101-199
    bool hasSdp = false;
    std::size_t hash = 0; // of the whole text
};

Fact factOf(const trace::Trace &trace, trace::RowId row, const sip::Message *message);

inline std::string_view view(const trace::Trace &trace, const Fact &fact, Span span)
{
    return trace.text(fact.row).substr(span.at, span.length);
}

} // namespace calls
