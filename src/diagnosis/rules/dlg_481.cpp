// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kCrossing = std::chrono::seconds(2);

/// The very request that was refused, as another hop of it was seen at.
bool handedOn(const Evidence &evidence, const calls::Transaction &t,
              const calls::Transaction &refused)
{
    return t.method == refused.method && t.cseq == refused.cseq && t.request.valid() &&
           evidence.trace.row(t.request).fromTag == evidence.trace.row(refused.request).fromTag;
}

/// The sender of what was refused hangs up by it: a consequence of the 481, no cause.
bool handsUp(const Evidence &evidence, const calls::Transaction &bye,
             const calls::Transaction &refused)
{
    return bye.request.valid() &&
           evidence.trace.row(bye.request).fromTag == evidence.trace.row(refused.request).fromTag;
}

/// Both hung up, or one did and the other had not heard of it yet: 481 is right then.
bool wasEnding(const Evidence &evidence, const calls::Transaction &refused)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            if (&t == &refused || (!t.request.valid() && t.responses.empty()))
                return false;
            const bool ends =
                t.method == sip::Method::Bye || t.method == sip::Method::Cancel ||
                (t.method == sip::Method::Invite && !t.inDialog && t.finalStatus >= 300);
            const auto ended = t.method == sip::Method::Invite ? t.finished : t.started;
            if (t.method == sip::Method::Bye && ended >= refused.finished &&
                handsUp(evidence, t, refused))
                return false;
            return ends && ended.known() && ended < refused.finished + kCrossing &&
                   !handedOn(evidence, t, refused);
        });
}

/// The dialog of the answer on that hop has another To-tag or From-tag than the request says:
/// invalid: the same.
trace::RowId otherTags(const Evidence &evidence, const calls::Transaction &refused)
{
    const auto &row = evidence.trace.row(refused.request);
    if (evidence.call.winner >= evidence.call.earlyDialogs.size())
        return {};
    for (const auto &dialog : evidence.call.earlyDialogs) {
        if (!dialog.answer.valid())
            continue;
        const auto &answer = evidence.trace.row(dialog.answer);
        const bool asCaller = answer.fromTag == row.fromTag && answer.toTag == row.toTag;
        const bool asCallee = answer.fromTag == row.toTag && answer.toTag == row.fromTag;
        if (asCaller || asCallee)
            return {};
    }
    // Of an early dialog that lost, it is the dialog that is over; of nobody's, it is the request.
    for (const auto &dialog : evidence.call.earlyDialogs)
        if (evidence.trace.tag(row.toTag) == dialog.toTag ||
            evidence.trace.tag(row.fromTag) == dialog.toTag)
            return {};
    return evidence.call.earlyDialogs[evidence.call.winner].answer;
}

void tellTags(const Evidence &evidence, const calls::Transaction &refused, trace::RowId answer,
              Findings &out)
{
    auto &f = out.add(
        "dlg-481", Severity::Error, Grade::Seen,
        fmt::format(
            "The {} of {} [1] has the To-tag {} and the From-tag {}, which are of no dialog "
            "of this call: 481 [2] is right. The answer has {} [3].",
            methodOf(evidence, refused), sender(evidence, refused.request),
            shown(evidence.trace.tag(evidence.trace.row(refused.request).toTag)),
            shown(evidence.trace.tag(evidence.trace.row(refused.request).fromTag)),
            shown(evidence.trace.tag(evidence.trace.row(answer).toTag))));
    f.impact =
        "The request does not reach the dialog it is for: the other side knows nothing of it.";
    f.evidence = {at(evidence, refused.request, sip::HeaderId::To, "tags of nobody"),
                  at(refused.finalResponse, "not known"),
                  at(evidence, answer, sip::HeaderId::To, "the dialog that there is")};
    f.fixes = {{"Keep both tags of the 2xx for every request of the dialog (RFC 3261 section "
                "12.2.1.1).",
                "sender of the message", Action::None}};
}

/// An INVITE that is to take the place of a dialog which whoever got it does not have (RFC 3891).
bool tellsReplaced(const Evidence &evidence, const calls::Transaction &refused, Findings &out)
{
    if (refused.method != sip::Method::Invite || refused.inDialog || refused.finalStatus != 481 ||
        !refused.finalResponse.valid() || !refused.request.valid())
        return false;
    const auto replaces = evidence.message(refused.request).value(sip::HeaderId::Replaces);
    if (replaces.empty())
        return false;
    auto &f = out.add(
        "dlg-481", Severity::Error, Grade::Seen,
        fmt::format("{} does not know the dialog that the INVITE [1] is to replace: 481 [2]. Its "
                    "Replaces names the Call-ID {}.",
                    sender(evidence, refused.finalResponse),
                    shown(replaces.substr(0, replaces.find(';')))));
    f.impact = "The transfer or the pick-up fails; the call that was to be replaced stays, or is "
               "over already.";
    f.evidence = {
        at(evidence, refused.request, sip::HeaderId::Replaces, "the dialog that is meant"),
        at(refused.finalResponse, "not known")};
    f.fixes = {
        {"Look whether that call had ended before, and at its tags: to-tag is the one of who "
         "gets this INVITE (RFC 3891 section 3).",
         "caller's user agent", Action::None},
        {"Send the INVITE to the very server or device that has the dialog.", "home proxy",
         Action::None}};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &refused : evidence.call.transactions) {
        if (tellsReplaced(evidence, refused, out))
            return;
        const bool inside = refused.inDialog && refused.method != sip::Method::Prack &&
                            refused.method != sip::Method::Cancel &&
                            refused.method != sip::Method::Notify;
        if (!inside || refused.finalStatus != 481 || !refused.finalResponse.valid() ||
            !refused.request.valid() || wasEnding(evidence, refused))
            continue;
        if (const auto answer = otherTags(evidence, refused); answer.valid())
            return tellTags(evidence, refused, answer, out);
        auto &f = out.add(
            "dlg-481", Severity::Error, Grade::Seen,
            fmt::format("{} does not know the dialog of this {} [1]: 481 after {} [2].",
                        sender(evidence, refused.finalResponse), methodOf(evidence, refused),
                        toldSpan(refused.started, refused.finished)));
        f.impact =
            "One side believes in a call that the other does not have; it lost its state, or "
            "the request went to another fork.";
        f.evidence = {at(evidence, refused.request, sip::HeaderId::To, "the dialog that is meant"),
                      at(refused.finalResponse, "not known there")};
        f.fixes = {{"Compare Call-ID and both tags with those of the 200; look for a restart or "
                    "fail-over of the peer.",
                    "operator", Action::None},
                   {"Take the dialog for ended (RFC 5057).", "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_481;
const Rule dlg_481{"dlg-481",
                   "A request for a dialog that the peer does not have",
                   Severity::Error,
                   "RFC 3261 section 12.2.2",
                   "481",
                   R"(
  answered
  9.00 alice>bob BYE tag=b
* 9.05 bob>alice 481 tag=b
)",
                   R"(
  answered
  8.99 bob>alice BYE tag=b reverse
  9.00 alice>bob BYE tag=b cseq=5
  9.03 alice>bob 200 for=BYE
  9.05 bob>alice 481 tag=b
)",
                   check,
                   Reads::Messages};

} // namespace diagnosis::rules
