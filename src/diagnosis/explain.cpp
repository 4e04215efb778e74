// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/explain.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/response_class.h>
#include <diagnosis/rule.h>
#include <diagnosis/telling.h>
#include <diagnosis/texts.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace diagnosis {
namespace {

std::string_view effectText(sip::Effect effect)
{
    switch (effect) {
    case sip::Effect::Transaction:
        return "ends this request only";
    case sip::Effect::Usage:
        return "inside a dialog it ends this use of it (RFC 5057)";
    case sip::Effect::Dialog:
        return "inside a dialog it ends the dialog (RFC 5057)";
    case sip::Effect::None:
        break;
    }
    return "ends nothing";
}

std::string summaryOf(int code)
{
    constexpr int kEarlyDialogTerminated = 199; // RFC 5057 is older than it
    const auto *const entry = sip::status(code);
    if (entry == nullptr)
        return fmt::format("{}, not registered; treated as {}", responseClass(code),
                           sip::treatedAs(code));
    return fmt::format("{}, {}{}; {}", responseClass(code), entry->reference,
                       entry->registered ? "" : " (not registered with IANA)",
                       code == kEarlyDialogTerminated
                           ? "ends one early dialog, the request goes on (RFC 6228)"
                           : effectText(entry->effect));
}

/// The article of a code, or what the class of an unknown one says (RFC 3261 section 8.1.3.2).
std::string_view articleOf(int code)
{
    const auto own = article(std::to_string(code));
    return own.empty() ? article(std::to_string(sip::treatedAs(code))) : own;
}

int factCode(int code)
{
    return article(std::to_string(code)).empty() ? sip::treatedAs(code) : code;
}

/// Findings that cite this row, or that are about its code and cite the same transaction.
std::vector<const Finding *> related(const Evidence &evidence, trace::RowId row,
                                     std::span<const Finding> findings)
{
    std::vector<const Finding *> found;
    const auto code = std::to_string(evidence.trace.row(row).status);
    for (const auto &finding : findings) {
        const auto cites = std::any_of(finding.evidence.begin(), finding.evidence.end(),
                                       [&](const EvidenceRef &ref) { return ref.row == row; });
        const auto *const entry = rule(finding.rule);
        if (cites || (entry != nullptr && entry->article == code))
            found.push_back(&finding);
        if (found.size() == 4)
            break;
    }
    return found;
}

void addFix(std::vector<Fix> &fixes, const Fix &fix)
{
    if (std::none_of(fixes.begin(), fixes.end(),
                     [&](const Fix &known) { return known.text == fix.text; }))
        fixes.push_back(fix);
}

void addArticleFacts(Explanation &out, bool withFix)
{
    const auto code = factCode(out.code);
    if (out.impact.empty())
        out.impact = articleFact(code, "Caller notices");
    if (const auto next = articleFact(code, "Look next");
        withFix && !next.empty() && out.fixes.empty())
        out.fixes.push_back({std::string(next), "operator", Action::None});
}

/// What the finding says first is about this row; else it only passes by.
bool isMain(const Finding &finding, trace::RowId row, int code)
{
    const auto *const entry = rule(finding.rule);
    return (!finding.evidence.empty() && finding.evidence.front().row == row) ||
           (entry != nullptr && code != 0 && entry->article == std::to_string(code));
}

void addFinding(const Finding &finding, trace::RowId row, Telling &telling, Explanation &out)
{
    // These two rules say nothing that the text about their own row does not tell.
    const bool told =
        out.code == 430 || (out.code / 100 == 1 && finding.rule == "em-183-sdp-no-rtp");
    if (!told)
        telling.say(finding);
    if (out.impact.empty() && isMain(finding, row, out.code) &&
        finding.rule != "dlg-bye-reason") // the code says more of it
        out.impact = finding.impact;
    for (const auto &fix : finding.fixes)
        addFix(out.fixes, fix);
}

/// What became of a request, for the one who sent it.
std::string impactOf(const Evidence &evidence, trace::RowId row)
{
    const auto *const transaction = transactionOf(evidence.call, row);
    if (transaction == nullptr || transaction->request != row)
        return "None seen.";
    if (transaction->finalStatus >= 300)
        return std::string(articleFact(factCode(transaction->finalStatus), "Caller notices"));
    return transaction->finalStatus == 0 && !transaction->localFailure.valid()
               ? "Not known: no final response yet."
               : "None seen.";
}

/// What the code means for a request that no caller waits for; empty: the article says it.
std::string impactOfMethod(const Evidence &evidence, trace::RowId row)
{
    const auto *const transaction = transactionOf(evidence.call, row);
    const int status = evidence.trace.row(row).status;
    if (transaction == nullptr || status < 200 || status == 401 || status == 407)
        return {};
    const auto method = transaction->method;
    const bool registers = method == sip::Method::Register;
    if (status / 100 == 2) {
        if (method == sip::Method::Invite)
            return transaction->inDialog ? "The session goes on as it was agreed anew."
                                         : "The call is connected.";
        if (!registers || !transaction->request.valid())
            return registers ? "The account is registered." : "None: the request was carried out.";
        return takesAway(evidence.message(transaction->request))
                   ? "The binding is gone: no calls come in over it."
                   : "The account can be called over this binding.";
    }
    if (registers)
        return acceptedLater(evidence, *transaction)
                   ? "None in the end: a later REGISTER was accepted."
                   : "The account is not registered by this REGISTER: no calls come in over it.";
    if (method != sip::Method::Invite && status >= 300)
        return fmt::format("This {} is not carried out.", methodOf(evidence, *transaction));
    return {};
}

void judgeProvisional(const Evidence &evidence, trace::RowId row, Telling &telling,
                      Explanation &out)
{
    tellProvisional(evidence, row, telling);
    out.verdict = provisionalVerdict(evidence, row);
    if (!out.verdict)
        return;
    for (VerdictFact &fact : out.verdict->facts)
        fact.value += " " + telling.cite(fact.evidence);
}

/// How to keep a flow's trouble from coming back, whatever code it showed itself by.
void addPrevention(const Evidence &evidence, trace::RowId row, Explanation &out)
{
    const auto *const failed = transactionOf(evidence.call, row);
    if (failed == nullptr || !failed->request.valid() || out.code == 430)
        return; // tellFlowFailure() has done it
    const bool refused = out.code == 439 && failed->method == sip::Method::Register;
    const bool hidden = !refused && mayHideFlow(evidence, row);
    if (!refused && !hidden)
        return;
    for (const auto &fix :
         refused ? enableOutbound(evidence, *failed) : preventFlowFailure(evidence, *failed))
        addFix(out.fixes, fix);
}

/// The rules about a flow that was needed and gone, whatever code hid it.
bool tellsOfAFlow(const Finding &finding)
{
    return finding.rule == "flow-hidden" || finding.rule == "flow-403-token" ||
           finding.rule == "flow-410-token";
}

/// A code that hides a dead flow is told with the same parts as 430.
void addHiddenFlow(const Finding &finding, Explanation &out)
{
    if (out.code < 300 || out.code == 430 || !tellsOfAFlow(finding) || !out.actor.empty() ||
        finding.grade == Grade::CannotTell)
        return;
    out.impact = finding.impact;
    out.actor = actorOf(finding.fixes, finding.grade);
    out.expected = "By RFC 5626 section 5.3 an edge answers 430 where the flow of a token is gone; "
                   "by section 7 the home proxy then tries another flow of the same instance, and "
                   "tells the caller 480 when none is left.";
}

bool isTrouble(base::FlowState state)
{
    using base::FlowState;
    return state == FlowState::Suspect || state == FlowState::Failed ||
           state == FlowState::BackingOff || state == FlowState::Rejected;
}

/// What our own flow tells of its trouble has a finding of its registration beside it.
void explainTrouble(const Evidence &evidence, const base::FlowReport &report,
                    std::span<const Finding> findings, Telling &telling, Explanation &out)
{
    if (!isTrouble(report.state))
        return;
    const Finding *main = nullptr;
    for (const auto &finding : findings)
        if (finding.severity != Severity::Info &&
            std::string_view(finding.rule).starts_with("flow-") &&
            (main == nullptr || finding.severity > main->severity))
            main = &finding;
    if (main != nullptr) {
        telling.say(*main);
        out.impact = main->impact;
        out.actor = actorOf(main->fixes, main->grade);
        for (const auto &fix : main->fixes)
            addFix(out.fixes, fix);
    }
    const auto &done = evidence.call.transactions;
    const auto asked = std::find_if(done.rbegin(), done.rend(), [](const auto &each) {
        return each.method == sip::Method::Register && each.request.valid();
    });
    if (asked != done.rend())
        out.offers = flowOffers(evidence, *asked);
}

void addOffers(const Evidence &evidence, trace::RowId row, Explanation &out)
{
    const auto *const failed = transactionOf(evidence.call, row);
    if (failed != nullptr && (out.code == 430 || mayHideFlow(evidence, row)))
        out.offers = flowOffers(evidence, *failed);
}

} // namespace

Explanation explainCode(int code)
{
    Explanation out;
    out.code = code;
    out.title = codeText(code);
    out.summary = summaryOf(code);
    out.article = articleOf(code);
    out.happened = "No call is chosen: this is what the code means in general.";
    addArticleFacts(out, true);
    return out;
}

Explanation explain(const Evidence &evidence, trace::RowId row, std::span<const Finding> findings)
{
    Explanation out;
    if (!row.valid() || row.value >= evidence.trace.size())
        return out;
    const auto &entry = evidence.trace.row(row);
    Telling telling;
    if (entry.status == 0) {
        const auto *const event = evidence.trace.local(row);
        out.code = event != nullptr ? event->code : 0;
        out.title = event != nullptr ? std::string(base::localKindText(event->kind))
                                     : shown(evidence.message(row).methodText);
        out.summary = event != nullptr ? "local event: nothing of it is on the wire" : "request";
        tellRequest(evidence, row, telling);
        if (event != nullptr && event->flow)
            explainTrouble(evidence, *event->flow, findings, telling, out);
    } else {
        out.code = entry.status;
        out.title = codeText(entry.status);
        out.summary = summaryOf(entry.status);
        out.article = articleOf(entry.status);
        if (entry.status == 430)
            tellFlowFailure(evidence, row, telling, out);
        else if (entry.status < 200)
            judgeProvisional(evidence, row, telling, out);
        else
            tellFinal(evidence, row, telling);
        addOffers(evidence, row, out);
    }
    for (const auto *const finding : related(evidence, row, findings)) {
        addFinding(*finding, row, telling, out);
        addHiddenFlow(*finding, out);
    }
    if (entry.status != 0)
        addPrevention(evidence, row, out);
    if (out.impact.empty() && entry.status == 0 && entry.kind == trace::RowKind::Message)
        out.impact = impactOf(evidence, row);
    if (out.impact.empty() && entry.status >= 200)
        out.impact = impactOfMethod(evidence, row);
    if (out.code != 0)
        addArticleFacts(out, out.code >= 300);
    std::stable_partition(out.fixes.begin(), out.fixes.end(),
                          [](const Fix &fix) { return fix.action != Action::None; });
    out.happened = std::move(telling.text);
    out.evidence = std::move(telling.evidence);
    return out;
}

std::vector<ComparisonRow> compareCodes(int left, int right)
{
    std::vector<ComparisonRow> rows;
    const auto both = [&](std::string aspect, auto &&text) {
        rows.push_back({std::move(aspect), std::string(text(left)), std::string(text(right))});
    };
    both("code", [](int code) { return codeText(code); });
    both("class", [](int code) { return responseClass(code); });
    both("defined in", [](int code) {
        const auto *const entry = sip::status(code);
        return entry != nullptr ? entry->reference : std::string_view("not registered");
    });
    both("effect", [](int code) {
        const auto *const entry = sip::status(sip::treatedAs(code));
        return entry != nullptr ? effectText(entry->effect) : std::string_view{};
    });
    both("means", [](int code) { return articleMeaning(factCode(code)); });
    for (const std::string_view fact :
         {"Sent by", "Carries", "Caller notices", "Try again", "Look next"}) {
        const auto text = [&](int code) { return articleFact(factCode(code), fact); };
        if (!text(left).empty() || !text(right).empty())
            both(base::lower(fact), text);
    }
    return rows;
}

} // namespace diagnosis
