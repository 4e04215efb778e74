// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <calls/direction.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The first message that shows it: a request that follows a response nobody sees, or a response to
/// a request nobody sees.
trace::RowId proofOf(const Evidence &evidence)
{
    for (const auto &transaction : evidence.call.transactions) {
        const bool unseen = transaction.responses.empty() != transaction.request.valid();
        if (!unseen && !transaction.request.valid())
            return transaction.responses.front();
    }
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (trace::isMessage(row.kind) && row.status == 0 &&
            (row.method == sip::Method::Ack || row.method == sip::Method::Prack ||
             row.method == sip::Method::Bye))
            return place.row;
    }
    return {};
}

/// A log that names one end of a message at most shows what its host wrote into it. Which half of
/// an exchange that is lies in the log; reading it tells so once.
bool isOfLog(const Evidence &evidence)
{
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(),
                       [&](const calls::CallRow &place) {
                           return trace::isMessage(evidence.trace.row(place.row).kind) &&
                                  !(evidence.trace.source(place.row).known() &&
                                    evidence.trace.destination(place.row).known());
                       });
}

void check(const Evidence &evidence, Findings &out)
{
    using calls::Captured;
    const auto captured = calls::capturedOf(evidence.call, evidence.trace);
    const auto proof = captured == Captured::Both ? trace::RowId{} : proofOf(evidence);
    if (!proof.valid() || isOfLog(evidence))
        return;
    const auto from = evidence.trace.source(proof), to = evidence.trace.destination(proof);
    const std::string missing =
        captured == Captured::RequestsOnly ? "the responses"
        : captured == Captured::ResponsesOnly
            ? "the requests"
            : fmt::format("everything from {} to {}", to.address.text(), from.address.text());
    auto &f = out.add("tx-one-direction", Severity::Info, Grade::Seen,
                      fmt::format("The capture holds one direction of this call only: {} are "
                                  "missing, as its {} shows [1]. How the call went is told from "
                                  "what is there.",
                                  missing,
                                  evidence.trace.row(proof).status == 0
                                      ? methodOf(evidence.trace, proof)
                                      : codeText(evidence.trace.row(proof).status)));
    f.impact =
        "Codes, times and descriptions of the other direction are not known; no fault can be "
        "told from their absence.";
    f.evidence = {at(proof, "follows a message that is not in the capture")};
    f.fixes = {{"Capture both directions: both ports of a mirror, or on the host itself.",
                "who captures", Action::None}};
}

} // namespace

extern const Rule tx_one_direction;
const Rule tx_one_direction{"tx-one-direction",
                            "One direction was captured",
                            Severity::Info,
                            "RFC 3261 section 17",
                            "200",
                            R"(
  0.00 alice>bob INVITE offer
* 1.01 alice>bob ACK tag=b branch=other
* 9.00 alice>bob BYE tag=b
)",
                            R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  9.00 alice>bob BYE tag=b
  9.01 bob>alice 200 tag=b
)",
                            check};

} // namespace diagnosis::rules
