// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);

/// The INVITE on the same hop that was answered although this CANCEL had gone out.
const calls::Transaction *answeredAfter(const calls::Call &call, const calls::Transaction &cancel)
{
    const auto invite =
        std::find_if(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
            return t.method == sip::Method::Invite && t.pair == cancel.pair &&
                   t.branch == cancel.branch;
        });
    return invite != call.transactions.end() && invite->finalStatus / 100 == 2 &&
                   invite->finished >= cancel.started
               ? &*invite
               : nullptr;
}

/// The caller sent the INVITE more than once and cancelled what it did not need: one of them was
/// not cancelled, and its answer is of the same dialog, which is in use.
bool inUse(const Evidence &evidence, const calls::Transaction &cancelled)
{
    const auto &all = evidence.call.transactions;
    const trace::Trace &trace = evidence.trace;
    const auto tag = trace.row(cancelled.finalResponse).toTag;
    return std::any_of(all.begin(), all.end(), [&](const calls::Transaction &other) {
        if (other.method != sip::Method::Invite || &other == &cancelled ||
            other.finalStatus / 100 != 2 || other.inDialog || !other.request.valid() ||
            !cancelled.request.valid() || tag == 0 || trace.row(other.finalResponse).toTag != tag ||
            trace.source(other.request).address != trace.source(cancelled.request).address ||
            trace.destination(other.request) != trace.destination(cancelled.request))
            return false;
        return std::none_of(all.begin(), all.end(), [&](const calls::Transaction &cancel) {
            return cancel.method == sip::Method::Cancel && cancel.branch == other.branch &&
                   cancel.pair == other.pair;
        });
    });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    for (const auto &cancel : call.transactions) {
        if (cancel.method != sip::Method::Cancel || !cancel.request.valid() ||
            cancel.finalStatus >= 300)
            continue; // refused: nothing was cancelled (tx-cancel-481)
        const auto *const invite = answeredAfter(call, cancel);
        if (invite == nullptr || inUse(evidence, *invite))
            continue;
        const auto until = call.bye.valid() ? evidence.time(call.bye) : evidence.now;
        const bool inTime = call.bye.valid() && until - invite->finished < kPatience;
        if (!call.bye.valid() && until - invite->finished < kPatience) {
            out.recheckAt(invite->finished + kPatience);
            continue;
        }
        const auto answered = toldSpan(cancel.started, invite->finished);
        auto &f = out.add("em-cancel-crossed-200", inTime ? Severity::Info : Severity::Error,
                          inTime ? Grade::Seen : Grade::Likely,
                          call.bye.valid()
                              ? fmt::format("The call was cancelled [1] and answered {} later [2]; "
                                            "a BYE ended it after {} [3].",
                                            answered, toldSpan(invite->finished, until))
                              : fmt::format("The call was cancelled [1] and answered {} later [2]; "
                                            "no BYE ended it in {}.",
                                            answered, toldSpan(invite->finished, until)));
        f.evidence = {at(cancel.request, "the CANCEL"), at(invite->finalResponse, "the answer")};
        if (call.bye.valid())
            f.evidence.push_back(at(call.bye, "the BYE"));
        f.impact = inTime ? "None: the two crossed on their way, and the call was ended at once."
                          : "A ghost call: the callee is connected and billed, the caller has hung "
                            "up.";
        f.fixes = {
            {inTime ? "Nothing has to be done." : "Acknowledge the 200 and send BYE at once.",
             "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_cancel_crossed_200;
const Rule em_cancel_crossed_200{"em-cancel-crossed-200",
                                 "Cancelled and answered at the same moment",
                                 Severity::Error,
                                 "RFC 3261 sections 9.1 and 15",
                                 "487",
                                 R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
* 3.01 bob>alice 200 tag=b answer for=INVITE
  3.02 bob>alice 200 tag=b for=CANCEL
  3.05 alice>bob ACK tag=b
  9.00 tick
)",
                                 R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 180 tag=b
  3.00 alice>bob CANCEL
  3.02 bob>alice 200 tag=b for=CANCEL
  3.03 bob>alice 487 tag=b for=INVITE
  3.05 alice>bob ACK tag=b
  9.00 tick
)",
                                 check,
                                 Reads::Messages,
                                 Argues::FromAbsence};

} // namespace diagnosis::rules
