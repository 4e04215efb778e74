// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace diagnosis::rules {
namespace {

bool refused(base::LocalKind kind)
{
    return kind == base::LocalKind::ConnectionRefused || kind == base::LocalKind::Unreachable;
}

/// The request the event is about: the newest one on the way at that moment.
trace::RowId requestBefore(const Evidence &evidence, trace::RowId event)
{
    trace::RowId found;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.localFailure == event && transaction.request.valid())
            return transaction.request;
        if (transaction.request.valid() &&
            evidence.time(transaction.request) <= evidence.time(event))
            found = transaction.request;
    }
    return found;
}

/// The call went on over another address (RFC 3263 section 4.3).
bool wentOn(const Evidence &evidence, base::Instant since)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(),
        [&](const auto &t) { return t.started >= since && t.finalStatus / 100 == 2; });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        const auto *const event = evidence.trace.local(entry.row);
        if (event == nullptr || !refused(event->kind))
            continue;
        const auto request = requestBefore(evidence, entry.row);
        if (!request.valid())
            continue;
        const auto &row = evidence.trace.row(request);
        const bool saved = wentOn(evidence, evidence.time(entry.row));
        auto &f = out.add("tx-icmp", saved ? Severity::Warning : Severity::Error, Grade::Seen,
                          fmt::format("{} to {} [1] was turned away after {}: {} [2].",
                                      sip::methodText(row.method), receiver(evidence, request),
                                      lasting(evidence.time(entry.row) - row.time),
                                      event->kind == base::LocalKind::ConnectionRefused
                                          ? "the port is closed"
                                          : "the address cannot be reached"));
        f.impact =
            saved ? "A delay only: another address took the request."
                  : "The request did not reach any SIP server; it counts as 503 for the sender.";
        f.evidence = {at(request, "the request"), at(entry.row, shown(event->sentence))};
        f.fixes = {{fmt::format("Start the SIP server on {} or correct the address.",
                                receiver(evidence, request)),
                    "operator", Action::None},
                   {"Check whether the server listens on another transport (UDP, TCP, TLS).",
                    "caller's user agent",
                    row.transport == base::Transport::Udp ? Action::CallOverTcp : Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_icmp;
const Rule tx_icmp{"tx-icmp",
                   "The request was turned away by the network",
                   Severity::Error,
                   "RFC 3261 section 18.4",
                   "503",
                   R"(
  0.00 alice>bob INVITE offer
* 0.01 local refused "192.0.2.20:5060 refused the connection."
)",
                   R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
  0.50 bob>alice 486 tag=b
  0.51 alice>bob ACK tag=b
)",
                   check};

} // namespace diagnosis::rules
