// SPDX-License-Identifier: Apache-2.0
#include <calls/direction.h>

#include <algorithm>
#include <set>

namespace calls {

namespace {

using sip::Method;

constexpr auto kNear = std::chrono::seconds(2);    // what belongs together comes within it
constexpr auto kRinging = std::chrono::minutes(3); // an INVITE and its answer (Timer C)
constexpr std::size_t kEnough = 2;                 // exchanges; one alone may be a lost packet

/// Does the request prove that its sender got a response that is not there?
bool provesResponse(const trace::Row &row)
{
    return row.method == Method::Ack || row.method == Method::Prack ||
           (row.method == Method::Bye && row.toTag != 0);
}

/// Does the missing half of the exchange lie so near to the file's beginning that it may have come
/// before?
bool atEdge(const Transaction &transaction, const trace::Trace &trace)
{
    const base::Duration since = transaction.started - trace.row({0}).time;
    const bool waited = !transaction.request.valid() && transaction.method == Method::Invite &&
                        trace.row(transaction.responses.front()).status != 100;
    return since < (waited ? base::Duration(kRinging) : base::Duration(kNear));
}

bool responseAlone(const Transaction &transaction)
{
    return !transaction.request.valid() && !transaction.responses.empty();
}

/// The call began here, its INVITE got no response, and something later shows that there was one.
bool beganUnanswered(const Call &call, const trace::Trace &trace)
{
    if (!call.invite.valid())
        return false;
    const base::Instant begun = trace.row(call.invite).time;
    return std::any_of(call.transactions.begin(), call.transactions.end(), responseAlone) ||
           std::any_of(call.rows.begin(), call.rows.end(), [&](const CallRow &place) {
               const trace::Row &row = trace.row(place.row);
               return trace::isMessage(row.kind) && row.status == 0 && row.time >= begun &&
                      provesResponse(row);
           });
}

/// Half exchanges show that the other halves were not captured, if there are several and one lies
/// well within the file. At its edges halves are ordinary.
bool halvesShowIt(const Call &call, const trace::Trace &trace)
{
    std::size_t halves = 0;
    bool inside = false;
    for (const Transaction &transaction : call.transactions) {
        const bool request =
            transaction.request.valid() && provesResponse(trace.row(transaction.request));
        const bool proof =
            responseAlone(transaction) || (request && transaction.method != Method::Bye);
        halves += proof || request ? 1 : 0;
        inside = inside || (proof && !atEdge(transaction, trace));
    }
    return halves >= kEnough && inside;
}

/// Of such calls both directions were captured, whatever else is missing.
bool answeredSomewhere(const Call &call)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(),
                       [](const Transaction &transaction) {
                           return transaction.request.valid() && !transaction.responses.empty();
                       });
}

} // namespace

Captured capturedOf(const Call &call, const trace::Trace &trace)
{
    // Of a single exchange the other half may lie outside the capture.
    if (call.kind != Kind::Call || answeredSomewhere(call) ||
        (!beganUnanswered(call, trace) && !halvesShowIt(call, trace)))
        return Captured::Both;
    bool requests = false, responses = false;
    std::set<std::pair<base::Address, base::Address>> ways;
    for (const CallRow &place : call.rows) {
        const trace::Row &row = trace.row(place.row);
        if (!trace::isMessage(row.kind) || row.pair == 0)
            continue;
        (row.status == 0 ? requests : responses) = true;
        ways.emplace(trace.source(place.row).address, trace.destination(place.row).address);
    }
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
