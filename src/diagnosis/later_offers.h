// SPDX-License-Identifier: Apache-2.0
// Requests that change the session of a dialog (RFC 3261 section 14, RFC 3311). Pure, any thread.
#pragma once

#include <diagnosis/facts.h>
#include <vector>

namespace diagnosis {

constexpr std::size_t kMostLaterOffers = 64; // of one call that are looked at

/// It may change the session: a re-INVITE, with an offer or without, or an UPDATE.
inline bool changesSession(const calls::Transaction &transaction)
{
    return transaction.inDialog &&
           (transaction.method == sip::Method::Invite || transaction.method == sip::Method::Update);
}

/// Those that bring an offer in the request, in order.
inline std::vector<const calls::Transaction *> laterOffers(const Evidence &evidence)
{
    std::vector<const calls::Transaction *> out;
    if (evidence.call.kind == calls::Kind::Call)
        for (const auto &transaction : evidence.call.transactions)
            if (changesSession(transaction) && transaction.request.valid() &&
                hasSdp(evidence, transaction.request) && out.size() < kMostLaterOffers)
                out.push_back(&transaction);
    return out;
}

/// A hold, a transfer or another session: media begins anew for a good reason.
inline bool renegotiated(const Evidence &evidence)
{
    for (const auto &t : evidence.call.transactions)
        if (changesSession(t) || t.method == sip::Method::Refer)
            return true;
    return false;
}

} // namespace diagnosis
