// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSoonAfter = std::chrono::seconds(2);

/// Was it the flow that failed? 430 says so, 477 that the connection is gone; the others have more
/// reasons, so that both attempts have to name a flow and nobody rang.
std::optional<Grade> metDeadFlow(const Evidence &evidence, const calls::Transaction &failed,
                                 const calls::Transaction &next)
{
    switch (failed.finalStatus) {
    case 430:
        return Grade::Seen;
    case 403:
    case 408:
    case 477:
    case 503:
        break;
    default:
        return std::nullopt;
    }
    if (wasProgressing(evidence, failed))
        return std::nullopt;
    if (failed.finalStatus == 477)
        return Grade::Likely;
    const auto *const one = routedFlow(evidence, failed);
    const auto *const other = routedFlow(evidence, next);
    const bool elsewhere = one != nullptr && other != nullptr && !sameDevice(*one, *other);
    if (elsewhere || !routed(evidence, failed) || !routed(evidence, next))
        return std::nullopt; // one target after the other, as forking does
    return Grade::Likely;
}

/// Nothing came back over a flow for seconds, then the next one of the device was tried.
bool savedAfterSilence(const Evidence &evidence, const calls::Transaction &silent, Findings &out)
{
    const auto *const next = nextAfterSilence(evidence, silent);
    if (next == nullptr || silent.inDialog || !reached(evidence, *next))
        return false;
    const auto *const one = routedFlow(evidence, silent);
    const auto *const other = routedFlow(evidence, *next);
    if (one == nullptr || other == nullptr || !sameDevice(*one, *other) || one == other)
        return false;
    const auto waited = next->started - silent.started;
    auto &f = out.add(
        "flow-failover-ok", Severity::Info, Grade::Likely,
        fmt::format("{} to {} [1] got nothing back for {}, which is most likely a dead flow or "
                    "edge. Then {} tried the device's other flow over {} [2], and that attempt "
                    "went through.",
                    methodOf(evidence, silent), receiver(evidence, silent.request), lasting(waited),
                    evidence.trace.source(next->request).text(),
                    receiver(evidence, next->request)));
    f.impact = fmt::format("None for the caller but {} of delay, at this call and at every further "
                           "one until the dead binding is removed.",
                           lasting(waited));
    f.evidence = {at(silent.request, "nothing came back"), at(next->request, "the next flow")};
    f.fixes = {{"Find a dead edge or flow before a call needs it: OPTIONS to the edges, and remove "
                "the bindings of one that is gone.",
                "home proxy", Action::None},
               {"Re-register the dead flow with the same reg-id.",
                std::string(keeperOf(evidence, silent, routed(evidence, silent))), Action::None}};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &failed : evidence.call.transactions) {
        if (savedAfterSilence(evidence, failed, out))
            return;
        if (failed.inDialog || failed.finalStatus < 300 || !failed.finalResponse.valid())
            continue;
        const auto *const next = nextAttempt(evidence, failed);
        if (next == nullptr || next->started - failed.finished > kSoonAfter ||
            !reached(evidence, *next) || toldTheWorse(evidence) ||
            toOtherTarget(evidence, failed, *next))
            continue;
        const auto grade = metDeadFlow(evidence, failed, *next);
        if (!grade)
            continue;
        const auto way = routed(evidence, failed);
        auto text = fmt::format(
            "{} met {} at {}: {} after {} [1]. {} later {} tried {} [2], and that attempt went "
            "through [3].",
            methodOf(evidence, failed),
            *grade == Grade::Seen ? "a dead flow" : "what is most likely a dead flow",
            sender(evidence, failed.finalResponse), failed.finalStatus,
            lasting(failed.finished - failed.started), lasting(next->started - failed.finished),
            evidence.trace.source(next->request).text(), receiver(evidence, next->request));
        if (way)
            text +=
                fmt::format(" The dead one: {}.", tokenText(evidence, way->token, failed.started));
        auto &f = out.add("flow-failover-ok", Severity::Info, *grade, std::move(text));
        f.impact = fmt::format("None for the caller but {} of delay; the dead binding delays every "
                               "further call until it is "
                               "refreshed or removed.",
                               lasting(next->started - failed.started));
        const auto proof = next->finalResponse.valid() ? next->finalResponse
                           : next->responses.empty()   ? next->request
                                                       : next->responses.back();
        f.evidence = {at(failed.finalResponse, "the flow is gone"),
                      at(next->request, "the next flow"), at(proof, "it works")};
        f.fixes = {{failed.finalStatus == 430
                        ? std::string("Remove the dead binding when a 430 comes back for it.")
                        : fmt::format(
                              "Say 430 where a flow is gone, and remove its binding: {} may be the "
                              "user agent's own answer, after which no other flow may be tried.",
                              failed.finalStatus),
                    failed.finalStatus == 430 ? "home proxy" : "edge proxy", Action::None},
                   {"Re-register the dead flow with the same reg-id.",
                    std::string(keeperOf(evidence, failed, way)), Action::ReRegister}};
        const auto *const flow = way ? flowOf(evidence, way->token) : nullptr;
        const bool ours = flow != nullptr && flow->ours;
        if (ours)
            std::swap(f.fixes[0], f.fixes[1]);
        else
            f.fixes[1].action = Action::None;
        return;
    }
}

} // namespace

extern const Rule flow_failover_ok;
const Rule flow_failover_ok{"flow-failover-ok",
                            "Another flow saved the call",
                            Severity::Info,
                            "RFC 5626 section 7",
                            "430",
                            R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer
  0.003 edge>home 430 tag=e
  0.004 home>edge ACK
* 0.005 home>edge2 INVITE branch=second offer
* 0.100 edge2>home 200 tag=b answer
  0.101 home>alice 200 tag=b answer
  0.102 alice>home ACK tag=b
)",
                            R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer
  0.003 edge>home 430 tag=e
  0.004 home>edge ACK
  0.005 home>alice 480 tag=h
  0.006 alice>home ACK
)",
                            check};

} // namespace diagnosis::rules
