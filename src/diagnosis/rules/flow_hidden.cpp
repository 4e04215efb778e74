// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/dead_flow.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr auto kAtOnce = std::chrono::milliseconds(50);
constexpr auto kPatience = std::chrono::seconds(10); // a call that rings nobody for so long
constexpr std::size_t kMostLookedAt = 1024;          // of one call

/// What the code says of a flow that was seen to die; empty: it has other reasons.
std::string_view disguise(int status)
{
    switch (status) {
    case 0:
        return "and nobody was told: the call does not arrive";
    case 403:
        return "and its token is refused: an edge that restarted has another key, and knows "
               "neither the connection nor the token any more";
    case 404:
    case 480:
        return "so no binding or flow was left, and the code hides that";
    case 408:
    case 504:
        return "which a timer found out where a 430 would have told it at once";
    case 477:
    case 500:
    case 503:
        return "so the proxy had nothing to send on, where RFC 5626 wants 430";
    default:
        return {};
    }
}

/// Would the code make a dead flow likely if the token is all that is known?
bool speaksForItself(const calls::Transaction &transaction)
{
    const int status = transaction.finalStatus;
    const bool atOnce = transaction.finished - transaction.started < kAtOnce;
    return status == 477 || (status == 503 && atOnce) ||
           ((status == 408 || status == 504) && !atOnce);
}

/// A code that has other reasons, from somebody who is no user agent, to a request that names a
/// flow: all that can be said is that the flow may be gone.
bool maySpeak(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.finalStatus == 0 || !transaction.finalResponse.valid() ||
        handedOn(evidence, transaction) ||
        refusesItsToken(evidence, transaction)) // flow-403-token tells
        return false;
    const auto &answer = evidence.message(transaction.finalResponse);
    return answer.find(sip::HeaderId::Contact) == nullptr &&
           answer.find(sip::HeaderId::Reason) == nullptr;
}

/// A flow token in Route, or as the user part of the Request-URI.
std::optional<TokenSeen> tokenOf(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (const auto way = routed(evidence, transaction);
        way && (way->token.ob || way->token.readable))
        return way->token;
    const auto target = evidence.message(transaction.request).requestUri;
    const auto uri = sip::parseUri(target);
    auto readable = flows::decodeToken(uri.user);
    if (!readable)
        return std::nullopt;
    return TokenSeen{
        transaction.request, sip::HeaderId::Route, target, uri.user, false, readable, false, true};
}

/// The code with the words that stand there: "477/SL" of Kamailio names the part that gave up.
std::string saidText(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto phrase = transaction.finalResponse.valid()
                            ? evidence.message(transaction.finalResponse).reason
                            : std::string_view();
    return phrase.empty() ? codeText(transaction.finalStatus)
                          : fmt::format("{} {}", transaction.finalStatus, shown(phrase));
}

std::string ending(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.finalStatus == 0) {
        const auto told = evidence.call.finalResponse; // then nobody waits any more
        const auto end = told.valid() ? evidence.time(told) : evidence.now;
        return fmt::format("was not answered in {}", toldSpan(transaction.started, end));
    }
    return fmt::format("ended with {} after {} [2]", saidText(evidence, transaction),
                       toldSpan(transaction.started, transaction.finished));
}

std::string_view endText(flows::Happening what)
{
    switch (what) {
    case flows::Happening::PongMissing:
        return "gave no pong";
    case flows::Happening::Reset:
        return "was reset";
    case flows::Happening::Unreachable:
        return "could not be reached";
    case flows::Happening::Remapped:
        return "got another mapped address";
    default:
        return "was closed";
    }
}

std::string deathText(const Dead &dead, const calls::Transaction &transaction)
{
    const auto before = transaction.started - dead.event->time;
    return fmt::format(
        "The flow it needed, {} of {} at {}, {} {}", base::transportText(dead.flow->transport),
        dead.flow->userAgent.text(), dead.flow->edge.text(), endText(dead.event->what),
        before.count() >= 0 ? toldSpan(dead.event->time, transaction.started) + " before"
                            : "meanwhile");
}

struct Told {
    const TokenSeen *token = nullptr;    // else
    const flows::Flow *silent = nullptr; // else the trace holds the end of the flow
    bool sure = false;                   // the code speaks for itself
};

/// The registrar itself, next to the caller, could not send on: nobody stands before it who could
/// take another flow.
bool atRegistrar(const Evidence &evidence, const calls::Transaction &transaction)
{
    const int status = transaction.finalStatus;
    return (status == 477 || status == 500 || status == 503) && !transaction.inDialog &&
           viaCount(evidence, transaction.request) == 1 && !routed(evidence, transaction);
}

/// Who keeps the flow, and what its end means: the target's, or one that the sender has no more.
void tellConsequences(const Evidence &evidence, const calls::Transaction &transaction, Finding &f)
{
    const auto way = routed(evidence, transaction);
    const bool senders = way && way->senders;
    const bool byDialog = transaction.inDialog && transaction.method == sip::Method::Bye;
    f.impact = byDialog ? "the other side is not told that the call is over: it may hold it, and "
                          "bill it, until a timer ends it."
               : senders
                   ? "the sender goes by a flow of its own that is gone: what it sends this way "
                     "arrives nowhere until it takes a living one, and the code sends "
                     "everybody looking at the target."
                   : "the target looks registered but cannot be reached; the code sends "
                     "everybody looking in the wrong place.";
    if (f.grade == Grade::CannotTell)
        f.impact = "If the flow is gone, " + f.impact;
    else
        f.impact.front() = 'T';
    if (atRegistrar(evidence, transaction))
        f.fixes.clear();
    else if (way && way->token.clear) // no outbound: RFC 5626 does not speak of this edge
        f.fixes = {{"Send keep-alives to user agents behind NAT and keep their connections as long "
                    "as they are registered (nathelper's natping_interval, "
                    "tcp_connection_lifetime), or use outbound (RFC 5626).",
                    "edge proxy", Action::None}};
    else if (transaction.inDialog)
        f.fixes = {
            {"Say 430 for a flow that is gone (RFC 5626 section 5.3): inside a dialog nobody "
             "can take another way, but the sender learns at once that this one is dead.",
             "edge proxy", Action::None}};
    else
        f.fixes = {{"Say 430 for a flow that is gone (RFC 5626 section 5.3), so that whoever sent "
                    "the request tries the next one.",
                    "edge proxy", Action::None}};
    if (!senders && !transaction.inDialog)
        f.fixes.push_back({"Drop the bindings of a connection when it ends; answer 480 when none "
                           "is left.",
                           "home proxy", Action::None});
    if (f.grade == Grade::CannotTell)
        f.fixes.insert(f.fixes.begin(),
                       {"Ask there first what the code was meant for; what follows is for a flow "
                        "that is gone.",
                        "edge proxy", Action::None});
    f.fixes.push_back({senders ? "Notice the dead connection by the missing pong, register again "
                                 "and take the Service-Route of that answer."
                               : "Notice the dead connection by the missing pong, register again "
                                 "with the same reg-id, and keep a second flow.",
                       std::string(keeperOf(evidence, transaction, way)), Action::None});
}

/// What the caller was told of a request that nobody answered.
std::string callEnd(const Evidence &evidence, std::vector<EvidenceRef> &places)
{
    const auto &call = evidence.call;
    if (!call.finalResponse.valid())
        return {};
    places.push_back(at(call.finalResponse, "what the caller got"));
    return fmt::format(" The caller got {} [{}].", codeText(call.finalStatus), places.size());
}

void report(const Evidence &evidence, const calls::Transaction &transaction, const Dead &dead,
            const Told &told, Findings &out)
{
    const bool known = dead.event != nullptr;
    auto text =
        fmt::format("{} [1] {}. ", methodOf(evidence, transaction), ending(evidence, transaction));
    std::vector<EvidenceRef> places{at(transaction.request, "the request")};
    if (transaction.finalResponse.valid())
        places.push_back(at(transaction.finalResponse, "the code that hides it"));
    if (known) {
        places.push_back(at(*dead.flow, "the dead flow"));
        if (dead.event->row.valid())
            places.back().row = dead.event->row;
        text += fmt::format("{} [{}], {}.", deathText(dead, transaction), places.size(),
                            atRegistrar(evidence, transaction)
                                ? "so the proxy had nothing to send on; of the last one before the "
                                  "caller RFC 5626 section 11.5 wants no 430, but 480 is plainer"
                                : disguise(transaction.finalStatus));
    } else if (told.silent != nullptr) {
        places.push_back(at(*told.silent, "the flow that it went over"));
        text += fmt::format("It went over the flow of {} at {} [{}], and nothing came back, not "
                            "even a 100: the flow is most likely dead and nobody has noticed.",
                            told.silent->userAgent.text(), told.silent->edge.text(), places.size());
        text += callEnd(evidence, places);
    } else {
        places.push_back(at(evidence, transaction.request, told.token->value, "the flow token"));
        text += fmt::format(
            "Its {} names {} [{}], and nothing came back over that flow: {}.", placeOf(*told.token),
            tokenText(evidence, *told.token, transaction.started), places.size(),
            told.sure && told.token->clear ? "that connection is most likely gone"
            : told.sure                    ? "it is most likely dead, and 430 would have said so"
                        : "it may be gone, where 430 would have said so, or the code "
                          "means what it says");
    }
    const bool sure = told.sure || told.silent != nullptr;
    const auto severity = known ? Severity::Error : sure ? Severity::Warning : Severity::Info;
    auto &f = out.add("flow-hidden", severity, known || sure ? Grade::Likely : Grade::CannotTell,
                      std::move(text));
    f.evidence = std::move(places);
    tellConsequences(evidence, transaction, f);
    if (known && transaction.finalStatus == 403) // the restart that ended it lost the key as well
        f.fixes.insert(f.fixes.begin(), tokenKeyFix());
    f.offers = flowOffers(evidence, transaction);
}

/// The user agent closed its connection without taking the registration away, and the registrar,
/// which has no binding left, says so: as RFC 5626 section 7 wants it.
bool leftItself(const Evidence &evidence, const calls::Transaction &transaction, const Dead &dead)
{
    const bool closed =
        dead.event->what == flows::Happening::Closed || dead.event->what == flows::Happening::Reset;
    return closed && dead.event->row.valid() &&
           (transaction.finalStatus == 480 || transaction.finalStatus == 404) &&
           evidence.trace.source(dead.event->row) == dead.flow->userAgent &&
           !routed(evidence, transaction);
}

void tellLeft(const Evidence &evidence, const calls::Transaction &transaction, const Dead &dead,
              Findings &out)
{
    auto &f = out.add(
        "flow-hidden", Severity::Info, Grade::Likely,
        fmt::format("{} [1] {}: {} had closed its connection {} before [3] and did not register "
                    "again, so no binding is left. The code is right.",
                    methodOf(evidence, transaction), ending(evidence, transaction),
                    dead.flow->userAgent.text(), lasting(transaction.started - dead.event->time)));
    f.impact = "The target cannot be called until it registers again.";
    f.evidence = {at(transaction.request, "the request"),
                  at(transaction.finalResponse, "nobody is there"), at(*dead.flow, "its flow")};
    f.evidence.back().row = dead.event->row;
    f.fixes = {{"Register again at once when a connection ends, and take the registration away "
                "before closing it on purpose.",
                "callee's user agent", Action::None}};
    f.offers = flowOffers(evidence, transaction);
}

/// Looks at one hop. True: it was told.
bool judge(const Evidence &evidence, const calls::Transaction &transaction, Findings &out)
{
    using sip::Method;
    const bool other = transaction.method == Method::Ack || transaction.method == Method::Cancel ||
                       transaction.method == Method::Prack ||
                       transaction.method == Method::Register;
    if (other || !transaction.request.valid() || disguise(transaction.finalStatus).empty() ||
        wasProgressing(evidence, transaction))
        return false;
    if (refusesItsToken(evidence, transaction)) // flow-403-token tells
        return false;
    const auto dead = deadFlow(evidence, transaction);
    if (transaction.finalStatus == 0) {
        Told told;
        told.silent = dead.event == nullptr ? silentFlow(evidence, transaction) : nullptr;
        if ((dead.event == nullptr && told.silent == nullptr) || transaction.localFailure.valid())
            return false;
        const auto end = evidence.call.finalResponse;
        const bool given = told.silent != nullptr && evidence.call.finalStatus >= 300 &&
                           end.valid() &&
                           evidence.time(end) - transaction.started >= kSilentUserAgent;
        if (!given && evidence.now - transaction.started < kPatience) {
            out.recheckAt(transaction.started + kPatience);
            return false;
        }
        if (told.silent != nullptr) {
            report(evidence, transaction, {}, told, out);
            return true;
        }
    }
    if (dead.event != nullptr) {
        if (leftItself(evidence, transaction, dead))
            tellLeft(evidence, transaction, dead, out);
        else
            report(evidence, transaction, dead, {}, out);
        return true;
    }
    if (dead.flow != nullptr && dead.flow->lastPong > transaction.started)
        return false; // it lived
    Told told;
    const auto token = tokenOf(evidence, transaction);
    if (!token)
        return false;
    told.token = &*token;
    told.sure = speaksForItself(transaction);
    if (!told.sure && (told.token->clear || !maySpeak(evidence, transaction)))
        return false;
    report(evidence, transaction, {}, told, out);
    return true;
}

/// What came when the caller had long been told that it failed counts for nothing: as it looked
/// then. nullopt: something had come.
std::optional<calls::Transaction> silentUntilTold(const Evidence &evidence,
                                                  const calls::Transaction &transaction)
{
    const auto told = evidence.call.finalResponse;
    if (transaction.method != sip::Method::Invite || transaction.inDialog ||
        transaction.responses.empty() || !told.valid() || evidence.call.finalStatus < 300 ||
        evidence.time(transaction.responses.front()) <= evidence.time(told))
        return std::nullopt;
    auto out = transaction;
    out.responses.clear();
    out.finalStatus = 0;
    out.finalResponse = {};
    out.finished = {};
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    const bool went = call.answered.known() || call.state == calls::State::Cancelled ||
                      std::any_of(call.transactions.begin(), call.transactions.end(),
                                  [](const auto &t) { return t.finalStatus == 430; });
    // The hop nearest to the flow knows best; what it said is handed back from there.
    std::vector<const calls::Transaction *> nearest;
    for (const auto &transaction : call.transactions)
        if ((!went || transaction.inDialog) && transaction.request.valid() &&
            !disguise(transaction.finalStatus).empty())
            nearest.push_back(&transaction);
    std::stable_sort(nearest.begin(), nearest.end(), [&](const auto *a, const auto *b) {
        return evidence.trace.row(a->request).viaCount > evidence.trace.row(b->request).viaCount;
    });
    if (nearest.size() > kMostLookedAt)
        nearest.resize(kMostLookedAt);
    std::erase_if(nearest, [&](const auto *t) { return reachedLater(evidence, *t) != nullptr; });
    for (const auto *const transaction : nearest)
        if (judge(evidence, *transaction, out))
            return;
    for (const auto &transaction : call.transactions)
        if (const auto silent = silentUntilTold(evidence, transaction);
            silent && judge(evidence, *silent, out))
            return;
}

} // namespace

extern const Rule flow_hidden;
const Rule flow_hidden{"flow-hidden",
                       "A dead flow behind another code",
                       Severity::Error,
                       "RFC 5626 sections 4.4, 5.3 and 7",
                       "430",
                       R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 20.000 edge>bob tcp fin
  30.000 alice>edge INVITE offer
  30.005 edge>alice 480 tag=e
)",
                       R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  30.000 alice>edge INVITE offer
  30.100 edge>alice 180 tag=b
  35.000 edge>alice 480 tag=b
)",
                       check,
                       Reads::Little,
                       Argues::FromAbsence};

} // namespace diagnosis::rules
