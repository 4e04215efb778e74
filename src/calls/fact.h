// SPDX-License-Identifier: Apache-2.0
// Private to calls: what the fold needs of one row, beside the row itself. Nothing of it is kept:
// the trace's row holds all of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <trace/trace.h>

namespace calls {

struct Fact {
    trace::RowId row;
    std::uint32_t hash = 0;    // of the whole text
    std::uint32_t rseq = 0;    // of a response, or the one a PRACK's RAck names
    std::uint8_t viaCount = 0; // requests
    bool reliable = false;     // RFC 3262 section 3: Require: 100rel and RSeq in a 101-199
    bool hasSdp = false;
    bool earlyMedia = false; // a P-Early-Media header
};

Fact factOf(const trace::Trace &trace, trace::RowId row);

inline std::string_view branchOf(const trace::Trace &trace, const Fact &fact)
{
    return trace.row(fact.row).branch();
}
inline std::string_view sentByOf(const trace::Trace &trace, const Fact &fact)
{
    return trace.row(fact.row).sentBy();
}

} // namespace calls
