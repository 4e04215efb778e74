// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: the connections that a flow of ours had before its present one, as its
// reports told of them (RFC 5626 section 4.5: it is made anew with the same reg-id). Pure functions
// of the Evidence, any thread.
#pragma once

#include <diagnosis/flow_facts.h>

namespace diagnosis {

/// When the flow gave up the connection that the token names; nullopt: it never had it, or has it.
std::optional<base::Instant> namedUntil(const Evidence &evidence, const flows::Flow &flow,
                                        const TokenSeen &token);
/// Did the flow have that token while `end` was its socket, or as whom the edge saw it?
bool namedAt(const Evidence &evidence, const flows::Flow &flow, const TokenSeen &token,
             const base::Endpoint &end);
/// Was `own` a socket of the flow?
bool hadSocket(const Evidence &evidence, const flows::Flow &flow, const base::Endpoint &own);

} // namespace diagnosis
