// SPDX-License-Identifier: Apache-2.0
// Shared by the rules about registrations over flows: the REGISTERs of one registration as the user
// agent sent them, and the flows that belong to it. Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_facts.h>
#include <flows/registration.h>
#include <vector>

namespace diagnosis {

struct FlowRegister { // one that asks for an outbound flow
    const calls::Transaction *transaction = nullptr;
    flows::Binding binding;
    base::Endpoint userAgent, edge;

    bool accepted() const { return transaction->finalStatus / 100 == 2; }
};
/// On the hop next to the user agent, in order of time.
std::vector<FlowRegister> flowRegisters(const Evidence &evidence);
/// Flows that were registered by this call last, so that each is told of once.
std::vector<const flows::Flow *> flowsOf(const Evidence &evidence);
/// The flow of a REGISTER; nullptr: it is not known any more.
const flows::Flow *flowOf(const Evidence &evidence, const FlowRegister &of);
/// Accepted with outbound, not removed, expired or dead at `when`, as far as this trace tells.
bool stands(const flows::Flow &flow, base::Instant when);
/// The flow between these ends that stands at `when`; nullptr: none.
const flows::Flow *standingBetween(const Evidence &evidence, const base::Endpoint &userAgent,
                                   const base::Endpoint &edge, base::Transport transport,
                                   base::Instant when);
/// Outbound was granted, no keep-alive of a connection was ever answered, and yet the edge sent SIP
/// over it behind the pongs that were missed.
struct WithoutPong {
    const flows::FlowEvent *ping = nullptr; // the first without pong
    const flows::FlowEvent *life = nullptr; // the newest sign of the edge
};
/// Of the newest connection that was like that; nullopt: none.
std::optional<WithoutPong> lifeWithoutPong(const Evidence &evidence, const flows::Flow &flow);

} // namespace diagnosis
