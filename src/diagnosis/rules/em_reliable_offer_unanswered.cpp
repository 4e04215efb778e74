// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (!lacksSdp(evidence, call.invite))
        return;
    for (const auto &dialog : call.earlyDialogs)
        for (const auto &reliable : dialog.reliables) {
            if (!reliable.hasSdp || !reliable.prack.valid())
                continue;
            if (!lacksSdp(evidence, reliable.prack))
                return;
            auto &f = out.add("em-reliable-offer-unanswered", Severity::Error, Grade::Seen,
                              fmt::format("{} offered in its {} [1] after an INVITE without a "
                                          "description, and the PRACK [2] has no answer.",
                                          sender(evidence, reliable.response),
                                          codeText(evidence.trace.row(reliable.response).status)));
            f.impact = "The offer stays open: no early media, and the call fails or stays silent "
                       "when it is answered.";
            f.evidence = {at(evidence, reliable.response, evidence.message(reliable.response).sdp(),
                             "the offer"),
                          at(reliable.prack, "no answer in it")};
            f.fixes = {{"Put the answer into the PRACK.", "caller's user agent", Action::None}};
            return;
        }
}

} // namespace

extern const Rule em_reliable_offer_unanswered;
const Rule em_reliable_offer_unanswered{"em-reliable-offer-unanswered",
                                        "An offer in a reliable response without an answer",
                                        Severity::Error,
                                        "RFC 3262 section 5",
                                        "183",
                                        R"(
  0.00 alice>bob INVITE "Supported: 100rel"
  0.20 bob>alice 183 tag=b offer rseq=1
* 0.30 alice>bob PRACK tag=b rack=1/1
* 0.35 bob>alice 200 tag=b for=PRACK
)",
                                        R"(
  0.00 alice>bob INVITE "Supported: 100rel"
  0.20 bob>alice 183 tag=b offer rseq=1
  0.30 alice>bob PRACK tag=b rack=1/1 answer
  0.35 bob>alice 200 tag=b for=PRACK
)",
                                        check,
                                        Reads::Messages,
                                        Argues::FromAbsence};

} // namespace diagnosis::rules
