// SPDX-License-Identifier: Apache-2.0
// Private to engine: what both kinds of call do alike with their own requests within a dialog.
// Engine thread.
#pragma once

#include <engine/agent.h>
#include <engine/digest.h>
#include <engine/transaction.h>

namespace engine {

/// The remote target, which the Request-URI is and credentials name too (RFC 7616 section 3.4);
/// `otherwise` where the dialog has none that can be written.
std::string remoteTarget(nta_leg_t *leg, const std::string &otherwise);

/// True: a challenge to the `attempt`th try that can be answered once more. Any other final from
/// the network proves that the credentials were taken, so that a later challenge is a new
/// conversation.
bool mayRetry(DigestClient &digest, const Reply &final, int attempt);
/// Of a challenge only those `challenges`; the others stay without an answer.
bool mayRetry(DigestClient &digest, const Reply &final, int attempt,
              const std::vector<std::string_view> &challenges);

/// Where it goes, as far as that stands in it: the end of its connection, or the address that its
/// first Route or its target names. Unknown: a host name.
base::Endpoint destinationOf(const RequestSpec &spec);
/// Why a BYE of ours, sent to `remote` or by the name `next`, ended nothing; an empty sentence: it
/// was taken.
LocalFailure byeTrouble(Agent &agent, const Reply &final, const std::string &next,
                        const base::Endpoint &remote);

} // namespace engine
