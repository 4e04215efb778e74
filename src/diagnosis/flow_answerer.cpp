// SPDX-License-Identifier: Apache-2.0
// Who gave the answer to a request that needed a flow: its edge, somebody behind it, the user agent
// itself, or nobody.
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <diagnosis/flow_bindings.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

constexpr auto kAtOnce = std::chrono::milliseconds(50);

} // namespace

bool handedOn(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto &request = evidence.trace.row(transaction.request);
    const auto there = evidence.trace.destination(transaction.request).address;
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const auto &t) {
                           return t.request.valid() && t.method == transaction.method &&
                                  t.cseq == transaction.cseq &&
                                  evidence.trace.row(t.request).viaCount > request.viaCount &&
                                  evidence.trace.source(t.request).address == there;
                       });
}

bool saidByItsEdge(const Evidence &evidence, const calls::Transaction &transaction,
                   const TokenSeen &token)
{
    const auto answerer = evidence.trace.source(transaction.finalResponse);
    if (token.readable && token.readable->edge.known())
        return answerer == token.readable->edge;
    const auto host = sip::addressOf(sip::parseUri(token.value).host);
    return host && answerer.address == *host;
}

bool refusesItsToken(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.finalStatus != 403 || !transaction.request.valid() ||
        transaction.method == sip::Method::Register ||
        transaction.finished - transaction.started > kAtOnce)
        return false;
    const auto way = routed(evidence, transaction);
    return way && way->token.readable && !way->token.clear &&
           saidByItsEdge(evidence, transaction, way->token) &&
           !handedOn(evidence, transaction); // then the edge took its token
}

bool saidByDevice(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (!transaction.request.valid() || !transaction.finalResponse.valid())
        return false;
    const auto answerer = evidence.trace.source(transaction.finalResponse);
    if (!answerer.known())
        return false;
    const auto asker = evidence.trace.source(transaction.request);
    for (const auto &flow : evidence.flows)
        if (flow && flow->userAgent == answerer && flow->edge == asker &&
            boundAt(*flow, transaction.started))
            return true;
    for (const auto &each : evidence.call.transactions)
        for (const auto &token : tokensOf(evidence, each.request))
            if (token.header == sip::HeaderId::Route && token.readable &&
                token.readable->userAgent == answerer)
                return true;
    return false;
}

const flows::Flow *silentFlow(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (!transaction.request.valid() || transaction.finalStatus != 0 ||
        !transaction.responses.empty() || transaction.localFailure.valid())
        return nullptr;
    const auto from = evidence.trace.source(transaction.request);
    const auto to = evidence.trace.destination(transaction.request);
    for (const auto &flow : evidence.flows)
        if (flow && flow->userAgent == to && flow->edge == from &&
            boundAt(*flow, transaction.started))
            return flow.get();
    return nullptr;
}

} // namespace diagnosis
