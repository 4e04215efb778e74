// SPDX-License-Identifier: Apache-2.0
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

/// Requests within the dialog follow Contact and Record-Route (RFC 3261 section 12.2.1.1), not the
/// way of the INVITE, so that they may fail where the INVITE did not.
void check(const Evidence &evidence, Findings &out)
{
    for (const calls::Transaction &transaction : evidence.call.transactions) {
        const auto *const event = transaction.inDialog ? failure(evidence, transaction) : nullptr;
        if (event == nullptr)
            continue;
        const std::string method = methodOf(evidence, transaction);
        auto &f = out.add("tx-request-not-sent", Severity::Error, Grade::Seen,
                          fmt::format("The {} [1] did not get to {} [2]: {}", method,
                                      receiver(evidence, transaction.request),
                                      base::printable(event->sentence, false, 300)));
        f.impact = impactOf(transaction.method);
        f.evidence = {at(transaction.request, "the request that found no way"),
                      at(transaction.localFailure, "what stopped it")};
        f.fixes = {{"Look at the Contact and the Record-Route of the response that made this "
                    "dialog: the request follows them, and they have to name an address that can "
                    "be reached from here.",
                    "callee's user agent or proxy", Action::None},
                   {"Call through an outbound proxy that puts itself into the Record-Route.",
                    "caller's user agent", Action::None}};
    }
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
