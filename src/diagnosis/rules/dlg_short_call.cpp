// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kShort = std::chrono::seconds(2);

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.answered.known() || !call.bye.valid() ||
        !call.finalResponse.valid() || call.winner >= call.earlyDialogs.size())
        return;
    const auto *const bye = transactionOf(call, call.bye);
    if (bye != nullptr && bye->finalStatus >= 300 && bye->finalStatus != 481)
        return; // refused, so that it ended nothing
    if (std::any_of(call.transactions.begin(), call.transactions.end(), [](const auto &t) {
            return t.method == sip::Method::Refer && t.finalStatus / 100 == 2;
        }))
        return; // transferred away (RFC 5589 section 6)
    const auto lasted = evidence.time(call.bye) - call.answered;
    // Where the trace tells an order only, nothing tells that it was short.
    if (!base::hasClock(call.answered) || lasted.count() < 0 || lasted >= kShort)
        return;
    // A caller who thinks better of it is nothing odd; who takes a call does not hang up at once.
    if (evidence.trace.tag(evidence.trace.row(call.bye).fromTag) !=
        call.earlyDialogs[call.winner].toTag)
        return;
    const auto reason = evidence.message(call.bye).value(sip::HeaderId::Reason);
    auto &f = out.add(
        "dlg-short-call", Severity::Info, Grade::Seen,
        fmt::format("The callee hung up {} after its own answer [1] [2]{}.", lasting(lasted),
                    reason.empty() ? std::string() : fmt::format(", for {}", shown(reason))));
    f.impact = "Too short for a talk: often media that does not fit, or a gateway whose far end "
               "refused behind the answer; the call may be charged for.";
    f.evidence = {at(call.finalResponse, "the answer"), at(call.bye, "hung up")};
    f.fixes = {{"Look at the other findings of this call: codecs, encryption and addresses that "
                "the callee did not accept; and at the far side of a gateway.",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule dlg_short_call;
const Rule dlg_short_call{"dlg-short-call",
                          "The callee hangs up right after its answer",
                          Severity::Info,
                          "RFC 3261 section 15",
                          "200",
                          R"(
  answered
* 1.40 bob>alice BYE tag=b reverse
* 1.45 alice>bob 200 for=BYE
)",
                          R"(
  answered
  9.40 bob>alice BYE tag=b reverse
  9.45 alice>bob 200 for=BYE
)",
                          check};

} // namespace diagnosis::rules
