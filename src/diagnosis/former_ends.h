// SPDX-License-Identifier: Apache-2.0
// Private to diagnosis: what a flow was before: the connections that ours had, as the engine's
// reports told of them (RFC 5626 section 4.5: it is made anew with the same reg-id), and as whom
// the edge saw one behind a NAT, as its answers told. Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/flow_facts.h>

namespace diagnosis {

/// Where the sender of a request was seen, by received and rport (RFC 3581) in that Via value;
/// nullopt: it does not say.
std::optional<base::Endpoint> seenBy(std::string_view via);
/// As whom the edge saw the user agent of the flow last, at or before `when`; unknown: nothing
/// tells.
base::Endpoint seenAt(const Evidence &evidence, const flows::Flow &flow, base::Instant when);
/// When the flow gave up the connection that the token names; nullopt: it never had it, or has it.
std::optional<base::Instant> namedUntil(const Evidence &evidence, const flows::Flow &flow,
                                        const TokenSeen &token);
/// Did the flow have that token while `end` was its socket, or as whom the edge saw it?
bool namedAt(const Evidence &evidence, const flows::Flow &flow, const TokenSeen &token,
             const base::Endpoint &end);
/// The flow of a request's sender that had the token before, found by the address it was sent from
/// and its address of record; nullptr: none.
const flows::Flow *formerFlow(const Evidence &evidence, const TokenSeen &token);
/// Was `own` a socket of the flow?
bool hadSocket(const Evidence &evidence, const flows::Flow &flow, const base::Endpoint &own);

} // namespace diagnosis
