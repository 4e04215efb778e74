// SPDX-License-Identifier: Apache-2.0
// What can be done about a failed flow from here. Nothing is offered that cannot work: every offer
// that is not possible says why.
#include <diagnosis/flow_facts.h>

#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

bool carries(const flows::Flow &flow)
{
    return base::isUp(flow.report.state) || flow.report.state == base::FlowState::Provisional;
}

bool registered(const flows::Flow &flow)
{
    return base::isRegistered(flow.report.state);
}

const flows::Flow *named(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto *const flow = routedFlow(evidence, transaction);
    return flow != nullptr && flow->ours ? flow : nullptr;
}

/// Our flow that the failure is about: named by the route here or where the code was made, else the
/// one that the request took.
const flows::Flow *concerned(const Evidence &evidence, const calls::Transaction &failed)
{
    if (!failed.request.valid())
        return nullptr;
    if (const auto *const flow = named(evidence, failed))
        return flow;
    const auto *const deepest = origin(evidence, failed.finalStatus, failed.inDialog);
    if (const auto *const flow =
            deepest != nullptr && deepest->request.valid() ? named(evidence, *deepest) : nullptr)
        return flow;
    return carrier(evidence, failed.request);
}

/// What stands between us and each offer, looked at once.
struct Reach {
    bool here = false;        // our user agent has it, call or not, and it is under way here
    bool own = false;         // the call is ours and this program still has it
    bool established = false; // an answered dialog that nobody ended
    bool over = false;
    const flows::Flow *flow = nullptr;  // concerned
    const flows::Flow *taken = nullptr; // the call's own, nullptr: it went without an account
    const flows::Flow *other = nullptr; // of the same account as that one, and it works
    std::size_t flows = 0;              // of ours
    std::string notHere, notOurs;       // why not `here`, why not `own`
};

Reach reachOf(const Evidence &evidence, const calls::Transaction &failed)
{
    Reach reach;
    const auto &call = evidence.call;
    const bool isCall = call.kind == calls::Kind::Call;
    reach.here = evidence.live && ownCall(evidence);
    reach.own = reach.here && isCall;
    reach.notHere = fmt::format("this {} {}", isCall ? "call" : "request",
                                ownCall(evidence) ? "was read from a file, it is not under way here"
                                                  : "was seen on the wire, it is not one of ours");
    reach.notOurs = isCall ? reach.notHere : "there is no call here";
    reach.established =
        call.state == calls::State::Answered && call.winner < call.earlyDialogs.size();
    reach.over = !reach.established && call.state != calls::State::Calling &&
                 call.state != calls::State::Proceeding && call.state != calls::State::Early;
    reach.flow = concerned(evidence, failed);
    reach.taken = call.invite.valid() ? carrier(evidence, call.invite) : nullptr;
    for (const auto &flow : evidence.flows) {
        if (!flow || !flow->ours)
            continue;
        ++reach.flows;
        if (reach.taken != nullptr && flow.get() != reach.taken &&
            flow->report.aor == reach.taken->report.aor && carries(*flow) && reach.other == nullptr)
            reach.other = flow.get();
    }
    return reach;
}

std::string nameOf(const flows::Flow &flow)
{
    return fmt::format("flow {} ({})", flow.report.regId, shown(flow.report.edge));
}

Offer no(Action action, std::string_view what, std::string_view because)
{
    return {action, false, fmt::format("{}: {}.", what, because), {}};
}

/// Why nothing can be done with a flow of ours; empty: something can, for a REGISTER of its own,
/// too.
std::string withoutFlow(const Reach &reach)
{
    if (!reach.here)
        return reach.notHere;
    if (reach.flow != nullptr)
        return {};
    return reach.flows == 0 ? "no account is registered from here"
                            : "the call did not go over a flow of ours";
}

Offer pingOffer(const Reach &reach)
{
    constexpr std::string_view kWhat = "Ping our own flow";
    if (const auto why = withoutFlow(reach); !why.empty())
        return no(Action::PingFlow, kWhat, why);
    if (!registered(*reach.flow))
        return no(Action::PingFlow, kWhat,
                  fmt::format("{} is {}", nameOf(*reach.flow),
                              base::flowStateText(reach.flow->report.state)));
    if (reach.flow->report.keepAlive.empty() && reach.flow->report.transport == "UDP")
        return no(Action::PingFlow, kWhat,
                  "nobody said that this edge answers STUN on its SIP port (RFC 5626 section 4.4)");
    return {Action::PingFlow, true,
            fmt::format("Ping {}: a pong within {} shows that our side works.", nameOf(*reach.flow),
                        lasting(flows::pongWait(reach.flow->transport))),
            reach.flow->id};
}

Offer registerOffer(const Reach &reach)
{
    constexpr std::string_view kWhat = "Register this flow again";
    if (const auto why = withoutFlow(reach); !why.empty())
        return no(Action::ReRegister, kWhat, why);
    const bool refused = reach.flow->report.state == base::FlowState::Rejected;
    return {Action::ReRegister, true,
            fmt::format("Register {} again, with the same reg-id{}.", nameOf(*reach.flow),
                        refused ? ", once the cause of the refusal is mended" : ""),
            reach.flow->id};
}

Offer otherFlowOffer(const Evidence &evidence, const Reach &reach)
{
    constexpr std::string_view kWhat = "Call again over another flow";
    const auto because = [&](std::string_view why) {
        return no(Action::CallOverOtherFlow, kWhat, why);
    };
    if (!reach.own)
        return because(reach.notOurs);
    if (!outgoingCall(evidence))
        return because("the call came in, it was not placed from here");
    if (reach.taken == nullptr)
        return because("the call was placed without an account, so it took no flow");
    if (reach.other == nullptr)
        return because(reach.flows < 2 ? "only one flow is registered" : "no other flow is up");
    return {Action::CallOverOtherFlow, true,
            fmt::format("Call again over {}.", nameOf(*reach.other)), reach.other->id};
}

Offer replacesOffer(const Evidence &evidence, const Reach &reach, const calls::Transaction &failed)
{
    constexpr std::string_view kWhat = "Set the dialog up anew";
    if (!reach.own)
        return no(Action::CallReplacing, kWhat, reach.notOurs);
    if (!failed.inDialog)
        return no(Action::CallReplacing, kWhat, "the request failed before there was a dialog");
    if (!reach.established || !replacementOf(evidence))
        return no(Action::CallReplacing, kWhat, "the dialog is over");
    if (reach.taken != nullptr && reach.other == nullptr && !carries(*reach.taken))
        return no(Action::CallReplacing, kWhat, "no flow of ours is up that it could leave by");
    const auto *const way = reach.other != nullptr ? reach.other : reach.taken;
    return {Action::CallReplacing, true,
            fmt::format("New INVITE with Replaces of this dialog{}: it takes a new route set.",
                        way != nullptr ? " over " + nameOf(*way) : std::string()),
            way != nullptr ? way->id : flows::FlowId{}};
}

Offer hangUpOffer(const Reach &reach)
{
    constexpr std::string_view kWhat = "Stop";
    if (!reach.own)
        return no(Action::HangUp, kWhat, reach.notOurs);
    if (reach.over)
        return no(Action::HangUp, kWhat, "the call is over already");
    return {Action::HangUp, true, "Stop: hang up what is left of the call.", {}};
}

} // namespace

std::vector<Offer> flowOffers(const Evidence &evidence, const calls::Transaction &failed)
{
    const Reach reach = reachOf(evidence, failed);
    return {pingOffer(reach), registerOffer(reach), otherFlowOffer(evidence, reach),
            replacesOffer(evidence, reach, failed), hangUpOffer(reach)};
}

std::optional<Replacement> replacementOf(const Evidence &evidence)
{
    const auto &call = evidence.call;
    if (!call.invite.valid() || call.winner >= call.earlyDialogs.size())
        return std::nullopt;
    const auto &dialog = call.earlyDialogs[call.winner];
    if (dialog.toTag.empty() || call.fromTag.empty() || !dialog.answer.valid())
        return std::nullopt;
    const bool placed = evidence.trace.row(call.invite).outgoing;
    const auto &invite = evidence.message(call.invite);
    const auto &theirs = placed ? evidence.message(dialog.answer) : invite;
    const auto contact = sip::parseNameAddress(theirs.value(sip::HeaderId::Contact));
    const auto address =
        sip::parseNameAddress(invite.value(placed ? sip::HeaderId::To : sip::HeaderId::From));
    // A Contact is reached by the dead route only; a GRUU finds its device anew (RFC 5627).
    const bool gruu = contact.ok && contact.uri.parameter("gr").has_value();
    const auto target = gruu ? contact.uriText : address.uriText;
    if (target.empty())
        return std::nullopt;
    return Replacement{std::string(target), fmt::format("{};to-tag={};from-tag={}", call.callId,
                                                        placed ? dialog.toTag : call.fromTag,
                                                        placed ? call.fromTag : dialog.toTag)};
}

} // namespace diagnosis
