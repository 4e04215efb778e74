// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/announced.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(3);
constexpr auto kTooLong = std::chrono::seconds(10);

/// An UPDATE, or a 180: the resources are there.
bool wentOn(const Evidence &evidence, const calls::EarlyDialog &dialog, base::Instant since)
{
    return dialog.alerting || dialog.answer.valid() ||
           std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const auto &t) {
                           return t.method == sip::Method::Update && t.started >= since;
                       });
}

void check(const Evidence &evidence, Findings &out)
{
    for (std::uint32_t i = 0; i < evidence.call.earlyDialogs.size(); ++i) {
        const auto &dialog = evidence.call.earlyDialogs[i];
        const auto *const audio =
            dialog.firstSdp.valid() ? sdpOf(evidence, dialog.firstSdp).audio() : nullptr;
        const auto unmet = audio != nullptr ? unmetPrecondition(*audio) : std::string();
        if (unmet.empty())
            continue;
        const auto since = evidence.time(dialog.firstSdp);
        if (wentOn(evidence, dialog, since))
            continue;
        if (unmetPrecondition(evidence, i, earlyEnd(evidence, i)).empty())
            continue; // a PRACK may say it too
        const auto waited = earlyEnd(evidence, i) - since;
        if (waited < kPatience) {
            if (!earlyPhaseOver(evidence, i))
                out.recheckAt(since + kPatience);
            continue;
        }
        const bool over = evidence.call.finalStatus == 580 && evidence.call.finalResponse.valid();
        auto &f =
            out.add("em-precondition-stall",
                    over || waited > kTooLong ? Severity::Error : Severity::Warning, Grade::Seen,
                    fmt::format("{} of {} [1] waits for preconditions ({}), and for {} no "
                                "UPDATE said that they are met.",
                                codeText(evidence.trace.row(dialog.firstSdp).status),
                                sender(evidence, dialog.firstSdp), unmet, lasting(waited)));
        f.impact = "The callee's phone does not ring until then, and no early media may flow.";
        f.evidence = {at(evidence, dialog.firstSdp, audio->line, "the precondition")};
        if (over) {
            f.text += fmt::format(" The call failed by it: {} [2].", codeText(580));
            f.evidence.push_back(at(evidence.call.finalResponse, "given up"));
        } else if (!earlyPhaseOver(evidence, i)) {
            out.recheckAt(since + kTooLong + std::chrono::milliseconds(1));
        }
        f.fixes = {{"Send the UPDATE once resources are there, or call without precondition.",
                    "caller's user agent", Action::None},
                   {"Check whether UPDATE passes every hop (Allow, SBC).", "gateway or SBC",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_precondition_stall;
const Rule em_precondition_stall{"em-precondition-stall",
                                 "Waiting for resources that nobody confirms",
                                 Severity::Error,
                                 "RFC 3312 section 6, RFC 4032",
                                 "183",
                                 R"(
  0.00 alice>bob INVITE offer "Supported: 100rel, precondition"
* 0.20 bob>alice 183 tag=b answer rseq=1 "a=curr:qos local none" "a=des:qos mandatory local sendrecv"
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b for=PRACK
 12.00 tick
)",
                                 R"(
  0.00 alice>bob INVITE offer "Supported: 100rel, precondition"
  0.20 bob>alice 183 tag=b answer rseq=1 "a=curr:qos local none" "a=des:qos mandatory local sendrecv"
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b for=PRACK
* 1.00 alice>bob UPDATE tag=b offer "a=curr:qos local sendrecv"
* 1.10 bob>alice 200 tag=b answer
* 1.20 bob>alice 180 tag=b
  6.00 tick
)",
                                 check,
                                 Reads::Messages,
                                 Argues::FromAbsence};

} // namespace diagnosis::rules
