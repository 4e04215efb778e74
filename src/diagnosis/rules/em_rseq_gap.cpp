// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <set>

namespace diagnosis::rules {
namespace {

constexpr auto kOnTheWay = std::chrono::seconds(1); // a PRACK may be

/// A PRACK for `rseq` proves that the response existed and only the capture lacks it.
bool acknowledged(const Evidence &evidence, std::uint32_t rseq)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            if (t.method != sip::Method::Prack || !t.request.valid())
                return false;
            const auto rack = base::split(
                base::trim(evidence.message(t.request).value(sip::HeaderId::RAck)), ' ');
            const auto number = rack.empty() ? std::nullopt : base::toInteger(rack.front());
            return number && *number == rseq;
        });
}

/// The caller took a number for a request between the two PRACKs that is not in the trace: it got
/// a response that is not there either.
bool captureLacks(const Evidence &evidence, const calls::ReliableResponse &before,
                  const calls::ReliableResponse &after)
{
    const auto &last = evidence.trace.row(after.prack);
    const auto from = before.prack.valid() ? evidence.trace.row(before.prack).cseq
                                           : evidence.trace.row(before.response).cseq;
    std::set<std::uint32_t> seen;
    for (const auto &transaction : evidence.call.transactions)
        if (transaction.request.valid() && transaction.cseq > from &&
            transaction.cseq < last.cseq &&
            evidence.trace.row(transaction.request).fromTag == last.fromTag)
            seen.insert(transaction.cseq);
    return last.cseq > from && last.cseq - from - 1 > seen.size();
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (std::size_t i = 1; i < dialog.reliables.size(); ++i) {
            const auto &before = dialog.reliables[i - 1], &after = dialog.reliables[i];
            if (!before.response.valid() || !after.response.valid())
                continue;
            const auto &a = evidence.trace.row(before.response),
                       &b = evidence.trace.row(after.response);
            if (a.pair != b.pair || a.cseq != b.cseq || after.rseq == before.rseq + 1)
                continue;
            // A number that falls may be UDP's reordering, if the caller takes it all the same.
            const bool falls = after.rseq < before.rseq;
            if (falls ? acknowledged(evidence, after.rseq)
                      : acknowledged(evidence, before.rseq + 1))
                continue;
            if (falls && evidence.now - b.time < kOnTheWay) {
                out.recheckAt(b.time + kOnTheWay);
                continue;
            }
            const bool taken = after.prackStatus / 100 == 2;
            if (taken && captureLacks(evidence, before, after))
                continue;
            auto &f = out.add(
                "em-rseq-gap", Severity::Error, Grade::Likely,
                fmt::format("RSeq {} from {} [1] to {} [2] in one early dialog, so {} must not be "
                            "acknowledged{}.",
                            falls ? "falls" : "jumps", before.rseq, after.rseq, codeText(b.status),
                            taken ? ", and was [3]" : ""));
            f.impact = taken ? "Both sides overlook it here; a caller that keeps to the rule "
                               "discards the second response, and its early answer with it."
                             : "The caller has to discard the second response: its state or early "
                               "answer is lost to it.";
            f.evidence = {
                at(evidence, before.response, sip::HeaderId::RSeq, "last number in order"),
                at(evidence, after.response, sip::HeaderId::RSeq,
                   falls ? "a number of before" : "a number too high")};
            if (taken)
                f.evidence.push_back(at(after.prack, "acknowledged nevertheless"));
            f.fixes = {
                {"Call without 100rel and compare.", "caller's user agent",
                 Action::CallWithoutReliable},
                {"Raise RSeq by exactly one per reliable response of an early dialog.",
                 "gateway or SBC", Action::None},
                {"Look for a lost response between the two on the way.", "operator", Action::None}};
            return;
        }
}

} // namespace

extern const Rule em_rseq_gap;
const Rule em_rseq_gap{"em-rseq-gap",
                       "A reliable response number was skipped",
                       Severity::Error,
                       "RFC 3262 section 4",
                       "183",
                       R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b
* 1.00 bob>alice 180 tag=b rseq=3
  3.00 tick
)",
                       R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b
  1.00 bob>alice 180 tag=b rseq=2
  1.05 alice>bob PRACK tag=b rack=2/1 cseq=3
  1.10 bob>alice 200 tag=b
  3.00 tick
)",
                       check,
                       Reads::Messages,
                       Argues::FromAbsence};

} // namespace diagnosis::rules
