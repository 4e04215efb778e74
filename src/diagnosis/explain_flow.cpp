// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/telling.h>

#include <algorithm>
#include <base/told_time.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

void tellDepth(const Evidence &evidence, const calls::Transaction &failed, Telling &out)
{
    const auto vias = viaCount(evidence, failed.request);
    if (vias > 1)
        out.say(fmt::format(
            "The request had {}, so a proxy received this code, as RFC 5626 means it to be.",
            count(vias, "Via field")));
    else if (vias == 1)
        out.say("The request had a single Via field: the code reached the user agent itself, which "
                "RFC 5626 section 11.5 "
                "says it never should.");
    const auto &warning = evidence.message(failed.finalResponse).value(sip::HeaderId::Warning);
    if (!warning.empty())
        out.say(fmt::format(
            "Its Warning reads: {} {}.", shown(warning),
            out.cite(at(evidence, failed.finalResponse, sip::HeaderId::Warning, "Warning"))));
}

bool namesOwnWay(const Evidence &evidence, const calls::Transaction &failed)
{
    const auto tokens = tokensOf(evidence, failed.request);
    return std::any_of(tokens.begin(), tokens.end(),
                       [](const TokenSeen &token) { return token.header == sip::HeaderId::Route; });
}

void tellFlow(const Evidence &evidence, const calls::Transaction &failed, Telling &out)
{
    const auto way = routed(evidence, failed);
    if (!way) {
        out.say(namesOwnWay(evidence, failed)
                    ? "The flow token in its Route is the sender's own, and that flow lives."
                    : "No flow token is visible in its route.");
        return;
    }
    const auto &token = way->token;
    out.say(fmt::format("{} names {} {}.", placeOf(token),
                        tokenText(evidence, token, failed.started),
                        out.cite(at(evidence, failed.request, token.value, "the flow token"))));
    const auto *const flow = flowOf(evidence, token);
    if (flow == nullptr)
        return;
    auto text = fmt::format("That is {} {}", flow->ours ? "our own flow" : "the flow",
                            out.cite(at(*flow, "the flow")));
    if (flow->report.regId != 0)
        text += fmt::format(" with reg-id {}", flow->report.regId);
    if (!flow->report.aor.empty())
        text += fmt::format(" of {}", shown(flow->report.aor));
    if (flow->ours)
        text += fmt::format(", now {}{}", base::flowStateText(flow->report.state),
                            namesNow(*flow, token) ? "" : " over another connection");
    if (flow->lastRegister.valid())
        text += fmt::format(", made by REGISTER {}",
                            out.cite(at(flow->lastRegister, "the REGISTER of this flow")));
    out.say(text + ".");
    if (everGranted(*flow) && !flow->lastPing.known() && !flow->lastPong.known())
        out.say("No keep-alive of it is in this trace.");
}

/// Of the same sender for the same request until then, this one too.
std::ptrdiff_t attemptsOf(const Evidence &evidence, const calls::Transaction &failed)
{
    return std::count_if(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                         [&](const calls::Transaction &each) {
                             return each.request.valid() && each.method == failed.method &&
                                    each.cseq == failed.cseq && each.sentBy == failed.sentBy &&
                                    each.started <= failed.started;
                         });
}

void tellNext(const Evidence &evidence, const calls::Transaction &failed, Telling &out)
{
    const auto &call = evidence.call;
    if (const auto *const next = nextAttempt(evidence, failed)) {
        out.say(fmt::format(
            "{} later {} sent the same request to {} {}{}.",
            lasting(next->started - failed.finished), evidence.trace.source(next->request).text(),
            receiver(evidence, next->request), out.cite(at(next->request, "the next attempt")),
            next->finalStatus == 0
                ? ", still without final response"
                : fmt::format(", which ended with {}", codeText(next->finalStatus))));
    } else if (!failed.inDialog && viaCount(evidence, failed.request) > 1) {
        const auto attempts = attemptsOf(evidence, failed);
        out.say(attempts > 1
                    ? fmt::format("It was the last of {} attempts on this target.", attempts)
                    : "No attempt on another flow of the target is in this trace.");
    }
    if (!failed.inDialog && call.finalResponse.valid() &&
        call.finalResponse != failed.finalResponse)
        out.say(fmt::format("In the end the caller got {} {}.", codeText(call.finalStatus),
                            out.cite(at(call.finalResponse, "what the caller got"))));
    std::size_t finals = 0;
    trace::RowId other;
    for (const auto row : failed.responses)
        if (evidence.trace.row(row).status >= 200 && row != failed.finalResponse && finals++ == 0)
            other = row;
    if (other.valid())
        out.say(fmt::format(
            "A second final response, {} {}, came for the same request; the first one counts.",
            codeText(evidence.trace.row(other).status),
            out.cite(at(other, "second final response"))));
}

/// Not the code but the evidence tells: an edge that restarted says 403, a frozen peer 408, and so
/// on.
std::string_view hiddenHint(int status)
{
    switch (status) {
    case 403:
        return "A 403 on a request with a flow token often means that the edge restarted and no "
               "longer trusts its own token: "
               "register again.";
    case 404:
    case 480:
        return "With a flow in the route this can hide a dead flow: the binding was dropped or no "
               "flow was left.";
    case 408:
    case 504:
        return "With a flow in the route this can be a dead flow found by a timer instead of a "
               "430.";
    case 410:
        return "Edges older than RFC 5626 say 410 for a dead flow.";
    case 477:
    case 500:
    case 503:
        return "Proxies whose connection to the user agent is gone answer like this as well; RFC "
               "5626 wants 430 there.";
    default:
        return {};
    }
}

/// Where the code began that `relayed` was handed on with: nearer to the user agent, by the Via
/// fields, and before it; nullptr: `relayed` is the first that this trace has.
const calls::Transaction *firstHand(const Evidence &evidence, const calls::Transaction &relayed)
{
    const auto *const first = origin(evidence, relayed.finalStatus, relayed.inDialog);
    const bool other = first != nullptr && first != &relayed && first->request.valid() &&
                       first->finalResponse.valid() && first->cseq == relayed.cseq;
    return other && viaCount(evidence, first->request) > viaCount(evidence, relayed.request) &&
                   first->finished <= relayed.finished
               ? first
               : nullptr;
}

/// Where this trace departs from what should have happened.
std::string departure(const Evidence &evidence, const calls::Transaction &failed, bool saved)
{
    if (saved)
        return " So it was here: another flow was tried and the request went through.";
    std::string out;
    if (viaCount(evidence, failed.request) > 1)
        out = attemptsOf(evidence, failed) == 1 && nextAttempt(evidence, failed) == nullptr
                  ? " Here no other flow was tried, as far as this trace shows."
                  : " Here another attempt was made and came to nothing.";
    if (toldTheWorse(evidence))
        out += " Here the 430 reached the caller.";
    return out;
}

} // namespace

void tellFlowFailure(const Evidence &evidence, trace::RowId row, Telling &out, Explanation &about)
{
    const auto *failed = transactionOf(evidence.call, row);
    tellAnswer(evidence, failed, row, out);
    if (failed == nullptr || !failed->request.valid())
        return;
    tellDepth(evidence, *failed, out); // how far it came is told of the row that is asked about
    if (const auto *const first = firstHand(evidence, *failed)) {
        out.say(fmt::format("It handed on what {} had answered {} {}; what follows is about that.",
                            sender(evidence, first->finalResponse),
                            base::hasClock(failed->finished)
                                ? lasting(failed->finished - first->finished) + " before"
                                : "before",
                            out.cite(at(first->finalResponse, "where the code began"))));
        const auto warning = evidence.message(first->finalResponse).value(sip::HeaderId::Warning);
        if (!warning.empty() &&
            warning != evidence.message(failed->finalResponse).value(sip::HeaderId::Warning))
            out.say(fmt::format("There its Warning reads: {} {}.", shown(warning),
                                out.cite(at(evidence, first->finalResponse, sip::HeaderId::Warning,
                                            "Warning of where the code began"))));
        failed = first;
        row = first->finalResponse;
    }
    const bool needsFlow = failed->method != sip::Method::Register;
    const auto meaning = failed->finalResponse == row
                             ? timeToAnswer(evidence, *failed)
                             : answerTimeText(failed->started, evidence.time(row));
    if (const auto colon = meaning.find(": "); needsFlow && colon != std::string::npos)
        out.say(fmt::format("The time to answer says: {}.", meaning.substr(colon + 2)));
    if (needsFlow)
        tellFlow(evidence, *failed, out);
    const auto verdict = judgeFlowFailure(evidence, *failed);
    auto text = verdict.text; // the grade belongs to this sentence
    text.insert(text.size() - 1, fmt::format(" ({})", gradeText(verdict.grade)));
    out.say(text);
    tellNext(evidence, *failed, out);
    about.expected = expectedOf(verdict.which);
    const auto *const next = nextAttempt(evidence, *failed);
    const bool saved = next != nullptr && reached(evidence, *next) && !toldTheWorse(evidence);
    if (!about.expected.empty() && verdict.which == FlowCase::NoFlowLeft)
        about.expected += departure(evidence, *failed, saved);
    about.impact = saved ? fmt::format("None for the caller but {} of delay.",
                                       lasting(next->started - failed->started))
                         : verdict.impact;
    auto &fixes = about.fixes;
    fixes = verdict.fixes;
    if (saved) // then nothing has to be repeated
        std::erase_if(fixes, [](const Fix &fix) { return fix.action == Action::CallAgain; });
    const auto way = routed(evidence, *failed);
    const auto *const flow = way ? flowOf(evidence, way->token) : nullptr;
    if (flow != nullptr && flow->ours) // what can be done right here comes first
        fixes.insert(fixes.begin(),
                     {"Re-register the dead flow with the same reg-id.",
                      std::string(keeperOf(evidence, *failed, way)), Action::ReRegister});
    about.actor = actorOf(fixes, verdict.grade);
    if (needsFlow)
        for (auto &prevention : preventFlowFailure(evidence, *failed))
            fixes.push_back(std::move(prevention));
}

namespace {

/// Our own flow that the request went by, or that a call to our own address of record needed, if it
/// was in doubt or down then; nullptr: none.
const flows::Flow *doubtfulFlow(const Evidence &evidence, const calls::Transaction &failed)
{
    const auto *const taken = carrier(evidence, failed.request);
    const auto end = failed.finished.known() ? failed.finished : evidence.now;
    for (const auto &flow : evidence.flows) {
        if (!flow || !flow->ours)
            continue;
        const bool concerned =
            flow.get() == taken || // a REGISTER is answered whatever became of the other flows
            (!failed.inDialog && failed.method != sip::Method::Register &&
             ownerOf(evidence, *flow, failed.request) == Whose::Peers);
        if (concerned &&
            (doubtOf(*flow, failed.started) != nullptr || doubtOf(*flow, end) != nullptr))
            return flow.get();
    }
    return nullptr;
}

constexpr auto kShortlyBefore = std::chrono::seconds(60);

/// Trouble that our flow had shortly before and got over.
struct Trouble {
    const flows::Flow *flow = nullptr; // nullptr: none
    base::Instant since, back;         // back: registered anew or UP again, unknown: not
    bool proven = false;               // a pong or a call came over it since
};

/// Of the flow that the request went by.
Trouble lateTrouble(const Evidence &evidence, const calls::Transaction &failed)
{
    using flows::Happening;
    const auto *const taken = carrier(evidence, failed.request);
    if (taken == nullptr || !taken->ours || failed.method == sip::Method::Register)
        return {};
    Trouble out;
    for (const auto &event : taken->events) {
        if (event.time > failed.started)
            break;
        const bool told = event.what == Happening::StateChanged;
        const bool bad = (told && (event.state == base::FlowState::Suspect ||
                                   event.state == base::FlowState::Failed)) ||
                         event.what == Happening::Closed || event.what == Happening::Reset ||
                         event.what == Happening::PongMissing || event.what == Happening::Remapped;
        if (bad)
            out = {taken,
                   out.flow != nullptr && !out.back.known() ? out.since : event.time,
                   {},
                   false};
        else if (told && base::isUp(event.state))
            out = {}; // it has shown that it works
        else if (out.flow != nullptr && event.what == Happening::Registered)
            out.back = out.back.known() ? out.back : event.time;
        else if (out.flow != nullptr && event.what == Happening::Pong)
            out.proven = true;
    }
    const bool late = out.flow != nullptr && failed.started - out.since <= kShortlyBefore;
    return late ? out : Trouble{};
}

std::string troubleText(const Trouble &trouble, base::Instant when, std::string_view place)
{
    auto text = fmt::format("Our own flow {} {} was in trouble {} before",
                            trouble.flow->report.regId, place, lasting(when - trouble.since));
    if (trouble.back.known())
        text += fmt::format(" and registered anew {} before", lasting(when - trouble.back));
    return text + fmt::format("{}: whether it carries both ways a ping tells ({}).",
                              trouble.proven ? "" : ", and no pong has come over it since",
                              gradeText(Grade::CannotTell));
}

/// A call to an address that we were registered for over this flow, and that did not come in here;
/// nullptr: none. 403 has other reasons.
const flows::Flow *missedBy(const Evidence &evidence, const calls::Transaction &failed)
{
    if (failed.inDialog || failed.method != sip::Method::Invite || failed.finalStatus == 403)
        return nullptr;
    for (const auto &transaction : evidence.call.transactions)
        if (transaction.method == sip::Method::Invite && transaction.request.valid() &&
            evidence.trace.row(transaction.request).origin == base::Origin::Tap &&
            !evidence.trace.row(transaction.request).outgoing)
            return nullptr;
    for (const auto &flow : evidence.flows)
        if (flow && flow->ours && boundAt(*flow, failed.started) &&
            ownerOf(evidence, *flow, failed.request) == Whose::Peers)
            return flow.get();
    return nullptr;
}

} // namespace

bool mayHideFlow(const Evidence &evidence, trace::RowId row)
{
    const auto *const failed = transactionOf(evidence.call, row);
    if (hiddenHint(evidence.trace.row(row).status).empty() || failed == nullptr ||
        !failed->request.valid())
        return false;
    return doubtfulFlow(evidence, *failed) != nullptr || routed(evidence, *failed).has_value() ||
           missedBy(evidence, *failed) != nullptr || lateTrouble(evidence, *failed).flow != nullptr;
}

void tellHiddenFlow(const Evidence &evidence, trace::RowId row, Telling &out)
{
    if (!mayHideFlow(evidence, row))
        return;
    const auto hint = hiddenHint(evidence.trace.row(row).status);
    const auto *const failed = transactionOf(evidence.call, row);
    if (const auto *const flow = doubtfulFlow(evidence, *failed))
        out.say(fmt::format("Our own flow {} {} was in doubt or down then: the dead flow may be "
                            "the reason behind this code (likely).",
                            flow->report.regId, out.cite(at(*flow, "our doubtful flow"))));
    else if (const auto trouble = lateTrouble(evidence, *failed); trouble.flow != nullptr)
        out.say(troubleText(trouble, failed->started,
                            out.cite(at(*trouble.flow, "our flow, lately in trouble"))));
    else if (const auto *const missed = missedBy(evidence, *failed))
        out.say(fmt::format("We were registered for this address over flow {} {}, and the call did "
                            "not come in: its edge may have lost the flow ({}). A ping and a new "
                            "registration tell more.",
                            missed->report.regId, out.cite(at(*missed, "our flow")),
                            gradeText(Grade::CannotTell)));
    const auto way = routed(evidence, *failed);
    if (!way)
        return;
    const auto *const flow = flowOf(evidence, way->token);
    const auto when = failed->finished.known() ? failed->finished : evidence.now;
    const bool dead = flow != nullptr && doubtOf(*flow, when) != nullptr;
    out.say(fmt::format(
        "Its Route names {} {}. {} ({}).", tokenText(evidence, way->token, failed->started),
        out.cite(at(evidence, failed->request, way->token.value, "a flow token")),
        hint.substr(0, hint.size() - 1), gradeText(dead ? Grade::Likely : Grade::CannotTell)));
}

} // namespace diagnosis
