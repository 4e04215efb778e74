// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/srtp_refused.h>

#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>

namespace diagnosis {

trace::RowId keyOf(const Evidence &evidence, const BoundStream &bound)
{
    trace::RowId found;
    for (const Described &each : descriptions(evidence, bound.earlyDialog)) {
        if (each.byCaller == bound.towardsCaller)
            continue;
        const auto *const audio = evidence.sdp(each.row).audio();
        if (audio != nullptr && audio->attribute("crypto"))
            found = each.row;
    }
    return found;
}

} // namespace diagnosis
