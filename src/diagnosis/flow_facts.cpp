// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <base/told_time.h>
#include <diagnosis/former_ends.h>
#include <diagnosis/told_span.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis {
namespace {

constexpr std::size_t kMostTokens = 16;
constexpr auto kAtOnce = std::chrono::milliseconds(50);

bool reports(const flows::FlowEvent &event, base::FlowState state)
{
    return event.what == flows::Happening::StateChanged && event.state == state;
}

bool tellsUp(const flows::FlowEvent &event)
{
    return event.what == flows::Happening::StateChanged && base::isUp(event.state);
}

void collect(const Evidence &evidence, trace::RowId row, const sip::Message &message,
             sip::HeaderId header, std::vector<TokenSeen> &out)
{
    for (const auto value : message.values(header)) {
        if (out.size() == kMostTokens)
            return;
        const auto address = sip::parseNameAddress(value);
        if (!address.ok || address.uri.user.empty())
            continue;
        TokenSeen token{row,
                        header,
                        address.uriText,
                        address.uri.user,
                        address.uri.parameter("ob").has_value(),
                        flows::decodeToken(address.uri.user)};
        // A user part without ob and not readable may be anything a proxy keeps there.
        if (token.ob || token.readable || flowOf(evidence, token) != nullptr)
            out.push_back(token);
    }
}

} // namespace

bool namesNow(const flows::Flow &flow, const TokenSeen &token)
{
    if (!flow.token.empty() && flow.token == token.user)
        return true;
    return token.readable && token.readable->userAgent.known() &&
           (flow.userAgent == token.readable->userAgent ||
            flow.report.local == token.readable->userAgent ||
            flow.report.mapped == token.readable->userAgent); // behind a NAT
}

std::vector<TokenSeen> tokensOf(const Evidence &evidence, trace::RowId row)
{
    std::vector<TokenSeen> tokens;
    if (!row.valid())
        return tokens;
    const auto &message = evidence.message(row);
    for (const auto header :
         {sip::HeaderId::Route, sip::HeaderId::RecordRoute, sip::HeaderId::Path})
        collect(evidence, row, message, header, tokens);
    return tokens;
}

const flows::Flow *flowOf(const Evidence &evidence, const TokenSeen &token)
{
    const flows::Flow *found = nullptr;
    for (const auto &flow : evidence.flows)
        if (flow && namesNow(*flow, token) &&
            (found == nullptr || flow->lastSeen > found->lastSeen))
            found = flow.get();
    if (found != nullptr)
        return found;
    std::optional<base::Instant> last;
    for (const auto &flow : evidence.flows) {
        if (!flow || !flow->ours)
            continue;
        const auto until = namedUntil(evidence, *flow, token);
        if (!until || (last && *until <= *last))
            continue;
        last = until;
        found = flow.get();
    }
    return found != nullptr ? found : formerFlow(evidence, token);
}

bool sameDevice(const flows::Flow &a, const flows::Flow &b)
{
    return a.id != b.id && !a.report.instance.empty() && a.report.instance == b.report.instance &&
           a.report.aor == b.report.aor;
}

const flows::FlowEvent *doubtOf(const flows::Flow &flow, base::Instant when)
{
    using flows::Happening;
    const flows::FlowEvent *doubt = nullptr;
    for (const auto &event : flow.events) {
        if (event.time > when)
            break;
        if (reports(event, base::FlowState::Suspect) || reports(event, base::FlowState::Failed) ||
            event.what == Happening::Closed || event.what == Happening::Reset ||
            event.what == Happening::PongMissing || event.what == Happening::Unreachable ||
            event.what == Happening::Remapped)
            doubt = doubt == nullptr ? &event : doubt;
        else if (tellsUp(event) || (doubt != nullptr && flows::revives(event, *doubt)))
            doubt = nullptr;
    }
    return doubt;
}

trace::RowId troubleOf(const flows::Flow &flow, const trace::Trace &trace)
{
    using flows::Happening;
    trace::RowId doubted, failed;
    for (const auto &event : flow.events) {
        if (event.what == Happening::Registered || event.what == Happening::Removed ||
            event.what == Happening::Pong || tellsUp(event))
            doubted = failed = {};
        // The end of a connection and a keep-alive are rows of no call; the engine says what they
        // meant in one that is.
        if (!event.row.valid() || !trace.row(event.row).call.valid())
            continue;
        if (reports(event, base::FlowState::Suspect) && !doubted.valid())
            doubted = event.row;
        if (!failed.valid() &&
            (event.what == Happening::RegisterFailed || reports(event, base::FlowState::Failed) ||
             reports(event, base::FlowState::Rejected)))
            failed = event.row;
    }
    return failed.valid() ? failed : doubted;
}

std::size_t viaCount(const Evidence &evidence, trace::RowId row)
{
    return row.valid() ? evidence.message(row).values(sip::HeaderId::Via).size() : 0;
}

const calls::Transaction *origin(const Evidence &evidence, int status, bool inDialog)
{
    const calls::Transaction *found = nullptr;
    std::size_t depth = 0;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.finalStatus != status || transaction.inDialog != inDialog ||
            transaction.method == sip::Method::Ack)
            continue;
        const auto vias = viaCount(evidence, transaction.finalResponse);
        if (found == nullptr || vias > depth) {
            found = &transaction;
            depth = vias;
        }
    }
    return found;
}

bool wasProgressing(const Evidence &evidence, const calls::Transaction &transaction)
{
    return std::any_of(transaction.responses.begin(), transaction.responses.end(),
                       [&](trace::RowId row) {
                           const int status = evidence.trace.row(row).status;
                           return status > 100 && status < 200;
                       });
}

const calls::Transaction *nextAttempt(const Evidence &evidence, const calls::Transaction &failed)
{
    if (!failed.request.valid() || !failed.finished.known())
        return nullptr;
    const auto from = evidence.trace.source(failed.request).address;
    for (const auto &transaction : evidence.call.transactions)
        if (&transaction != &failed && transaction.request.valid() &&
            transaction.method == failed.method && transaction.cseq == failed.cseq &&
            transaction.branch != failed.branch && transaction.started >= failed.finished &&
            transaction.sentBy == failed.sentBy &&
            evidence.trace.source(transaction.request).address == from)
            return &transaction;
    return nullptr;
}

bool toOtherTarget(const Evidence &evidence, const calls::Transaction &failed,
                   const calls::Transaction &next)
{
    const auto *const one = routedFlow(evidence, failed);
    const auto *const other = routedFlow(evidence, next);
    if (one != nullptr && other != nullptr)
        return !sameDevice(*one, *other);
    if (routed(evidence, next))
        return false; // over a flow, whose it is nobody knows
    const auto user = [&](const calls::Transaction &transaction) {
        return sip::parseUri(evidence.message(transaction.request).requestUri).user;
    };
    return !base::equalsNoCase(user(failed), user(next));
}

bool reached(const Evidence &evidence, const calls::Transaction &attempt)
{
    constexpr std::array kOfTheDevice{486, 487, 488, 600, 603, 606};
    const int status = attempt.finalStatus;
    return status / 100 == 2 || status / 100 == 3 || wasProgressing(evidence, attempt) ||
           std::find(kOfTheDevice.begin(), kOfTheDevice.end(), status) != kOfTheDevice.end();
}

const calls::Transaction *reachedLater(const Evidence &evidence, const calls::Transaction &failed)
{
    if (!failed.request.valid() || !failed.finished.known())
        return nullptr;
    for (const auto &later : evidence.call.transactions)
        if (later.method == failed.method && later.cseq == failed.cseq &&
            later.inDialog == failed.inDialog && later.request.valid() &&
            later.started >= failed.finished && &later != &failed && reached(evidence, later))
            return &later;
    return nullptr;
}

bool toldTheWorse(const Evidence &evidence)
{
    const auto &call = evidence.call;
    return call.finalStatus == 430 && !call.answered.known() && call.invite.valid() &&
           viaCount(evidence, call.invite) == 1;
}

std::string tokenText(const Evidence &evidence, const TokenSeen &token, base::Instant when)
{
    if (!token.readable)
        return fmt::format("flow token \"{}\" (opaque: its maker alone can read it)",
                           shown(token.user));
    const auto &edge = token.readable->edge;
    auto text = fmt::format(
        "flow {} of user agent {} at {}", base::transportText(token.readable->transport),
        token.readable->userAgent.text(), edge.known() ? "edge " + edge.text() : "that edge");
    const auto *const flow = flowOf(evidence, token);
    if (flow == nullptr && token.clear)
        return text + " (written there in the clear; its registration is not in this trace)";
    if (flow == nullptr)
        return text + fmt::format(" (read from the token, as {} writes it; its registration is not "
                                  "in this trace)",
                                  token.readable->layout == flows::TokenLayout::Rfc5626
                                      ? "Kamailio"
                                      : "reSIProcate");
    if (const auto until =
            namesNow(*flow, token) ? std::nullopt : namedUntil(evidence, *flow, token);
        until && *until <= when) // what is known of its keep-alives is of the next connection
        return text + fmt::format(", given up {} before", toldSpan(*until, when));
    const auto alive = std::max({flow->lastPong, flow->lastPing, flow->registered});
    // A capture goes on: what ended the connection later is not the reason.
    if (flow->closedAt.valid() && evidence.time(flow->closedAt) <= when)
        text += fmt::format(", closed {} before", toldSpan(evidence.time(flow->closedAt), when));
    else if (alive.known() && alive <= when)
        text += fmt::format(", last {} {} before",
                            alive == flow->lastPong   ? "pong"
                            : alive == flow->lastPing ? "keep-alive"
                                                      : "registration",
                            toldSpan(alive, when));
    return text;
}

std::string answerTimeText(base::Instant asked, base::Instant answered)
{
    if (!base::hasClock(asked) || !base::hasClock(answered))
        return "after a time that the trace does not tell";
    const base::Duration waited = answered - asked;
    if (waited < kAtOnce)
        return fmt::format("{} after the request: it knew at once that the connection is gone",
                           lasting(waited));
    const auto seconds = base::toSeconds(waited);
    for (const int timer : {5, 10, 15, 20, 30, 32, 60, 120, 180})
        if (seconds > timer - 0.5 && seconds < timer + 0.7)
            return fmt::format("{} after the request: a timer of {} s ran out because nothing came "
                               "back over the flow",
                               lasting(waited), timer);
    return fmt::format("{} after the request", lasting(waited));
}

} // namespace diagnosis
