// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Our own stack says that it could not be sent, or that its connection ended under it.
const base::LocalEvent *failure(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (!transaction.localFailure.valid() || !transaction.request.valid() ||
        !transaction.responses.empty() ||
        evidence.trace.row(transaction.localFailure).undelivered().valid())
        return nullptr; // what the network tells of a packet is tx-icmp's
    const auto *const event = evidence.trace.local(transaction.localFailure);
    if (event == nullptr)
        return nullptr;
    switch (event->kind) {
    case base::LocalKind::SendFailed:
    case base::LocalKind::Unreachable:
    case base::LocalKind::Unresolvable:
        return event;
    default:
        return nullptr;
    }
}

std::string impactOf(sip::Method method)
{
    switch (method) {
    case sip::Method::Prack:
        return "The callee waits for this PRACK and may end the call with 504 after 32 s (RFC 3262 "
               "section 3).";
    case sip::Method::Ack:
        return "The callee does not learn that its answer came: it sends it again and ends the "
               "call after 32 s (RFC 3261 section 13.3.1.4).";
    case sip::Method::Bye:
        return "The other side does not learn that the call is over; it may go on, and be charged, "
               "until it notices that no media comes.";
    default:
        return "The other side knows nothing of it.";
    }
}

bool couldNotSend(base::LocalKind kind)
{
    return kind == base::LocalKind::SendFailed || kind == base::LocalKind::Unreachable ||
           kind == base::LocalKind::Unresolvable || kind == base::LocalKind::ConnectionRefused;
}

/// What never got as far as the wire, behind the answer of a call of our own: no request row stands
/// for it. Invalid: there is none.
trace::RowId neverLeft(const Evidence &evidence)
{
    const auto &call = evidence.call;
    const auto left = [&](sip::Method method) {
        return std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
            return t.method == method && t.request.valid() && t.started >= call.answered;
        });
    };
    if (call.kind != calls::Kind::Call || !outgoingCall(evidence) || !call.answered.known() ||
        (left(sip::Method::Ack) && left(sip::Method::Bye)))
        return {};
    for (const auto &entry : call.rows) {
        const auto *const event = evidence.trace.local(entry.row);
        if (event == nullptr || !couldNotSend(event->kind) ||
            evidence.time(entry.row) < call.answered ||
            evidence.trace.row(entry.row).undelivered().valid())
            continue;
        if (std::none_of(call.transactions.begin(), call.transactions.end(),
                         [&](const auto &t) { return t.localFailure == entry.row; }))
            return entry.row;
    }
    return {};
}

void tellNeverLeft(const Evidence &evidence, trace::RowId failed, Findings &out)
{
    const auto &call = evidence.call;
    const bool acknowledged =
        std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
            return t.method == sip::Method::Ack && t.started >= call.answered;
        });
    auto &f = out.add(
        "tx-request-not-sent", Severity::Error, Grade::Seen,
        fmt::format("A request within the dialog, {}, could not be sent [1]: {}",
                    acknowledged ? "the BYE or another one" : "the ACK of the answer or the BYE",
                    base::printable(evidence.trace.local(failed)->sentence, false, 300)));
    f.impact = impactOf(acknowledged ? sip::Method::Bye : sip::Method::Ack);
    f.evidence = {at(failed, "what stopped it")};
    if (call.winner < call.earlyDialogs.size() && call.earlyDialogs[call.winner].answer.valid())
        f.evidence.push_back(at(evidence, call.earlyDialogs[call.winner].answer,
                                sip::HeaderId::Contact, "where it had to go"));
    f.fixes = {{"Put a Contact into the answer that can be reached: its host, port and transport "
                "have to work from here.",
                "callee's user agent or proxy", Action::None}};
}

/// Requests within the dialog follow Contact and Record-Route (RFC 3261 section 12.2.1.1), not the
/// way of the INVITE, so that they may fail where the INVITE did not.
void check(const Evidence &evidence, Findings &out)
{
    for (const calls::Transaction &transaction : evidence.call.transactions) {
        const auto *const event = transaction.inDialog ? failure(evidence, transaction) : nullptr;
        if (event == nullptr)
            continue;
        const std::string method = methodOf(evidence, transaction);
        // What went out over a connection arrived; it is the answer that does not come any more.
        const bool stream =
            event->kind == base::LocalKind::SendFailed &&
            evidence.trace.row(transaction.request).transport != base::Transport::Udp;
        if (stream && transaction.method == sip::Method::Ack)
            continue;
        auto &f = out.add("tx-request-not-sent", Severity::Error, Grade::Seen,
                          fmt::format("The {} [1] {} {} [2]: {}", method,
                                      stream ? "was not answered before its connection ended, by"
                                             : "did not get to",
                                      receiver(evidence, transaction.request),
                                      base::printable(event->sentence, false, 300)));
        f.impact = impactOf(transaction.method);
        f.evidence = {at(transaction.request, "the request that found no way"),
                      at(transaction.localFailure, "what stopped it")};
        if (stream) {
            f.fixes = {{"Find out why the connection is ended while a request waits for its "
                        "answer.",
                        "callee's user agent or proxy", Action::None}};
            continue;
        }
        f.fixes = {{"Look at the Contact and the Record-Route of the response that made this "
                    "dialog: the request follows them, and they have to name an address that can "
                    "be reached from here.",
                    "callee's user agent or proxy", Action::None},
                   {"Call through an outbound proxy that puts itself into the Record-Route.",
                    "caller's user agent", Action::None}};
    }
    if (const auto failed = neverLeft(evidence); failed.valid())
        tellNeverLeft(evidence, failed, out);
}

} // namespace

extern const Rule tx_request_not_sent;
const Rule tx_request_not_sent{"tx-request-not-sent",
                               "A request within the call found no way",
                               Severity::Error,
                               "RFC 3261 section 12.2.1.1",
                               "503",
                               R"(
own alice
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
  0.50 bob>alice 200 tag=b answer
  0.51 alice>bob ACK tag=b
  4.00 alice>edge BYE tag=b
* 4.00 local unreachable code=503 "The request could not be sent to edge: Invalid argument."
)",
                               R"(
own alice
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
  0.50 bob>alice 200 tag=b answer
  0.51 alice>bob ACK tag=b
  0.55 alice>bob rtp 150
  0.56 bob>alice rtp 150
  4.00 alice>bob BYE tag=b
  4.02 bob>alice 200 tag=b
)",
                               check};

} // namespace diagnosis::rules
