// SPDX-License-Identifier: Apache-2.0
#include <calls/fact.h>

namespace calls {

Fact factOf(const trace::Trace &trace, trace::RowId id)
{
    const trace::Row &row = trace.row(id);
    Fact fact;
    fact.row = id;
    fact.hash = row.hash;
    fact.rseq = row.rseq;
    fact.viaCount = row.viaCount;
    fact.reliable = row.reliable;
    fact.hasSdp = row.hasSdp;
    fact.earlyMedia = row.earlyMedia;
    return fact;
}

} // namespace calls
