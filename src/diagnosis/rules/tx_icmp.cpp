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

/// What did not arrive: the network quotes it, or the newest request on the way at that moment.
trace::RowId undelivered(const Evidence &evidence, trace::RowId event)
{
    const trace::Row &row = evidence.trace.row(event);
    if (row.mediaUndelivered())
        return {};
    if (row.undelivered().valid())
        return row.undelivered();
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

/// Another address took it (RFC 3263 section 4.3), or it was sent again and arrived.
bool wentOn(const Evidence &evidence, trace::RowId about, base::Instant since)
{
    const auto *const transaction = transactionOf(evidence.call, about);
    if (transaction != nullptr && evidence.trace.row(about).status == 0 &&
        std::any_of(transaction->responses.begin(), transaction->responses.end(),
                    [&](trace::RowId row) { return evidence.time(row) >= since; }))
        return true;
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(),
        [&](const auto &t) { return t.started >= since && t.finalStatus / 100 == 2; });
}

struct Refusal {
    trace::RowId about, event; // the first of its kind
    std::uint64_t count = 0;
};

std::string subject(const Evidence &evidence, trace::RowId about)
{
    const trace::Row &row = evidence.trace.row(about);
    const auto method = methodOf(evidence.trace, about);
    return row.status == 0 ? method : fmt::format("The {} for {}", row.status, method);
}

void report(const Evidence &evidence, const Refusal &refusal, Findings &out)
{
    const auto &row = evidence.trace.row(refusal.about);
    const auto *const event = evidence.trace.local(refusal.event);
    const auto when = evidence.time(refusal.event);
    const bool saved = wentOn(evidence, refusal.about, when);
    const auto to = receiver(evidence, refusal.about);
    const bool response = row.status != 0;
    auto &f = out.add("tx-icmp", saved ? Severity::Warning : Severity::Error, Grade::Seen,
                      fmt::format("{} to {} [1] was turned away after {}: {} [2].{}",
                                  subject(evidence, refusal.about), to, lasting(when - row.time),
                                  event->kind == base::LocalKind::ConnectionRefused
                                      ? "the port is closed"
                                      : "the address cannot be reached",
                                  refusal.count > 1
                                      ? fmt::format(" This happened {} times.", refusal.count)
                                      : std::string()));
    f.impact = saved      ? "A delay only: it was sent again, or to another address, and answered."
               : response ? "The one who asked does not get the answer at this address."
                          : "The request did not reach any SIP server; it counts as 503 for the "
                            "sender.";
    f.evidence = {at(refusal.about, response ? "the response" : "the request"),
                  at(refusal.event, shown(event->sentence))};
    if (response) {
        f.fixes = {
            {"Send responses to where the request came from (rport, RFC 3581), and keep that "
             "port open until the transaction ends.",
             "sender of the request", Action::None}};
        return;
    }
    f.fixes = {{fmt::format("Start the SIP server on {} or correct the address.", to), "operator",
                Action::None},
               {"Check whether the server listens on another transport (UDP, TCP, TLS).",
                "caller's user agent",
                row.transport == base::Transport::Udp ? Action::CallOverTcp : Action::None}};
}

/// One finding for each address that was not reached.
void check(const Evidence &evidence, Findings &out)
{
    constexpr std::size_t kMost = 8;
    std::vector<Refusal> refusals;
    for (const auto &entry : evidence.call.rows) {
        const auto *const event = evidence.trace.local(entry.row);
        if (event == nullptr || !refused(event->kind))
            continue;
        const auto about = undelivered(evidence, entry.row);
        if (!about.valid())
            continue;
        const auto pair = evidence.trace.row(about).pair;
        const auto known =
            std::find_if(refusals.begin(), refusals.end(), [&](const Refusal &refusal) {
                return evidence.trace.row(refusal.about).pair == pair;
            });
        if (known != refusals.end())
            ++known->count;
        else if (refusals.size() < kMost)
            refusals.push_back({about, entry.row, 1});
    }
    for (const Refusal &refusal : refusals)
        report(evidence, refusal, out);
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
