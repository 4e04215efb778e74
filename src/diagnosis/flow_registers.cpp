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

namespace {

/// What is known of one connection of a flow while its pings wait.
struct Connection {
    base::Endpoint userAgent;
    std::size_t missed = 0;
    base::Instant since; // the last miss that it takes
    bool answered = false;
    const flows::FlowEvent *first = nullptr; // ping without pong
    const flows::FlowEvent *life = nullptr;

    void miss(const flows::FlowEvent &event)
    {
        first = first == nullptr ? &event : first;
        if (++missed == kPongsMissed)
            since = event.time;
    }
    bool lived() const { return !answered && life != nullptr; }
};

/// The edge answered a request over it, or sent one.
bool comesFrom(const Evidence &evidence, const flows::Flow &flow, const flows::FlowEvent &event,
               const base::Endpoint &to)
{
    using flows::Happening;
    return event.row.valid() &&
           (event.what == Happening::Registered || event.what == Happening::Removed ||
            event.what == Happening::RegisterFailed || event.what == Happening::Used) &&
           evidence.trace.source(event.row) == flow.edge &&
           evidence.trace.destination(event.row) == to;
}

/// In order of time: a pong that is missing is noted when a later row arrives.
std::vector<const flows::FlowEvent *> inOrder(const flows::Flow &flow)
{
    std::vector<const flows::FlowEvent *> out;
    for (const auto &event : flow.events)
        out.push_back(&event);
    std::stable_sort(out.begin(), out.end(),
                     [](const auto *a, const auto *b) { return a->time < b->time; });
    return out;
}

} // namespace

std::optional<WithoutPong> lifeWithoutPong(const Evidence &evidence, const flows::Flow &flow)
{
    using flows::Happening;
    std::optional<WithoutPong> out;
    Connection now;
    const auto end = [&](const base::Endpoint &next) {
        if (now.userAgent == next)
            return;
        if (now.lived())
            out = WithoutPong{now.first, now.life};
        now = {};
        now.userAgent = next;
    };
    for (const auto *const event : inOrder(flow)) {
        if (event->what == Happening::Closed || event->what == Happening::Reset) {
            end({}); // the same ports may carry another connection
        } else if (event->what == Happening::PongMissing && event->row.valid()) {
            const auto bound = boundAt(flow, evidence.time(event->row));
            end(evidence.trace.source(event->row));
            if (bound && bound->granted)
                now.miss(*event);
        } else if (event->what == Happening::Pong && event->row.valid()) {
            end(evidence.trace.destination(event->row));
            now.answered = true;
        } else if (now.missed >= kPongsMissed && event->time > now.since &&
                   comesFrom(evidence, flow, *event, now.userAgent)) {
            now.life = event;
        }
    }
    end({});
    return out;
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
