// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/former_ends.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

constexpr auto kAtOnce = std::chrono::milliseconds(50);

/// When the edge began to know the sender's flow by another address than the token has; nullopt:
/// the trace does not tell.
std::optional<base::Instant> whenReplaced(const Evidence &evidence, const TokenSeen &token)
{
    const auto *const flow = flowOf(evidence, token);
    return flow != nullptr ? namedUntil(evidence, *flow, token) : std::nullopt;
}

/// What the sender's flow is by now: another connection, or the same socket that a NAT shows as
/// another one.
std::string nowText(const Evidence &evidence, const calls::Transaction &failed,
                    const TokenSeen &token, const std::optional<base::Instant> &since)
{
    const auto now = evidence.trace.source(failed.request);
    const auto *const flow = flowOf(evidence, token);
    const auto seen = flow != nullptr && !flow->ours && since && *since <= failed.started
                          ? seenAt(evidence, *flow, failed.started)
                          : base::Endpoint{};
    if (!seen.known() || (token.readable && seen == token.readable->userAgent))
        return fmt::format("the request came from {}: that connection was replaced", now.text());
    return fmt::format("the edge has seen {} as {} since {} before the request: the NAT between "
                       "them gave it another address, and the old one is nobody's",
                       now.text(), seen.text(), lasting(failed.started - *since));
}

FlowVerdict ownFlow(const Evidence &evidence, const calls::Transaction &failed, const Routed &way)
{
    const auto &token = way.token;
    const std::string who(keeperOf(evidence, failed, way));
    FlowVerdict verdict;
    verdict.which = failed.inDialog ? FlowCase::OwnOldFlow : FlowCase::StaleRoute;
    verdict.grade = token.readable ? Grade::Seen : Grade::Likely;
    const auto since = whenReplaced(evidence, token);
    verdict.text =
        fmt::format("The {} names a flow of the sender itself ({}), while {}.", placeOf(token),
                    token.readable ? token.readable->userAgent.text() : "opaque token",
                    nowText(evidence, failed, token, since));
    verdict.impact =
        failed.inDialog
            ? "The dialog itself lives on, but requests through this route set no longer arrive."
            : "Calls fail until the account is registered over a living connection.";
    const auto *const flow = flowOf(evidence, token);
    const bool anew = since && flow != nullptr && !flow->ours &&
                      boundAfter(*flow, *since - base::Duration(1)).known() &&
                      boundAfter(*flow, *since - base::Duration(1)) <= failed.started;
    verdict.fixes.push_back(
        anew && !failed.inDialog
            ? Fix{"Send requests with the Service-Route of the newest answer to REGISTER; the one "
                  "used was of a former.",
                  who, Action::None}
            : Fix{"Register again over a living connection and take the Service-Route of that "
                  "answer.",
                  who, Action::ReRegister});
    verdict.fixes.push_back(failed.inDialog
                                ? Fix{"Set the call up anew with INVITE and Replaces: "
                                      "a target refresh cannot change the "
                                      "route set.",
                                      who, Action::None}
                                : Fix{"Then place the call again.", who, Action::CallAgain});
    verdict.fixes.push_back(
        {"Send keep-alives more often than the NAT or firewall forgets (every 24 to 29 s over UDP, "
         "RFC 5626 section 4.4.2).",
         who, Action::None});
    return verdict;
}

/// What the failure means for its dialog, which may be of a subscription.
std::string dialogImpact(const Evidence &evidence, const calls::Transaction &failed)
{
    return fmt::format("This {} fails; the dialog is not ended by it{} (RFC 5057).",
                       sip::methodText(failed.method),
                       evidence.call.kind == calls::Kind::Call ? " and media may still run" : "");
}

Fix beginAnew(const Evidence &evidence, std::string who)
{
    return evidence.call.kind == calls::Kind::Call
               ? Fix{"Set the call up anew with INVITE and Replaces, or hang up: this route set "
                     "cannot be repaired.",
                     std::move(who), Action::None}
               : Fix{"Begin anew outside of this dialog: its route set cannot be repaired.",
                     std::move(who), Action::None};
}

FlowVerdict peersFlow(const Evidence &evidence, const calls::Transaction &failed,
                      const std::optional<Routed> &way)
{
    const std::string keeper(keeperOf(evidence, failed, way));
    FlowVerdict verdict;
    verdict.which = FlowCase::PeersFlow;
    verdict.grade = Grade::Likely;
    verdict.text = fmt::format("The route set of the dialog leads to one connection of the other "
                               "side, and {} says that it is gone; no proxy on this way may choose "
                               "another one.",
                               sender(evidence, failed.finalResponse));
    verdict.impact = dialogImpact(evidence, failed);
    verdict.fixes = {
        {"Keep the connection alive (RFC 5626 section 4.4) and re-register with the same reg-id "
         "when it breaks.",
         keeper, Action::None},
        beginAnew(evidence,
                  keeper.starts_with("callee") ? "caller's user agent" : "callee's user agent"),
        {"Keep connections longer than the Flow-Timer granted.", "edge proxy", Action::None}};
    return verdict;
}

FlowVerdict targetsFlow(const Evidence &evidence, const calls::Transaction &failed)
{
    FlowVerdict verdict;
    const auto &answer = evidence.message(failed.finalResponse);
    const auto warning = answer.value(sip::HeaderId::Warning);
    const auto vias = viaCount(evidence, failed.request);
    // One hop is in sight: that nobody stands behind it, or had another flow, is not.
    const bool direct = vias <= 1 && failed.finished - failed.started < kAtOnce &&
                        base::lower(warning).find("flow") != std::string::npos &&
                        !handedOn(evidence, failed);
    const auto way = routed(evidence, failed);
    const auto *const flow = way ? flowOf(evidence, way->token) : nullptr;
    if (auto past = flow != nullptr ? pastOf(evidence, failed, *flow) : std::nullopt)
        return *past;
    const bool known = way && saidByItsEdge(evidence, failed, way->token);
    const bool triedOn = nextAttempt(evidence, failed) != nullptr;
    verdict.which = direct ? FlowCase::EdgeIsRegistrar : FlowCase::NoFlowLeft;
    verdict.text =
        direct ? fmt::format("{} is registrar and edge in one, or hands on the word of an edge "
                             "behind it: the connection of the target is gone, and no other flow "
                             "took the call.",
                             sender(evidence, failed.finalResponse))
               : fmt::format("The target is registered over a connection that {}{} no longer has.",
                             sender(evidence, failed.finalResponse),
                             known ? "" : ", or a proxy behind it,");
    verdict.impact = "The target cannot be reached over this flow; every further call meets the "
                     "same dead binding until it "
                     "is refreshed or removed.";
    verdict.fixes = {
        {triedOn || evidence.call.finalStatus == 480
             ? "Remove a binding when a 430 comes back for it."
             : "Try the target's next flow after 430 and remove the dead binding; answer the "
               "caller 480 when none is left.",
         "home proxy", Action::None},
        {"Notice the dead connection by the missing pong and re-register with the same reg-id; "
         "register over two edges.",
         "callee's user agent", Action::None},
        {"Check whether the edge restarted or closed idle connections earlier than its Flow-Timer.",
         "edge proxy", Action::None}};
    if (outgoingCall(evidence))
        verdict.fixes.push_back({"Call again once the target has re-registered.",
                                 "caller's user agent", Action::CallAgain});
    return verdict;
}

FlowVerdict misused(const Evidence &evidence, const calls::Transaction &failed)
{
    FlowVerdict verdict;
    verdict.which = FlowCase::Misused;
    verdict.grade = Grade::Likely;
    verdict.text = fmt::format("{} answered a REGISTER with 430, which no registrar should send.",
                               sender(evidence, failed.finalResponse));
    verdict.impact = "The account is not registered, so no call reaches it; the user agent has to "
                     "take the code for 400 Bad Request.";
    verdict.fixes = {
        {"Refuse a REGISTER with the code that says why (403, 500, 503 with "
         "Retry-After), and keep 430 for requests over the flow of somebody else.",
         "edge proxy", Action::None},
        {"Take it for 400: register again over a new connection, after the wait of "
         "RFC 5626 section 4.5.",
         "user agent",
         carrier(evidence, failed.request) != nullptr ? Action::ReRegister : Action::None}};
    return verdict;
}

/// A 430 to a request that goes to no flow: nothing in it names one.
FlowVerdict withoutRoute(const Evidence &evidence, const calls::Transaction &failed)
{
    FlowVerdict verdict;
    verdict.which = FlowCase::Misused;
    verdict.grade = Grade::Likely;
    verdict.text =
        fmt::format("{} answered 430 to a {} that has no Route and so names no flow: "
                    "that is no edge's word, but the code's own use by a user agent or "
                    "a back-to-back user agent.",
                    sender(evidence, failed.finalResponse), sip::methodText(failed.method));
    verdict.impact = dialogImpact(evidence, failed);
    verdict.fixes = {{"Answer with the code that says why (481 for a dialog that is not known).",
                      "operator", Action::None}};
    return verdict;
}

/// Nothing in the Route but the flow that the request came over: it lives.
FlowVerdict ownFlowLives(const Evidence &evidence, const calls::Transaction &failed,
                         const TokenSeen &own)
{
    FlowVerdict verdict;
    verdict.which = FlowCase::OwnFlowLives;
    verdict.grade = Grade::Likely;
    verdict.text = fmt::format(
        "The only flow in the route set is the sender's own ({}), and the request came over it: no "
        "connection of the other side is named, so the 430 is misused by {} or comes from behind "
        "it.",
        own.readable ? own.readable->userAgent.text() : "opaque token",
        sender(evidence, failed.finalResponse));
    verdict.impact = dialogImpact(evidence, failed);
    verdict.fixes = {
        {"Compare the flow of the token with the connection that the request came by: where they "
         "are the same, take it off and send the request on (RFC 5626 section 5.3).",
         "edge proxy", Action::None},
        {"Look at the hops behind: whose flow is gone, only the element that said 430 first knows.",
         "operator", Action::None}};
    return verdict;
}

FlowVerdict misusedByDevice(const Evidence &evidence, const calls::Transaction &failed)
{
    FlowVerdict verdict;
    verdict.which = FlowCase::MisusedByDevice;
    verdict.grade = Grade::Seen;
    verdict.text =
        fmt::format("{}, the user agent itself, answered 430: the {} came over its flow, "
                    "and so did the answer, so that flow works.",
                    sender(evidence, failed.finalResponse), sip::methodText(failed.method));
    verdict.impact = "Proxies take the flow for dead and may drop a binding that works.";
    verdict.fixes = {
        {"Answer with the code that says why the call is not taken (486, 480, 603); 430 "
         "is an edge's word about a flow.",
         "callee's user agent", Action::None}};
    return verdict;
}

FlowVerdict vendor(const Evidence &evidence, const calls::Transaction &failed)
{
    FlowVerdict verdict;
    verdict.which = FlowCase::Vendor;
    verdict.grade = Grade::Likely;
    verdict.text =
        fmt::format("{} uses 430 in a dialog recovery of its own (ms-diagnostics is there).",
                    sender(evidence, failed.finalResponse));
    verdict.impact = "The client is expected to recover the dialog by the vendor's procedure.";
    verdict.fixes = {{"Follow the vendor's dialog recovery.", "caller's user agent", Action::None}};
    return verdict;
}

FlowVerdict local()
{
    FlowVerdict verdict;
    verdict.which = FlowCase::Local;
    verdict.grade = Grade::Seen;
    verdict.text = "The 430 was made inside the local stack: no such response is on the wire.";
    verdict.impact = "The connection the request needed is gone; nothing left this machine.";
    verdict.fixes = {{"Connect and register again, then repeat the request.", "caller's user agent",
                      Action::ReRegister}};
    return verdict;
}

} // namespace

FlowVerdict judgeFlowFailure(const Evidence &evidence, const calls::Transaction &failed)
{
    if (!failed.finalResponse.valid())
        return local();
    if (failed.method == sip::Method::Register)
        return misused(evidence, failed);
    if (evidence.message(failed.finalResponse).find("ms-diagnostics") != nullptr)
        return vendor(evidence, failed);
    if (saidByDevice(evidence, failed))
        return misusedByDevice(evidence, failed);
    std::optional<TokenSeen> own;
    const auto way = routed(evidence, failed, &own);
    if (way && way->senders)
        return ownFlow(evidence, failed, *way);
    if (failed.inDialog && evidence.message(failed.request).find(sip::HeaderId::Route) == nullptr)
        return withoutRoute(evidence, failed);
    if (failed.inDialog && own && !way)
        return ownFlowLives(evidence, failed, *own);
    if (failed.inDialog)
        return peersFlow(evidence, failed, way);
    return targetsFlow(evidence, failed);
}

} // namespace diagnosis
