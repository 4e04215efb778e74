// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (const auto row : dialog.provisionals) {
            if (evidence.trace.row(row).status != 199)
                continue;
            const auto reason = evidence.message(row).value(sip::HeaderId::Reason);
            const auto *const invite = transactionOf(evidence.call, row);
            const bool asked =
                invite == nullptr || !invite->request.valid() ||
                evidence.message(invite->request).lists(sip::HeaderId::Supported, "199");
            auto &f = out.add("em-199", Severity::Info, Grade::Seen,
                              fmt::format("{} told that the branch with To-tag {} is over [1]{}; "
                                          "the INVITE is not.{}",
                                          sender(evidence, row), shown(dialog.toTag),
                                          reason.empty() ? "" : ": " + shown(reason),
                                          asked ? "" : " The INVITE does not support 199."));
            f.impact = "Early media of that branch ends here; another one may still answer.";
            f.evidence = {at(evidence, row, sip::HeaderId::Reason, "this branch is over")};
            if (asked)
                f.fixes = {{"Nothing is wrong: stop playing this branch and wait for the others.",
                            "caller's user agent", Action::None}};
            else
                f.fixes = {{"Send a 199 only where the INVITE says Supported: 199: others take it "
                            "for one more progress report (RFC 6228 section 5).",
                            "sender of the message", Action::None}};
            return;
        }
}

} // namespace

extern const Rule em_199;
const Rule em_199{"em-199",
                  "One branch gave up while the call goes on",
                  Severity::Info,
                  "RFC 6228 section 4",
                  "199",
                  R"(
  0.00 alice>proxy INVITE offer "Supported: 199"
  0.10 proxy>alice 180 tag=b
  0.11 proxy>alice 180 tag=c
* 2.00 proxy>alice 199 tag=b "Reason: SIP;cause=486"
  4.00 proxy>alice 200 tag=c answer
  4.05 alice>proxy ACK tag=c
)",
                  R"(
  0.00 alice>proxy INVITE offer "Supported: 199"
  0.10 proxy>alice 180 tag=b
  0.11 proxy>alice 180 tag=c
  4.00 proxy>alice 200 tag=c answer
  4.05 alice>proxy ACK tag=c
)",
                  check,
                  Reads::Messages};

} // namespace diagnosis::rules
