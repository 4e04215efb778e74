// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/reliability.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (std::size_t i = 1; i < dialog.reliables.size(); ++i) {
            const auto &first = dialog.reliables[i - 1], &second = dialog.reliables[i];
            if (!first.response.valid() || !second.response.valid())
                continue;
            const auto &a = evidence.trace.row(first.response),
                       &b = evidence.trace.row(second.response);
            // A lower number behind a higher one was overtaken on the way (UDP).
            if (second.rseq <= first.rseq)
                continue;
            if (a.pair != b.pair || a.cseq != b.cseq || !first.prack.valid() ||
                !leftBefore(evidence, second.response, first.prack))
                continue; // without a PRACK another rule speaks
            auto &f =
                out.add("em-second-reliable-early", Severity::Warning, Grade::Seen,
                        fmt::format("{} sent {} with RSeq {} [2] before the PRACK for RSeq {} "
                                    "[1] came [3].",
                                    sender(evidence, second.response), codeText(b.status),
                                    second.rseq, first.rseq));
            f.impact = "The order of the two is not assured; a strict caller ignores the second.";
            f.evidence = {at(evidence, first.response, sip::HeaderId::RSeq, "waits for its PRACK"),
                          at(evidence, second.response, sip::HeaderId::RSeq, "came meanwhile"),
                          at(first.prack, "the PRACK for the first")};
            f.fixes = {{"Hold the next reliable response back until the first one of the INVITE is "
                        "acknowledged.",
                        "callee's user agent", Action::None}};
            return;
        }
}

} // namespace

extern const Rule em_second_reliable_early;
const Rule em_second_reliable_early{"em-second-reliable-early",
                                    "A second reliable response before the first PRACK",
                                    Severity::Warning,
                                    "RFC 3262 section 3",
                                    "183",
                                    R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
* 0.30 bob>alice 180 tag=b rseq=2
  0.40 alice>bob PRACK tag=b rack=1/1
  0.45 bob>alice 200 tag=b for=PRACK
  0.50 alice>bob PRACK tag=b rack=2/1 cseq=3
  0.55 bob>alice 200 tag=b for=PRACK
)",
                                    R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.28 bob>alice 200 tag=b for=PRACK
  0.30 bob>alice 180 tag=b rseq=2
  0.50 alice>bob PRACK tag=b rack=2/1 cseq=3
  0.55 bob>alice 200 tag=b for=PRACK
)",
                                    check,
                                    Reads::Messages};

} // namespace diagnosis::rules
