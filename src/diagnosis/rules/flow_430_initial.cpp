// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kLoop = 3; // tries after a 430
constexpr int kMostAttempts = 8; // one after the other, as many as are followed

/// Another branch of the same fork, begun before or after, is alerted and not answered yet.
bool ringsBeside(const Evidence &evidence, const calls::Transaction &failed)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            return &t != &failed && t.method == failed.method && t.cseq == failed.cseq &&
                   t.sentBy == failed.sentBy && t.finalStatus == 0 && wasProgressing(evidence, t);
        });
}

bool savedByAnotherFlow(const Evidence &evidence, const calls::Transaction &failed)
{
    const auto state = evidence.call.state;
    if (state == calls::State::Answered || state == calls::State::Ended ||
        state == calls::State::Cancelled)
        return true;
    if (reachedLater(evidence, failed) != nullptr && !toldTheWorse(evidence))
        return true;
    const auto *last = &failed;
    for (int i = 0; i < kMostAttempts; ++i)
        if (const auto *const next = nextAttempt(evidence, *last); next != nullptr)
            last = next;
    const auto told = evidence.call.finalResponse;
    const bool over = told.valid() && evidence.time(told) > last->started;
    return (last->finalStatus == 0 || ringsBeside(evidence, failed)) && !over; // still under way
}

/// How far the code went: what the originator got in the end.
std::string outcome(const Evidence &evidence, const calls::Transaction &failed,
                    const calls::Transaction *better, FlowCase which, Severity &severity)
{
    const auto &call = evidence.call;
    if (failed.method == sip::Method::Options && viaCount(evidence, failed.request) == 1 &&
        routed(evidence, failed)) { // who sends it over a flow of another has chosen that flow
        severity = Severity::Warning;
        return " The sender asked for itself whether the flow lives, and knows now that it does "
               "not: it can drop the binding.";
    }
    if (viaCount(evidence, call.invite) > 1) {
        severity = Severity::Warning; // no endpoint in this trace: 430 is at home between proxies
        return " What the caller got is not in this trace.";
    }
    if (call.finalStatus == 430 && which == FlowCase::StaleRoute)
        return {}; // the one case where who receives it can act
    if (call.finalStatus == 430)
        return better == nullptr
                   ? " The code went all the way to the caller, who cannot act on it."
                   : fmt::format(" Another attempt reached the target and ended with {}, yet the "
                                 "430 went all the way to the caller: a proxy has to prefer the "
                                 "other one (RFC 3261 section 16.7).",
                                 codeText(better->finalStatus));
    if (call.finalStatus == 0)
        return {};
    severity = Severity::Warning;
    return fmt::format(" The caller got {} [3].", codeText(call.finalStatus));
}

/// Attempts of the same sender for the same request that got 430.
std::size_t refusedFlows(const Evidence &evidence, const calls::Transaction &failed)
{
    return static_cast<std::size_t>(std::count_if(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            return t.request.valid() && t.method == failed.method && t.cseq == failed.cseq &&
                   t.finalStatus == 430 && t.sentBy == failed.sentBy;
        }));
}

std::string otherwise(const Evidence &evidence, const calls::Transaction &failed)
{
    switch (evidence.call.state) {
    case calls::State::Answered:
    case calls::State::Ended:
        return "Another device, or who stands in for it, took the call.";
    case calls::State::Cancelled:
        return "The caller gave up while another one was tried.";
    default:
        return reachedLater(evidence, failed) != nullptr
                   ? "Another device, or who stands in for it, was reached."
                   : "Another one is still tried.";
    }
}

/// The call goes on with another device; this one was never rung, over any flow.
void tellLostDevice(const Evidence &evidence, const calls::Transaction &failed, Findings &out)
{
    const auto *const dead = routedFlow(evidence, failed);
    if (dead == nullptr || dead->report.instance.empty())
        return;
    for (const auto &other : evidence.call.transactions) {
        const auto *const flow = &other != &failed && other.method == failed.method
                                     ? routedFlow(evidence, other)
                                     : nullptr;
        if (flow != nullptr && sameDevice(*flow, *dead))
            return; // flow-failover-ok tells, or it failed there too
    }
    const auto *const next = nextAttempt(evidence, failed);
    if (next != nullptr && !toOtherTarget(evidence, failed, *next))
        return;
    auto &f = out.add("flow-430-initial", Severity::Info, Grade::Seen,
                      fmt::format("One device of the target could not be reached: {} for its flow "
                                  "of {} was answered 430 Flow Failed [1]. {}",
                                  methodOf(evidence, failed), dead->userAgent.text(),
                                  otherwise(evidence, failed)));
    f.impact = "That device does not ring until it registers again, and nobody is told.";
    f.evidence = {at(failed.finalResponse, "its flow is gone")};
    f.fixes = {{"Notice the dead connection by the missing pong and re-register with the same "
                "reg-id.",
                "callee's user agent", Action::None},
               {"Remove a binding when a 430 comes back for it.", "home proxy", Action::None}};
}

/// The sender's own tries of the same request, each answered 430 where it left.
std::vector<const calls::Transaction *> repeatedTries(const Evidence &evidence,
                                                      const calls::Transaction &failed)
{
    std::vector<const calls::Transaction *> out;
    const auto from = evidence.trace.source(failed.request).address;
    for (const auto &t : evidence.call.transactions)
        if (t.method == failed.method && t.inDialog == failed.inDialog && t.request.valid() &&
            t.finalStatus == 430 && viaCount(evidence, t.request) == 1 &&
            (viaCount(evidence, failed.request) > 1 ||
             evidence.trace.source(t.request).address == from))
            out.push_back(&t);
    return out;
}

/// "430 Flow Failed", or in the words that stand there.
std::string saidText(const Evidence &evidence, const calls::Transaction &failed)
{
    const auto phrase = evidence.message(failed.finalResponse).reason;
    return phrase.empty() || base::equalsNoCase(phrase, "Flow Failed")
               ? codeText(430)
               : fmt::format("430 \"{}\"", shown(phrase));
}

void check(const Evidence &evidence, Findings &out)
{
    const auto *const failed = origin(evidence, 430, false);
    if (failed == nullptr || !failed->request.valid() || failed->method == sip::Method::Prack ||
        failed->method == sip::Method::Register) // flow-430-register tells
        return;
    if (savedByAnotherFlow(evidence, *failed)) {
        tellLostDevice(evidence, *failed, out);
        return;
    }
    const auto verdict = judgeFlowFailure(evidence, *failed);
    auto severity = Severity::Error;
    const auto end =
        outcome(evidence, *failed, reachedLater(evidence, *failed), verdict.which, severity);
    auto &f =
        out.add("flow-430-initial", severity, verdict.grade,
                fmt::format("{} [1] was answered {} [2], {}. {}{}", methodOf(evidence, *failed),
                            saidText(evidence, *failed),
                            verdict.which == FlowCase::MisusedByDevice ||
                                    verdict.which == FlowCase::FlowLives ||
                                    verdict.which == FlowCase::BindingKept
                                ? lasting(failed->finished - failed->started) + " after the request"
                                : timeToAnswer(evidence, *failed),
                            verdict.text, end));
    f.impact = verdict.impact;
    if (wasProgressing(evidence, *failed))
        f.impact = "The flow died while the callee was alerted: early media stops with it, and the "
                   "callee's side may ring on. " +
                   f.impact;
    f.evidence = {at(failed->request, "the request"),
                  at(evidence, failed->finalResponse, sip::HeaderId::Warning,
                     "the flow it should have taken is gone")};
    if (end.find("[3]") != std::string::npos)
        f.evidence.push_back(at(evidence.call.finalResponse, "what the caller got"));
    if (const auto way = routed(evidence, *failed)) {
        f.evidence.push_back(at(evidence, failed->request, way->token.value, "the flow token"));
        f.text += fmt::format(" The {} named {} [{}].", way->token.inUri ? "Request-URI" : "route",
                              tokenText(evidence, way->token, failed->started), f.evidence.size());
    }
    if (const auto refused = refusedFlows(evidence, *failed); refused > 1)
        f.text +=
            fmt::format(" {} flows of the target were tried, and each was answered 430.", refused);
    const auto warning = evidence.message(failed->finalResponse).value(sip::HeaderId::Warning);
    if (!warning.empty())
        f.text += fmt::format(" Its Warning reads: {}.", shown(warning));
    f.fixes = verdict.fixes;
    if (const auto tries = repeatedTries(evidence, *failed); tries.size() >= kLoop) {
        f.text +=
            fmt::format(" The sender tried it {} times within {}, each time in vain.", tries.size(),
                        lasting(tries.back()->started - tries.front()->started));
        f.fixes.push_back({"Take a 430 for 400 and do not send the same request again by itself "
                           "(RFC 5626 section 11.5).",
                           "caller's user agent", Action::None});
    }
    f.offers = flowOffers(evidence, *failed);
}

} // namespace

extern const Rule flow_430_initial;
const Rule flow_430_initial{"flow-430-initial",
                            "The target's flow is gone",
                            Severity::Error,
                            "RFC 5626 sections 5.3, 7 and 11.5",
                            "430",
                            R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr;ob>"
* 0.003 edge>home 430 tag=e "Server: edge"
  0.004 home>edge ACK
* 0.005 home>alice 430 tag=e
  0.006 alice>home ACK
)",
                            R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr;ob>"
  0.003 edge>home 430 tag=e "Server: edge"
  0.004 home>edge ACK
  0.005 home>edge2 INVITE branch=second offer
  0.007 edge2>home 430 tag=f
  0.009 home>edge INVITE branch=third offer "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8SAAAABiAc=@192.0.2.2;lr;ob>"
* 0.100 edge>home 180 tag=b
* 4.000 edge>home 486 tag=b
  4.001 home>alice 486 tag=b
  4.002 alice>home ACK tag=b
)",
                            check};

} // namespace diagnosis::rules
