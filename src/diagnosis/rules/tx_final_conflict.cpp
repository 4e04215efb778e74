// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// A second final response of another kind; invalid: none. Several 2xx are forks.
trace::RowId conflicting(const Evidence &evidence, const calls::Transaction &transaction)
{
    for (const auto row : transaction.responses) {
        const int status = evidence.trace.row(row).status;
        if (status >= 200 && row != transaction.finalResponse && status != transaction.finalStatus)
            return row;
    }
    return {};
}

/// A proxy gave up and handed on the callee's answer when it came after all, as it has to (RFC 3261
/// section 16.7): nobody answered twice.
bool cameTooLate(const Evidence &evidence, const calls::Transaction &transaction,
                 trace::RowId other)
{
    const auto &first = evidence.trace.row(transaction.finalResponse);
    const auto &second = evidence.trace.row(other);
    return second.status / 100 == 2 && first.status >= 400 && first.toTag != second.toTag;
}

void tellLate(const Evidence &evidence, const calls::Transaction &transaction, trace::RowId other,
              Findings &out)
{
    auto &f = out.add(
        "tx-final-conflict", Severity::Error, Grade::Seen,
        fmt::format(
            "{} had told the caller {} [1] when the callee's {} came {} later [2], {} after "
            "the {}.",
            evidence.trace.source(transaction.finalResponse).text(),
            codeText(transaction.finalStatus), codeText(evidence.trace.row(other).status),
            toldSpan(evidence.time(transaction.finalResponse), evidence.time(other)),
            toldSpan(transaction.started, evidence.time(other)), methodOf(evidence, transaction)));
    f.impact = "The caller has given the call up; the callee is in it until its 200 stays without "
               "ACK for 32 s (64*T1).";
    f.evidence = {at(transaction.finalResponse, "what the caller was told"),
                  at(other, "the answer that came too late")};
    f.fixes = {
        {"Look for what held the responses up behind this proxy: a flow or a path that loses "
         "packets on the way back.",
         "operator", Action::None},
        {"Acknowledge a late 2xx and end its dialog with BYE.", "caller's user agent",
         Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        const auto other =
            transaction.finalResponse.valid() ? conflicting(evidence, transaction) : trace::RowId{};
        if (!other.valid() || evidence.time(other) < evidence.time(transaction.finalResponse))
            continue;
        if (cameTooLate(evidence, transaction, other)) {
            tellLate(evidence, transaction, other, out);
            return;
        }
        auto &f = out.add(
            "tx-final-conflict", Severity::Error, Grade::Seen,
            fmt::format("{} answered one {} twice: {} [1], and {} later {} [2].",
                        sender(evidence, other), methodOf(evidence, transaction),
                        codeText(transaction.finalStatus),
                        toldSpan(evidence.time(transaction.finalResponse), evidence.time(other)),
                        codeText(evidence.trace.row(other).status)));
        f.impact = "The first one counts; who takes the second for true has another picture of the "
                   "call.";
        f.evidence = {at(transaction.finalResponse, "the first"), at(other, "the second")};
        f.fixes = {{"Send one final response to a request. A proxy whose stateless and stateful "
                    "parts both answer does this when sending fails.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_final_conflict;
const Rule tx_final_conflict{"tx-final-conflict",
                             "Two different final responses to one request",
                             Severity::Error,
                             "RFC 3261 section 17.2.1",
                             "500",
                             R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 bob>alice 486 tag=b
* 3.50 bob>alice 503 tag=b
  3.60 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 bob>alice 486 tag=b
  3.50 bob>alice again
  3.60 alice>bob ACK tag=b
)",
                             check};

} // namespace diagnosis::rules
