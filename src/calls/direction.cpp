// SPDX-License-Identifier: Apache-2.0
#include <calls/direction.h>

#include <algorithm>
#include <set>

namespace calls {

namespace {

using sip::Method;

/// Does the request prove that its sender got a response that is not there?
bool provesResponse(const trace::Row &row)
{
    return row.method == Method::Ack || row.method == Method::Prack ||
           (row.method == Method::Bye && row.toTag != 0);
}

} // namespace

Captured capturedOf(const Call &call, const trace::Trace &trace)
{
    if (call.kind != Kind::Call) // of a single exchange the other half may lie outside the capture
        return Captured::Both;
    bool requests = false, responses = false, answered = false, proof = false;
    std::set<std::pair<base::Address, base::Address>> ways;
    for (const CallRow &place : call.rows) {
        const trace::Row &row = trace.row(place.row);
        if (!trace::isMessage(row.kind) || row.pair == 0)
            continue;
        (row.status == 0 ? requests : responses) = true;
        proof = proof || (row.status == 0 && provesResponse(row));
        ways.emplace(trace.source(place.row).address, trace.destination(place.row).address);
    }
    for (const Transaction &transaction : call.transactions) {
        answered = answered || (transaction.request.valid() && !transaction.responses.empty());
        proof = proof || (!transaction.request.valid() && !transaction.responses.empty());
    }
    if (answered || !proof)
        return Captured::Both;
    if (!responses)
        return Captured::RequestsOnly;
    if (!requests)
        return Captured::ResponsesOnly;
    const bool back = std::any_of(ways.begin(), ways.end(), [&](const auto &way) {
        return ways.contains({way.second, way.first});
    });
    return back ? Captured::Both : Captured::OneWay;
}

} // namespace calls
