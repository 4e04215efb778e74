// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(5); // until a CANCEL has gone out and is answered
constexpr int kMost = 64;                           // branches that are looked at

/// The last 180 of a branch that is still open; invalid: it does not ring.
trace::RowId ringing(const Evidence &evidence, const calls::Transaction &branch)
{
    trace::RowId found;
    for (const auto row : branch.responses) {
        const int status = evidence.trace.row(row).status;
        found = status == 180 ? row : status == 199 ? trace::RowId{} : found;
    }
    return found;
}

bool cancelled(const Evidence &evidence, const calls::Transaction &branch)
{
    const auto &all = evidence.call.transactions;
    return std::any_of(all.begin(), all.end(), [&](const calls::Transaction &t) {
        return t.method == sip::Method::Cancel && t.branch == branch.branch &&
               t.sentBy == branch.sentBy;
    });
}

/// Another branch of the same fork that was answered; nullptr: none.
const calls::Transaction *answeredBeside(const Evidence &evidence, const calls::Transaction &branch)
{
    const auto source = evidence.trace.source(branch.request).address;
    for (const auto &t : evidence.call.transactions)
        if (&t != &branch && t.method == sip::Method::Invite && !t.inDialog &&
            t.cseq == branch.cseq && t.branch != branch.branch && t.finalStatus / 100 == 2 &&
            t.request.valid() && t.finalResponse.valid() &&
            evidence.trace.source(t.request).address == source &&
            evidence.trace.row(t.request).fromTag == evidence.trace.row(branch.request).fromTag)
            return &t;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.earlyDialogs.size() < 2 || !evidence.call.answered.known())
        return;
    int branches = 0;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Invite || t.inDialog || t.finalStatus != 0 ||
            !t.request.valid() || t.ack.valid())
            continue;
        if (++branches > kMost)
            return;
        const auto rings = ringing(evidence, t);
        const auto *const beside = rings.valid() ? answeredBeside(evidence, t) : nullptr;
        if (beside == nullptr || cancelled(evidence, t))
            continue;
        const auto answered = evidence.time(beside->finalResponse);
        if (evidence.now - answered < kPatience) {
            out.recheckAt(answered + kPatience);
            continue;
        }
        auto &f = out.add(
            "dlg-branch-rings-on", Severity::Warning, Grade::Likely,
            fmt::format("{} answered [1], and {}, which was ringing too [2], got no CANCEL in {}.",
                        sender(evidence, beside->finalResponse), receiver(evidence, t.request),
                        lasting(evidence.now - answered)));
        f.impact = "That telephone goes on ringing although the call was taken; whoever lifts it "
                   "finds nobody, or breaks into the call.";
        f.evidence = {at(beside->finalResponse, "the answer"), at(rings, "rings on")};
        f.fixes = {{"Cancel every other branch as soon as one has answered (RFC 3261 section 16.7 "
                    "step 10).",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_branch_rings_on;
const Rule dlg_branch_rings_on{"dlg-branch-rings-on",
                               "A branch that nobody cancels",
                               Severity::Warning,
                               "RFC 3261 section 16.7",
                               "180",
                               R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer branch=one
  0.02 proxy>carol INVITE offer branch=two
  0.10 bob>proxy 180 tag=b
  0.11 proxy>alice 180 tag=b
* 0.12 carol>proxy 180 tag=c
  0.13 proxy>alice 180 tag=c
  2.00 bob>proxy 200 tag=b answer
  2.01 proxy>alice 200 tag=b answer
  2.05 alice>proxy ACK tag=b
  2.06 proxy>bob ACK tag=b
 20.00 tick
)",
                               R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer branch=one
  0.02 proxy>carol INVITE offer branch=two
  0.10 bob>proxy 180 tag=b
  0.11 proxy>alice 180 tag=b
  0.12 carol>proxy 180 tag=c
  0.13 proxy>alice 180 tag=c
  2.00 bob>proxy 200 tag=b answer
  2.01 proxy>alice 200 tag=b answer
  2.02 proxy>carol CANCEL branch=two
  2.03 carol>proxy 200 tag=c for=CANCEL
  2.05 alice>proxy ACK tag=b
  2.06 proxy>bob ACK tag=b
 20.00 tick
)",
                               check,
                               Reads::Little,
                               Argues::FromAbsence};

} // namespace diagnosis::rules
