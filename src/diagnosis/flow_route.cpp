// SPDX-License-Identifier: Apache-2.0
// Whose flow a request needed: the tokens of its Route against the connection it came by.
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_bindings.h>
#include <diagnosis/former_ends.h>
#include <flows/clear_flow.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

/// As whom the edge sees the sender: the packet's source, and what the first proxy wrote into the
/// sender's Via (RFC 3581), the last one.
std::vector<base::Endpoint> waysOf(const Evidence &evidence, const calls::Transaction &transaction)
{
    std::vector<base::Endpoint> ways;
    const auto source = evidence.trace.source(transaction.request);
    if (viaCount(evidence, transaction.request) == 1 && source.known())
        ways.push_back(source);
    for (const auto row : {transaction.request, transaction.finalResponse}) {
        const auto vias = row.valid() ? evidence.message(row).values(sip::HeaderId::Via)
                                      : std::vector<std::string_view>();
        if (vias.empty())
            continue;
        if (const auto seen = seenBy(vias.back()))
            ways.push_back(*seen);
    }
    return ways;
}

bool holds(const std::vector<base::Endpoint> &ways, const base::Endpoint &end)
{
    return end.known() && std::find(ways.begin(), ways.end(), end) != ways.end();
}

/// Does the token name the connection that the request came by?
bool ownWay(const Evidence &evidence, const TokenSeen &token, const flows::Flow *flow,
            const std::vector<base::Endpoint> &ways, base::Instant when)
{
    if (token.readable && holds(ways, token.readable->userAgent))
        return true;
    // Behind a NAT the socket stays while the edge sees another address, which the token has not.
    const auto until =
        flow != nullptr && !flow->ours ? namedUntil(evidence, *flow, token) : std::nullopt;
    if (until && *until <= when)
        return false;
    const auto then = [&](const base::Endpoint &way) {
        return namedAt(evidence, *flow, token, way);
    };
    if (flow != nullptr && flow->ours && std::any_of(ways.begin(), ways.end(), then))
        return true;
    return flow != nullptr && (until || namesNow(*flow, token)) &&
           (holds(ways, flow->userAgent) || holds(ways, flow->report.local) ||
            holds(ways, flow->report.mapped) || holds(ways, flow->mapped));
}

bool isGone(const Evidence &evidence, const flows::Flow &flow, const TokenSeen &token,
            const calls::Transaction &transaction)
{
    const auto when = transaction.finished.known() ? transaction.finished : evidence.now;
    if (!namesNow(flow, token)) {
        const auto until = namedUntil(evidence, flow, token);
        if (!until || *until <= when)
            return true;
    }
    const auto bound = boundAt(flow, when);
    const auto since = bound ? bound->time : flow.registered;
    const auto *const next = replacement(evidence, flow, since);
    return deathOf(flow, when) != nullptr || (next != nullptr && boundAfter(*next, since) <= when);
}

/// The sender's address with another port. Loopback is everybody's address.
bool atSender(const TokenSeen &token, const std::vector<base::Endpoint> &ways)
{
    if (!token.readable || !token.readable->userAgent.known() ||
        token.readable->userAgent.address.isLoopback())
        return false;
    return std::any_of(ways.begin(), ways.end(), [&](const base::Endpoint &way) {
        return way.address == token.readable->userAgent.address;
    });
}

/// The connection that the request names in the clear and did not go over yet.
std::optional<TokenSeen> clearWay(const Evidence &evidence, const calls::Transaction &transaction,
                                  const std::vector<base::Endpoint> &ways)
{
    const auto &message = evidence.message(transaction.request);
    const auto there = evidence.trace.destination(transaction.request);
    const auto read = [&](std::string_view text, const sip::Uri &uri, bool inUri) {
        std::optional<TokenSeen> out;
        auto named = flows::clearFlow(uri);
        if (named && named->userAgent != there && !holds(ways, named->userAgent))
            out = TokenSeen{
                transaction.request, sip::HeaderId::Route, text, {}, false, named, true, inUri};
        return out;
    };
    for (const auto value : message.values(sip::HeaderId::Route))
        if (const auto route = sip::parseNameAddress(value); route.ok)
            if (auto out = read(route.uriText, route.uri, false))
                return out;
    return read(message.requestUri, sip::parseUri(message.requestUri), true);
}

} // namespace

std::string_view placeOf(const TokenSeen &token)
{
    return token.inUri ? "Request-URI" : sip::headerText(token.header);
}

Whose ownerOf(const Evidence &evidence, const flows::Flow &flow, trace::RowId request)
{
    const auto aor = sip::parseNameAddress(flow.report.aor).uri.address();
    const auto &message = evidence.message(request);
    const auto from = sip::parseNameAddress(message.value(sip::HeaderId::From)).uri.address();
    const auto to = sip::parseNameAddress(message.value(sip::HeaderId::To)).uri.address();
    if (!aor.empty() && from != to && base::equalsNoCase(aor, from))
        return Whose::Senders;
    if (!aor.empty() && base::equalsNoCase(aor, to))
        return Whose::Peers;
    if (!flow.ours)
        return Whose::Unknown;
    const auto &row = evidence.trace.row(request);
    return row.origin == base::Origin::Tap && row.outgoing ? Whose::Senders : Whose::Peers;
}

std::optional<Routed> routed(const Evidence &evidence, const calls::Transaction &transaction,
                             std::optional<TokenSeen> *own)
{
    if (!transaction.request.valid())
        return std::nullopt;
    const auto ways = waysOf(evidence, transaction);
    const bool firstHop = viaCount(evidence, transaction.request) == 1;
    std::optional<Routed> last;
    bool ownSeen = false;
    for (const auto &token : tokensOf(evidence, transaction.request)) {
        if (token.header != sip::HeaderId::Route)
            continue;
        const auto *const flow = flowOf(evidence, token);
        if (ownWay(evidence, token, flow, ways, transaction.started)) {
            ownSeen = true;
            if (own != nullptr)
                *own = token;
            continue;
        }
        const auto owner =
            flow != nullptr ? ownerOf(evidence, *flow, transaction.request) : Whose::Unknown;
        if (owner == Whose::Senders) {
            // A 430 and another port of the sender: that connection is gone, whether or not its
            // successor was registered.
            const bool elsewhere = firstHop && !ownSeen && transaction.finalStatus == 430;
            if (elsewhere || isGone(evidence, *flow, token, transaction))
                return Routed{token, true};
            continue;
        }
        // Behind one NAT both ends share an address: what is beside the own way is the peer's.
        if (owner == Whose::Unknown && firstHop && !ownSeen && atSender(token, ways))
            return Routed{token, true};
        last = Routed{token, false};
    }
    if (!last)
        if (const auto clear = clearWay(evidence, transaction, ways))
            last = Routed{*clear, false};
    return last;
}

const flows::Flow *routedFlow(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto token = routed(evidence, transaction);
    return token ? flowOf(evidence, token->token) : nullptr;
}

const flows::Flow *carrier(const Evidence &evidence, trace::RowId request)
{
    const auto &trace = evidence.trace;
    const auto own =
        trace.row(request).outgoing ? trace.source(request) : trace.destination(request);
    for (const auto &flow : evidence.flows)
        if (flow && flow->ours && own.known() && flow->report.local == own)
            return flow.get();
    for (const auto &flow : evidence.flows) // it has another connection by now
        if (flow && flow->ours && own.known() && hadSocket(evidence, *flow, own))
            return flow.get();
    return nullptr;
}

const flows::Flow *replacement(const Evidence &evidence, const flows::Flow &flow,
                               base::Instant since)
{
    for (const auto &other : evidence.flows)
        if (other && other.get() != &flow && !flow.report.instance.empty() &&
            other->report.regId == flow.report.regId && other->report.aor == flow.report.aor &&
            other->report.instance == flow.report.instance && boundAfter(*other, since).known())
            return other.get();
    return nullptr;
}

std::string_view keeperOf(const Evidence &evidence, const calls::Transaction &transaction,
                          const std::optional<Routed> &token)
{
    // Inside a dialog either side may ask; outside of one the sender is the caller.
    const bool byCaller =
        !transaction.inDialog || evidence.call.fromTag.empty() ||
        sip::parameter(evidence.message(transaction.request).value(sip::HeaderId::From), "tag")
                .value_or("") == evidence.call.fromTag;
    const bool senders = token && token->senders;
    return senders == byCaller ? "caller's user agent" : "callee's user agent";
}

} // namespace diagnosis
