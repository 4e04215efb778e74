// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
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

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        const auto other =
            transaction.finalResponse.valid() ? conflicting(evidence, transaction) : trace::RowId{};
        if (!other.valid() || evidence.time(other) < evidence.time(transaction.finalResponse))
            continue;
        auto &f = out.add(
            "tx-final-conflict", Severity::Error, Grade::Seen,
            fmt::format("{} answered one {} twice: {} [1], and {} later {} [2].",
                        sender(evidence, other), methodOf(evidence, transaction),
                        codeText(transaction.finalStatus),
                        lasting(evidence.time(other) - evidence.time(transaction.finalResponse)),
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
