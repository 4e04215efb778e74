// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSoonAfter = std::chrono::seconds(2);
constexpr auto kLeastWait = std::chrono::milliseconds(1500); // a retransmission or two

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
    case 410:
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

/// The same sender went on to another flow of the device while nothing at all had come back: no
/// parallel fork, for which it would not have waited. nullptr: it did not.
const calls::Transaction *afterSilence(const Evidence &evidence, const calls::Transaction &silent)
{
    if (silent.finalStatus != 0 || !silent.request.valid() || silent.localFailure.valid() ||
        !routed(evidence, silent))
        return nullptr;
    const auto from = evidence.trace.source(silent.request).address;
    for (const auto &next : evidence.call.transactions) {
        const bool later = next.request.valid() && next.method == silent.method &&
                           next.cseq == silent.cseq && next.branch != silent.branch &&
                           next.sentBy == silent.sentBy &&
                           next.started - silent.started >= kLeastWait &&
                           evidence.trace.source(next.request).address == from;
        const bool quiet =
            silent.responses.empty() || evidence.time(silent.responses.front()) > next.started;
        if (!later || !quiet || !routed(evidence, next))
            continue;
        const auto *const one = routedFlow(evidence, silent);
        const auto *const other = routedFlow(evidence, next);
        if (one == nullptr || other == nullptr || sameDevice(*one, *other))
            return &next;
    }
    return nullptr;
}

bool silentEdge(const calls::Transaction &failed)
{
    return failed.finalStatus == 0 && failed.responses.empty();
}

std::string storyOf(const Evidence &evidence, const calls::Transaction &failed,
                    const calls::Transaction &next, Grade grade)
{
    const auto went =
        fmt::format("{} tried {} [2], and that attempt went through [3].",
                    evidence.trace.source(next.request).text(), receiver(evidence, next.request));
    if (silentEdge(failed)) // a living one says 100 within 200 ms (RFC 3261 section 17.2.1)
        return fmt::format("{} [1] got nothing at all from {} in {}: it is down or out of reach. "
                           "Then {}",
                           methodOf(evidence, failed), receiver(evidence, failed.request),
                           toldSpan(failed.started, next.started), went);
    if (failed.finalStatus == 0)
        return fmt::format("{} [1] got no answer from {} in {}, as over a dead flow. Then {}",
                           methodOf(evidence, failed), receiver(evidence, failed.request),
                           toldSpan(failed.started, next.started), went);
    auto gap = toldSpan(failed.finished, next.started);
    if (gap.front() == 'a') // no number
        gap.front() = 'A';
    return fmt::format("{} met {} at {}: {} after {} [1]. {} later {}", methodOf(evidence, failed),
                       grade == Grade::Seen ? "a dead flow" : "what is most likely a dead flow",
                       sender(evidence, failed.finalResponse), failed.finalStatus,
                       toldSpan(failed.started, failed.finished), gap, went);
}

/// What may be done about it, our own part first.
std::vector<Fix> fixesOf(const Evidence &evidence, const calls::Transaction &failed,
                         const std::optional<Routed> &way)
{
    if (silentEdge(failed))
        return {{fmt::format("Look whether {} runs and is reached from {}.",
                             receiver(evidence, failed.request),
                             evidence.trace.source(failed.request).text()),
                 "operator", Action::None},
                {"Watch the edges and take a silent one out of use, or go on to the next flow "
                 "sooner: each call waits for it otherwise.",
                 "home proxy", Action::None}};
    std::vector<Fix> out{
        failed.finalStatus == 430
            ? Fix{"Remove the dead binding when a 430 comes back for it.", "home proxy",
                  Action::None}
            : Fix{"Say 430 for a flow that is gone, at once; then its binding can be removed.",
                  "edge proxy", Action::None},
        {"Re-register the dead flow with the same reg-id.",
         std::string(keeperOf(evidence, failed, way)), Action::ReRegister}};
    const auto *const flow = way ? flowOf(evidence, way->token) : nullptr;
    if (flow != nullptr && flow->ours)
        std::swap(out[0], out[1]);
    else
        out[1].action = Action::None;
    return out;
}

void report(const Evidence &evidence, const calls::Transaction &failed,
            const calls::Transaction &next, Grade grade, Findings &out)
{
    const auto way = routed(evidence, failed);
    auto text = storyOf(evidence, failed, next, grade);
    if (way)
        text += fmt::format(" {}: {}.", silentEdge(failed) ? "It was to go over" : "The dead one",
                            tokenText(evidence, way->token, failed.started));
    auto &f = out.add("flow-failover-ok", Severity::Info, grade, std::move(text));
    f.impact = fmt::format(
        "None for the caller but {} of delay; {}", toldSpan(failed.started, next.started),
        silentEdge(failed) ? "so it is for every further call until that edge is back."
                           : "the dead binding delays every further call until it is "
                             "refreshed or removed.");
    const auto proof = next.finalResponse.valid() ? next.finalResponse
                       : next.responses.empty()   ? next.request
                                                  : next.responses.back();
    f.evidence = {failed.finalResponse.valid() ? at(failed.finalResponse, "the flow is gone")
                                               : at(failed.request, "nothing came back"),
                  at(next.request, "the next flow"), at(proof, "it works")};
    f.fixes = fixesOf(evidence, failed, way);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &failed : evidence.call.transactions) {
        if (failed.inDialog || failed.method == sip::Method::Ack || toldTheWorse(evidence))
            continue;
        if (const auto *const next = afterSilence(evidence, failed);
            next != nullptr && reached(evidence, *next))
            return report(evidence, failed, *next, Grade::Likely, out);
        if (failed.finalStatus < 300 || !failed.finalResponse.valid())
            continue;
        const auto *const next = nextAttempt(evidence, failed);
        if (next == nullptr || next->started - failed.finished > kSoonAfter ||
            !reached(evidence, *next) || toOtherTarget(evidence, failed, *next))
            continue;
        if (const auto grade = metDeadFlow(evidence, failed, *next))
            return report(evidence, failed, *next, *grade, out);
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
