// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The INVITE was decided before the PRACK was: then a 481 only tells that the two crossed.
bool crossedTheEnd(const Evidence &evidence, const calls::Transaction &prack)
{
    return prack.finalResponse.valid() && earlyPhaseOver(evidence, ~0U) &&
           earlyEnd(evidence, ~0U) <= evidence.time(prack.finalResponse);
}

/// What the PRACK got wrong, by comparison with the reliable responses seen; empty: nothing
/// visible.
std::string mistake(const Evidence &evidence, const sip::Message &prack)
{
    const auto tag = prack.toTag();
    const auto *const dialog = evidence.call.dialog(tag);
    if (tag.empty())
        return " The PRACK has no To-tag, so it belongs to no early dialog.";
    if (dialog == nullptr)
        return fmt::format(" Its To-tag {} is that of no early dialog in this trace.", shown(tag));
    const auto rack = base::split(prack.value(sip::HeaderId::RAck), ' ');
    const auto number = rack.empty() ? std::nullopt : base::toInteger(rack.front());
    if (number && std::none_of(dialog->reliables.begin(), dialog->reliables.end(),
                               [&](const auto &r) { return r.rseq == *number; }))
        return fmt::format(" Its RAck names RSeq {}, which this dialog never sent in this trace.",
                           *number);
    if (rack.size() == 3 && rack[2] != "INVITE")
        return fmt::format(
            " Its RAck names the method {}; the method is case-sensitive and has to be INVITE.",
            shown(rack[2]));
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &prack : evidence.call.transactions) {
        if (prack.method != sip::Method::Prack || prack.finalStatus < 300 ||
            prack.finalStatus == 401 || prack.finalStatus == 407 || !prack.request.valid() ||
            crossedTheEnd(evidence, prack))
            continue;
        const auto wrong = mistake(evidence, evidence.message(prack.request));
        auto &f = out.add("em-prack-rejected", Severity::Error, Grade::Seen,
                          fmt::format("{} refused the PRACK [1] with {} [2].{}",
                                      sender(evidence, prack.finalResponse),
                                      codeText(prack.finalStatus), wrong));
        f.impact = "The reliable response counts as lost: it is repeated and the call fails after "
                   "32 s (64*T1).";
        f.evidence = {
            at(evidence, prack.request, sip::HeaderId::RAck, "what the PRACK acknowledges"),
            at(prack.finalResponse, "the refusal")};
        f.fixes = {
            {"Call without 100rel and compare.", "caller's user agent",
             Action::CallWithoutReliable},
            {"Take To-tag, RSeq, CSeq number and method from the response that is acknowledged.",
             "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_prack_rejected;
const Rule em_prack_rejected{"em-prack-rejected",
                             "The PRACK was refused",
                             Severity::Error,
                             "RFC 3262 section 3",
                             "481",
                             R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=c rack=1/1
* 0.30 bob>alice 481 tag=c
  3.00 tick
)",
                             R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b
  3.00 tick
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
