// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/network_error.h>
#include <diagnosis/conclude.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <unordered_set>

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
        // One that was answered did arrive: a later request did not, such as its CANCEL.
        if (transaction.localFailure == event && transaction.request.valid() &&
            transaction.responses.empty())
            return transaction.request;
        const bool answered = !transaction.responses.empty() &&
                              evidence.time(transaction.responses.front()) <= evidence.time(event);
        if (transaction.request.valid() && !answered &&
            evidence.time(transaction.request) <= evidence.time(event))
            found = transaction.request;
    }
    return found;
}

using base::NetworkError;

using RowSet = std::unordered_set<std::uint32_t>;

/// All messages of the call that the network turned away.
RowSet refusedRows(const Evidence &evidence)
{
    RowSet rows;
    for (const auto &entry : evidence.call.rows)
        if (const auto about = evidence.trace.row(entry.row).undelivered(); about.valid())
            rows.insert(about.value);
    return rows;
}

/// The ACK for the final response of an INVITE; invalid: none was seen.
trace::RowId acknowledgement(const Evidence &evidence, const trace::Row &final)
{
    for (const auto &entry : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(entry.row);
        if (trace::isMessage(row.kind) && row.status == 0 && row.method == sip::Method::Ack &&
            row.cseq == final.cseq && row.toTag == final.toTag)
            return entry.row;
    }
    return {};
}

/// Another address took it (RFC 3263 section 4.3), or it was sent again and arrived.
bool requestWentOn(const Evidence &evidence, const calls::Transaction *transaction,
                   base::Instant since)
{
    if (transaction != nullptr &&
        std::any_of(transaction->responses.begin(), transaction->responses.end(),
                    [&](trace::RowId row) { return evidence.time(row) >= since; }))
        return true;
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(),
        [&](const auto &t) { return t.started >= since && t.finalStatus / 100 == 2; });
}

/// Another copy of it, or a later response to the same request, was not turned away.
bool responseWentOn(const Evidence &evidence, const calls::Transaction *transaction,
                    const RowSet &refusals, base::Instant since)
{
    if (transaction == nullptr)
        return false;
    const auto arrived = [&](trace::RowId row) {
        return evidence.time(row) >= since && !refusals.contains(row.value);
    };
    return std::any_of(transaction->responses.begin(), transaction->responses.end(), arrived) ||
           std::any_of(transaction->responseRepeats.begin(), transaction->responseRepeats.end(),
                       arrived);
}

enum class Harm : std::uint8_t { None, Delay, Lost };

Harm harmOf(const Evidence &evidence, const RowSet &refusals, trace::RowId about,
            base::Instant when)
{
    const trace::Row &row = evidence.trace.row(about);
    const auto *const transaction = transactionOf(evidence.call, about);
    if (row.status == 0)
        return requestWentOn(evidence, transaction, when) ? Harm::Delay : Harm::Lost;
    // Who hung up may be gone before the answer comes; nobody waits for it.
    if (row.method == sip::Method::Bye || row.method == sip::Method::Cancel)
        return Harm::None;
    if (row.method == sip::Method::Invite && row.status >= 200) {
        if (const auto ack = acknowledgement(evidence, row); ack.valid())
            return evidence.time(ack) <= when ? Harm::None : Harm::Delay;
    }
    return responseWentOn(evidence, transaction, refusals, when) ? Harm::Delay : Harm::Lost;
}

struct Refusal {
    trace::RowId about, event; // the first one of the worst harm
    Harm harm = Harm::None;
    NetworkError error = NetworkError::Unreachable;
    std::uint64_t count = 0;
};

std::string subject(const Evidence &evidence, trace::RowId about)
{
    const trace::Row &row = evidence.trace.row(about);
    const auto method = methodOf(evidence.trace, about);
    return row.status == 0 ? method : fmt::format("The {} for {}", row.status, method);
}

std::string impactOf(const Refusal &refusal, bool response)
{
    switch (refusal.harm) {
    case Harm::None:
        return "None: the call had ended, or the response had arrived before.";
    case Harm::Delay:
        return "A delay only: it was sent again, or to another address, and arrived.";
    case Harm::Lost:
        break;
    }
    if (refusal.error == NetworkError::TooLarge)
        return "Large messages are lost while small ones work: many codecs, video, long headers.";
    return response ? "The one who asked does not get the answer at this address."
                    : "The request did not reach any SIP server; it counts as 503 for the sender.";
}

std::vector<Fix> fixesOf(const Evidence &evidence, const Refusal &refusal, const std::string &to)
{
    const trace::Row &row = evidence.trace.row(refusal.about);
    const bool response = row.status != 0;
    const auto overTcp =
        row.transport == base::Transport::Udp && !response ? Action::CallOverTcp : Action::None;
    if (refusal.error == NetworkError::TooLarge)
        return {{"Send requests that come within 200 bytes of the path's MTU, or above 1300 bytes, "
                 "over TCP (RFC 3261 section 18.1.1).",
                 "caller's user agent", overTcp},
                {"Let IP fragments and ICMP pass.", "NAT or firewall", Action::None}};
    if (refusal.error == NetworkError::HopLimit)
        return {{fmt::format(
                     "Look for IP routers that send packets to {} in a circle (traceroute).", to),
                 "operator", Action::None}};
    if (response)
        return {{"Send responses to where the request came from (rport, RFC 3581), and keep that "
                 "port open until the transaction ends.",
                 "sender of the request", Action::None}};
    return {{fmt::format("Start the SIP server on {} or correct the address.", to), "operator",
             Action::None},
            {"Check whether the server listens on another transport (UDP, TCP, TLS).",
             "caller's user agent", overTcp}};
}

void report(const Evidence &evidence, const Refusal &refusal, Findings &out)
{
    const auto &row = evidence.trace.row(refusal.about);
    const auto *const event = evidence.trace.local(refusal.event);
    const auto to = receiver(evidence, refusal.about);
    const bool response = row.status != 0;
    const auto severity = refusal.harm == Harm::Lost    ? Severity::Error
                          : refusal.harm == Harm::Delay ? Severity::Warning
                                                        : Severity::Info;
    auto &f = out.add("tx-icmp", severity, Grade::Seen,
                      fmt::format("{} to {} [1] was turned away after {}: {} [2].{}",
                                  subject(evidence, refusal.about), to,
                                  lasting(evidence.time(refusal.event) - row.time),
                                  base::networkErrorText(refusal.error),
                                  refusal.count > 1
                                      ? fmt::format(" This happened {} times.", refusal.count)
                                      : std::string()));
    conclude(f, impactOf(refusal, response),
             {at(refusal.about, response ? "the response" : "the request"),
              at(refusal.event, shown(event->sentence))},
             fixesOf(evidence, refusal, to));
}

/// One finding for each address that was not reached, of the worst that happened there.
void check(const Evidence &evidence, Findings &out)
{
    constexpr std::size_t kMost = 8;
    constexpr std::size_t kMostJudged = 64; // of one address: each is looked up among all rows
    const RowSet rows = refusedRows(evidence);
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
        if (known == refusals.end() && refusals.size() >= kMost)
            continue;
        Refusal &of = known != refusals.end() ? *known : refusals.emplace_back();
        ++of.count;
        if (of.count > kMostJudged || of.harm == Harm::Lost)
            continue;
        const auto harm = harmOf(evidence, rows, about, evidence.time(entry.row));
        if (of.count == 1 || harm > of.harm) {
            of.about = about;
            of.event = entry.row;
            of.harm = harm;
            of.error = base::networkErrorOf(*event);
        }
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
