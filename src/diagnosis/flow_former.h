// SPDX-License-Identifier: Apache-2.0
// A 430 that is nobody's dead flow: the registrar used a binding that was over, or the edge denies
// a connection that lives. Private to diagnosis; pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/flow_facts.h>
#include <optional>

namespace diagnosis {

/// The flow that the request was to go over was no binding any more when the request left: taken
/// away, run out (RFC 3261 section 10.3), or replaced by one of the same instance and reg-id (RFC
/// 5626 section 6). nullopt: it was one, or the trace does not tell.
std::optional<FlowVerdict> formerBindingUsed(const Evidence &evidence,
                                             const calls::Transaction &failed,
                                             const flows::Flow &flow);
/// Something came over that very connection after its edge had said 430; nullopt: nothing did.
std::optional<FlowVerdict> edgeDenies(const Evidence &evidence, const calls::Transaction &failed,
                                      const TokenSeen &token, const flows::Flow &flow);

} // namespace diagnosis
