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
    std::uint16_t length = 0; // 0 as well for what is longer than any sane value
};

struct Fact {
    trace::RowId row;
    std::uint32_t hash = 0; // of the whole text
    std::uint32_t rseq = 0; // of a response, or the one a PRACK's RAck names
    std::uint32_t branchAt = 0, sentByAt = 0;
    std::uint16_t branchLength = 0, sentByLength = 0;
    std::uint8_t viaCount = 0; // requests
    bool reliable = false;     // RFC 3262 section 3: Require: 100rel and RSeq in a 101-199
    bool hasSdp = false;
    bool earlyMedia = false; // a P-Early-Media header
};

Fact factOf(const trace::Trace &trace, trace::RowId row, const sip::Message *message);

inline std::string_view branchOf(const trace::Trace &trace, const Fact &fact)
{
    return trace.text(fact.row).substr(fact.branchAt, fact.branchLength);
}
inline std::string_view sentByOf(const trace::Trace &trace, const Fact &fact)
{
    return trace.text(fact.row).substr(fact.sentByAt, fact.sentByLength);
}

struct RAck { // RFC 3262 section 7.2
    std::uint32_t rseq = 0, cseq = 0;
    sip::Method method = sip::Method::Unknown;
};
RAck readRAck(std::string_view value);

} // namespace calls
