// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/reliability.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Our own socket sent the PRACK when the 2xx was here already, however soon after it.
bool sentBehind(const Evidence &evidence, trace::RowId prack, trace::RowId answer)
{
    return evidence.trace.row(prack).outgoing && !evidence.trace.row(answer).outgoing &&
           evidence.time(prack) > evidence.time(answer);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &dialog : evidence.call.earlyDialogs) {
        if (!dialog.answer.valid())
            continue;
        const auto answered = evidence.time(dialog.answer);
        for (const auto &reliable : dialog.reliables) {
            const bool came = reliable.prack.valid();
            if (!reliable.hasSdp || !reliable.response.valid() ||
                evidence.trace.row(reliable.response).pair !=
                    evidence.trace.row(dialog.answer).pair ||
                evidence.time(reliable.response) >= answered ||
                (came ? !(leftBefore(evidence, dialog.answer, reliable.prack) ||
                          sentBehind(evidence, reliable.prack, dialog.answer))
                      : !outgoingCall(evidence)))
                continue; // without a PRACK a capture may lack it; of our own nothing is missing
            auto &f =
                out.add("em-2xx-before-prack", Severity::Error, Grade::Seen,
                        fmt::format("{} answered with 200 [2] while the description in its "
                                    "{} [1] waited for a PRACK, {}.",
                                    sender(evidence, dialog.answer),
                                    codeText(evidence.trace.row(reliable.response).status),
                                    came ? "which came later [3]" : "which had not come by then"));
            f.impact = "Offer and answer may be torn apart: the caller may not know which "
                       "description holds, and media can fail in one direction.";
            f.evidence = {
                at(evidence, reliable.response, sip::HeaderId::RSeq, "with a description"),
                at(dialog.answer, "the answer")};
            if (came)
                f.evidence.push_back(at(reliable.prack, "the late PRACK"));
            f.fixes = {{"Hold the 2xx back until every reliable response with a description is "
                        "acknowledged.",
                        "callee's user agent", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule em_2xx_before_prack;
const Rule em_2xx_before_prack{"em-2xx-before-prack",
                               "Answered while a description waited for its PRACK",
                               Severity::Error,
                               "RFC 3262 section 3",
                               "183",
                               R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
* 0.50 bob>alice 200 tag=b
  0.60 alice>bob PRACK tag=b rack=1/1
  0.65 bob>alice 200 tag=b for=PRACK
  0.70 alice>bob ACK tag=b
)",
                               R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.30 alice>bob PRACK tag=b rack=1/1
  0.35 bob>alice 200 tag=b for=PRACK
  0.50 bob>alice 200 tag=b
  0.70 alice>bob ACK tag=b
)",
                               check,
                               Reads::Messages};

} // namespace diagnosis::rules
