// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/orphans.h>

namespace diagnosis {

std::vector<trace::RowId> orphansOf(const Evidence &evidence, const calls::Transaction &request)
{
    std::vector<trace::RowId> out;
    if (!request.request.valid() || request.method == sip::Method::Ack)
        return out;
    const auto &sent = evidence.trace.row(request.request);
    const auto source = evidence.trace.source(request.request);
    const auto target = evidence.trace.destination(request.request);
    for (const auto &t : evidence.call.transactions) {
        if (t.request.valid() || t.responses.empty() || t.method != request.method ||
            t.cseq != request.cseq)
            continue;
        const auto first = t.responses.front();
        const auto &row = evidence.trace.row(first);
        if (row.time >= sent.time && row.fromTag == sent.fromTag &&
            evidence.trace.source(first) == target && evidence.trace.destination(first) == source)
            out.insert(out.end(), t.responses.begin(), t.responses.end());
    }
    return out;
}

} // namespace diagnosis
