// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

constexpr auto kAtOnce = std::chrono::milliseconds(50);

FlowVerdict ownFlow(const Evidence &evidence, const calls::Transaction &failed, const Routed &way)
{
    const auto &token = way.token;
    const std::string who(keeperOf(evidence, failed, way));
    FlowVerdict verdict;
    verdict.which = failed.inDialog ? FlowCase::OwnOldFlow : FlowCase::StaleRoute;
    verdict.grade = token.readable ? Grade::Seen : Grade::Likely;
    const auto now = evidence.trace.source(failed.request);
    verdict.text =
        fmt::format("The {} names a flow of the sender itself ({}), while the request came from "
                    "{}: that connection was replaced.",
                    sip::headerText(token.header),
                    token.readable ? token.readable->userAgent.text() : "opaque token", now.text());
    verdict.impact =
        failed.inDialog
            ? "The dialog itself lives on, but requests through this route set no longer arrive."
            : "Calls fail until the account is registered over a living connection.";
    verdict.fixes.push_back(
        {"Register again over a living connection and take the Service-Route of that answer.", who,
         Action::ReRegister});
    verdict.fixes.push_back(failed.inDialog
                                ? Fix{"Set the call up anew with INVITE and Replaces: "
                                      "a target refresh cannot change the "
                                      "route set.",
                                      who, Action::None}
                                : Fix{"Then place the call again.", who, Action::CallAgain});
    verdict.fixes.push_back(
        {"Send keep-alives more often than the NAT or firewall forgets (30 s is safe for UDP).",
         who, Action::None});
    return verdict;
}

FlowVerdict peersFlow(const Evidence &evidence, const calls::Transaction &failed,
                      const std::optional<Routed> &way)
{
    const std::string keeper(keeperOf(evidence, failed, way));
    FlowVerdict verdict;
    verdict.which = FlowCase::PeersFlow;
    verdict.grade = Grade::Likely;
    verdict.text = fmt::format("The route set of the dialog leads to one connection of the other "
                               "side, and {} says that it "
                               "is gone; no proxy on this way may choose another one.",
                               sender(evidence, failed.finalResponse));
    verdict.impact = fmt::format(
        "This {} fails; the dialog is not ended by it and media may still run (RFC 5057).",
        sip::methodText(failed.method));
    verdict.fixes = {
        {"Keep the connection alive (RFC 5626 section 4.4) and re-register with the same reg-id "
         "when it breaks.",
         keeper, Action::None},
        {"Set the call up anew with INVITE and Replaces, or hang up: this route set cannot be "
         "repaired.",
         keeper.starts_with("callee") ? "caller's user agent" : "callee's user agent",
         Action::None},
        {"Keep connections longer than the Flow-Timer granted.", "edge proxy", Action::None}};
    return verdict;
}

FlowVerdict targetsFlow(const Evidence &evidence, const calls::Transaction &failed)
{
    FlowVerdict verdict;
    const auto &answer = evidence.message(failed.finalResponse);
    const auto warning = answer.value(sip::HeaderId::Warning);
    const auto vias = viaCount(evidence, failed.request);
    const bool direct = vias <= 1 && failed.finished - failed.started < kAtOnce &&
                        base::lower(warning).find("flow") != std::string::npos;
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
        {triedOn ? "Remove a binding when a 430 comes back for it."
                 : "Try the target's next flow after 430 and remove the dead binding; answer the "
                   "caller 480 when none is left.",
         "home proxy", Action::None},
        {"Notice the dead connection by the missing pong and re-register with the same reg-id; "
         "register over two "
         "edges.",
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
         "callee's user agent",
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
    verdict.impact = fmt::format("This {} fails; the dialog is not ended by it and media may still "
                                 "run (RFC 5057).",
                                 sip::methodText(failed.method));
    verdict.fixes = {{"Answer with the code that says why (481 for a dialog that is not known).",
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
    const auto way = routed(evidence, failed);
    if (way && way->senders)
        return ownFlow(evidence, failed, *way);
    if (failed.inDialog && evidence.message(failed.request).find(sip::HeaderId::Route) == nullptr)
        return withoutRoute(evidence, failed);
    if (failed.inDialog)
        return peersFlow(evidence, failed, way);
    return targetsFlow(evidence, failed);
}

} // namespace diagnosis
