// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kGivesUp = std::chrono::seconds(32); // 64*T1
constexpr auto kGive = std::chrono::seconds(2);

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (const auto &reliable : dialog.reliables) {
            if (!reliable.response.valid() || reliable.prackStatus / 100 == 2)
                continue;
            const auto *const invite = transactionOf(evidence.call, reliable.response);
            if (invite == nullptr || invite->finalStatus / 100 != 5)
                continue;
            const auto waited = invite->finished - evidence.time(reliable.response);
            if (waited < kGivesUp - kGive || waited > kGivesUp + kGive)
                continue;
            auto &f = out.add(
                "em-prack-timeout", Severity::Error, Grade::Likely,
                fmt::format("{} gave up with {} [2] {} after its {} with RSeq {} [1], "
                            "for which no PRACK was accepted: that is its timer of "
                            "64*T1.",
                            sender(evidence, invite->finalResponse), codeText(invite->finalStatus),
                            lasting(waited), codeText(evidence.trace.row(reliable.response).status),
                            reliable.rseq));
            f.impact = "The call fails although the callee was reached; the code speaks of the "
                       "PRACK, not of the callee.";
            f.evidence = {at(evidence, reliable.response, sip::HeaderId::RSeq, "waits for a PRACK"),
                          at(invite->finalResponse, "the end of its patience")};
            f.fixes = {{"Call without 100rel and compare.", "caller's user agent",
                        Action::CallWithoutReliable},
                       {"Send a PRACK for each early dialog along its own route set.",
                        "caller's user agent", Action::None}};
            return;
        }
}

} // namespace

extern const Rule em_prack_timeout;
const Rule em_prack_timeout{"em-prack-timeout",
                            "The call failed because a PRACK never came",
                            Severity::Error,
                            "RFC 3262 section 3",
                            "504",
                            R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.70 bob>alice again
* 32.25 bob>alice 504 tag=b
  32.30 alice>bob ACK tag=b
)",
                            R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b for=PRACK
  32.25 bob>alice 504 tag=b
  32.30 alice>bob ACK tag=b
)",
                            check,
                            Reads::Messages,
                            Argues::FromAbsence};

} // namespace diagnosis::rules
