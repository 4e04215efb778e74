// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <unordered_map>

namespace diagnosis::rules {
namespace {

/// An ACK of the 2xx under the INVITE's own branch: of the tag that answered, behind the answer.
bool acknowledges(const Evidence &evidence, const calls::Transaction &invite)
{
    const auto &ack = evidence.trace.row(invite.ack),
               &answer = evidence.trace.row(invite.finalResponse);
    if (ack.time < answer.time || ack.toTag != answer.toTag)
        return false;
    for (const auto row : invite.responses) // of a fork, a refusal may have come too
        if (evidence.trace.row(row).status >= 300)
            return false;
    return true;
}

/// Requests of one sender that have nothing but the branch in common; nullptr: there are none. Of
/// the two the later one.
const calls::Transaction *usedTwice(const Evidence &evidence, const calls::Transaction *&before)
{
    std::unordered_map<std::string_view, const calls::Transaction *> known;
    for (const auto &t : evidence.call.transactions) {
        if (t.branch.empty() || !t.request.valid() || t.method == sip::Method::Ack ||
            t.method == sip::Method::Cancel)
            continue;
        const auto [place, first] = known.try_emplace(t.branch, &t);
        before = place->second;
        if (!first && before->cseq != t.cseq && before->sentBy == t.sentBy &&
            before->pair == t.pair)
            return &t;
    }
    return nullptr;
}

void tellReuse(const Evidence &evidence, Findings &out)
{
    const calls::Transaction *before = nullptr;
    const auto *const again = usedTwice(evidence, before);
    if (again == nullptr)
        return;
    // Without the cookie it is one of RFC 2543, which did not ask for it; msg-flaw tells of that.
    const bool cookie = std::string_view(again->branch).substr(0, 7) == "z9hG4bK";
    auto &f = out.add("tx-branch", cookie ? Severity::Warning : Severity::Info, Grade::Seen,
                      fmt::format("{} sent its {} [2] with the branch of its {} [1]: {}.",
                                  sender(evidence, again->request), methodOf(evidence, *again),
                                  methodOf(evidence, *before), shown(again->branch)));
    f.impact = "Who goes by the branch takes the second request for a repetition of the first, and "
               "answers it with the response to that, or not at all.";
    f.evidence = {at(evidence, before->request, sip::HeaderId::Via, "the branch"),
                  at(evidence, again->request, sip::HeaderId::Via, "the same")};
    f.fixes = {{"Give every request a branch of its own, but ACK of a failure and CANCEL (RFC 3261 "
                "section 8.1.1.7).",
                "sender of the message", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || invite.finalStatus / 100 != 2 ||
            !invite.request.valid() || !invite.finalResponse.valid() || !invite.ack.valid() ||
            invite.branch.empty() || !acknowledges(evidence, invite))
            continue;
        const auto behind =
            invite.responseRepeats.empty() ? trace::RowId{} : invite.responseRepeats.back();
        const bool lost = behind.valid() && evidence.time(behind) >
                                                evidence.time(invite.ack) + std::chrono::seconds(1);
        auto text = fmt::format("{} acknowledges the {} [1] with an ACK that has the branch of its "
                                "INVITE [2]",
                                sender(evidence, invite.ack),
                                codeText(evidence.trace.row(invite.finalResponse).status));
        text += lost ? ", and the answer is repeated [3]." : ".";
        auto &f = out.add("tx-branch", lost ? Severity::Error : Severity::Warning, Grade::Seen,
                          std::move(text));
        f.impact = "A proxy takes it for the ACK of a failure and does not send it on: the callee "
                   "repeats its answer and hangs up after 32 s.";
        f.evidence = {at(invite.finalResponse, "the answer"),
                      at(evidence, invite.ack, sip::HeaderId::Via, "the INVITE's branch")};
        if (lost)
            f.evidence.push_back(at(behind, "still repeated"));
        f.fixes = {
            {"Give the ACK of a 2xx a branch of its own: it is a transaction of its own (RFC "
             "3261 sections 8.1.1.7 and 13.2.2.4).",
             "caller's user agent", Action::None}};
        return;
    }
    tellReuse(evidence, out);
}

} // namespace

extern const Rule tx_branch;
const Rule tx_branch{"tx-branch",
                     "The ACK has the branch of the INVITE",
                     Severity::Error,
                     "RFC 3261 sections 8.1.1.7 and 13.2.2.4",
                     "200",
                     R"(
  0.00 alice>proxy INVITE offer branch=x
  1.00 proxy>alice 200 tag=b answer
* 1.05 alice>proxy ACK tag=b branch=x
  1.50 proxy>alice again
  2.50 proxy>alice again
  9.00 alice>proxy BYE tag=b
  9.05 proxy>alice 200 for=BYE
)",
                     R"(
  0.00 alice>proxy INVITE offer branch=x
  1.00 proxy>alice 200 tag=b answer
  1.05 alice>proxy ACK tag=b branch=y
  9.00 alice>proxy BYE tag=b
  9.05 proxy>alice 200 for=BYE
)",
                     check};

} // namespace diagnosis::rules
