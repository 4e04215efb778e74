// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_registers.h>

#include <algorithm>
#include <diagnosis/flow_bindings.h>

namespace diagnosis {
namespace {

constexpr std::size_t kPongsMissed = 2; // one may have been lost

} // namespace

std::vector<FlowRegister> flowRegisters(const Evidence &evidence)
{
    std::vector<FlowRegister> out;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || !transaction.request.valid() ||
            evidence.trace.row(transaction.request).viaCount > 1)
            continue;
        if (const auto binding = flows::readBinding(evidence.message(transaction.request)))
            out.push_back({&transaction, *binding, evidence.trace.source(transaction.request),
                           evidence.trace.destination(transaction.request)});
    }
    std::stable_sort(out.begin(), out.end(), [](const FlowRegister &a, const FlowRegister &b) {
        return a.transaction->started < b.transaction->started;
    });
    return out;
}

std::vector<const flows::Flow *> flowsOf(const Evidence &evidence)
{
    std::vector<const flows::Flow *> out;
    if (evidence.call.kind != calls::Kind::Registration)
        return out;
    for (const auto &flow : evidence.flows)
        if (flow && flow->lastRegister.valid() &&
            evidence.trace.row(flow->lastRegister).call == evidence.call.id)
            out.push_back(flow.get());
    return out;
}

const flows::Flow *flowOf(const Evidence &evidence, const FlowRegister &of)
{
    for (const auto &flow : evidence.flows)
        if (flow && flow->userAgent == of.userAgent && flow->edge == of.edge &&
            flow->report.regId == of.binding.regId)
            return flow.get();
    return nullptr;
}

const flows::Flow *standingBetween(const Evidence &evidence, const base::Endpoint &userAgent,
                                   const base::Endpoint &edge, base::Transport transport,
                                   base::Instant when)
{
    for (const auto &flow : evidence.flows)
        if (flow && flow->userAgent == userAgent && flow->edge == edge &&
            flow->transport == transport && stands(*flow, when))
            return flow.get();
    return nullptr;
}

const flows::FlowEvent *lifeWithoutPong(const Evidence &evidence, const flows::Flow &flow)
{
    using flows::Happening;
    if (!flow.granted || flow.lastPong.known())
        return nullptr;
    // A pong that is missing is noted when a later row arrives, with its own time.
    base::Instant ended;
    for (const auto &event : flow.events)
        if (event.what == Happening::Closed || event.what == Happening::Reset)
            ended = event.time; // the same ports may carry another connection
    std::vector<base::Instant> missed;
    for (const auto &event : flow.events)
        if (event.what == Happening::PongMissing && event.time > ended)
            missed.push_back(event.time);
    if (missed.size() < kPongsMissed)
        return nullptr;
    std::sort(missed.begin(), missed.end());
    const flows::FlowEvent *life = nullptr;
    for (const auto &event : flow.events)
        if (event.time > missed[kPongsMissed - 1] && event.row.valid() &&
            (event.what == Happening::Registered || event.what == Happening::RegisterFailed ||
             event.what == Happening::Used) &&
            evidence.trace.source(event.row) == flow.edge)
            life = &event;
    return life;
}

bool stands(const flows::Flow &flow, base::Instant when)
{
    const auto bound = boundAt(flow, when);
    if (!bound || !bound->granted || deathOf(flow, when) != nullptr)
        return false;
    // How long the registrar keeps it is known of the newest 2xx; the ones before asked for the
    // same.
    const auto until = flow.report.registeredUntil;
    return !until.known() || !flow.registered.known() ||
           bound->time + (until - flow.registered) > when;
}

} // namespace diagnosis
