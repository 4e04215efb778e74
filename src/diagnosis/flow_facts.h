// SPDX-License-Identifier: Apache-2.0
// Shared by the flow rules and the 430 explanation: flow tokens in a request, whose flow failed,
// who said so, and what was tried next. Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/facts.h>
#include <flows/standing.h>
#include <optional>
#include <string>
#include <vector>

namespace diagnosis {

struct TokenSeen {
    trace::RowId row;
    sip::HeaderId header = sip::HeaderId::Route;
    std::string_view value; // the URI's text, in the row
    std::string_view user;
    bool ob = false;
    std::optional<flows::FlowToken> readable; // nullopt: opaque to us
    bool clear = false; // no token: `received` of a Route, or `alias` of the Request-URI, tell it
    bool inUri = false; // of the Request-URI
};
/// "Route", or "Request-URI": where it stands.
std::string_view placeOf(const TokenSeen &token);
/// User parts in Route, Record-Route and Path that are or may be flow tokens (RFC 5626
/// section 5.2), in order.
std::vector<TokenSeen> tokensOf(const Evidence &evidence, trace::RowId row);
/// The known flow a token names, nullptr: none. Takes the newest when several had the address.
const flows::Flow *flowOf(const Evidence &evidence, const TokenSeen &token);

/// Does the token name the flow as it is now?
bool namesNow(const flows::Flow &flow, const TokenSeen &token);

/// Whose a flow is, by its address of record against From and To of a request.
enum class Whose : std::uint8_t { Unknown, Senders, Peers };
Whose ownerOf(const Evidence &evidence, const flows::Flow &flow, trace::RowId request);

/// The flow token of Route that decides whether a request arrives. The sender's own living way is
/// none: its edge put that into the Record-Route beside the peer's (RFC 5626 section 5.3). Where
/// none is, the connection that a proxy wrote there in the clear.
struct Routed {
    TokenSeen token;
    bool senders = false; // a flow that the sender has no more, else it is the target's
};
/// nullopt: no such token is in Route. `own`: gets the token of the sender's living way, if Route
/// has it.
std::optional<Routed> routed(const Evidence &evidence, const calls::Transaction &transaction,
                             std::optional<TokenSeen> *own = nullptr);
/// Its flow; nullptr: none that this trace knows.
const flows::Flow *routedFlow(const Evidence &evidence, const calls::Transaction &transaction);
/// Our flow whose socket the request left or reached us by; nullptr: none.
const flows::Flow *carrier(const Evidence &evidence, trace::RowId request);
/// The flow that has taken the place of `flow` since then: the same instance and reg-id (RFC 5626
/// section 4.5); nullptr: none.
const flows::Flow *replacement(const Evidence &evidence, const flows::Flow &flow,
                               base::Instant since);
/// The party whose user agent keeps the flow of the token: "caller's user agent".
std::string_view keeperOf(const Evidence &evidence, const calls::Transaction &transaction,
                          const std::optional<Routed> &token);
/// Two flows of one device (RFC 5626 section 4.1): by its instance-id, never by an address, which a
/// NAT may lend to many.
bool sameDevice(const flows::Flow &a, const flows::Flow &b);
/// Our own flow: it was in doubt or down at `when`, by what the engine tells of it as well;
/// nullptr: it was not. flows::deathOf tells the same of a flow that was only seen.
const flows::FlowEvent *doubtOf(const flows::Flow &flow, base::Instant when);
/// Where the trouble began that a flow of ours is in: the first row of a call (of the flow's own
/// registration) that tells of it since the flow worked. Invalid: there is none.
trace::RowId troubleOf(const flows::Flow &flow, const trace::Trace &trace);

/// Was the request handed on from where it went? Then whoever answered stands behind.
bool handedOn(const Evidence &evidence, const calls::Transaction &transaction);
/// The edge that wrote the token gave the answer; without its address in the token, the host of
/// that Route.
bool saidByItsEdge(const Evidence &evidence, const calls::Transaction &transaction,
                   const TokenSeen &token);
/// An edge answers 403 at once to a token of its own: it cannot verify it any more (RFC 5626
/// section 5.3.1).
bool refusesItsToken(const Evidence &evidence, const calls::Transaction &transaction);
/// The user agent itself gave the answer: the end of a registered flow, or the one that a token in
/// a Route of this call names. Then its flow carried request and answer.
bool saidByDevice(const Evidence &evidence, const calls::Transaction &transaction);
/// A user agent that got an INVITE has sent at least a 100 by then (RFC 3261 section 17.2.1).
inline constexpr auto kSilentUserAgent = std::chrono::seconds(4);
/// The registered flow that the request went over and that gave nothing back, not even a 100;
/// nullptr: there was an answer, or it went over no flow that this trace knows.
const flows::Flow *silentFlow(const Evidence &evidence, const calls::Transaction &transaction);

/// The transaction that got `status` first-hand: the one with most Via fields, so that no other one
/// handed it on.
const calls::Transaction *origin(const Evidence &evidence, int status, bool inDialog);
std::size_t viaCount(const Evidence &evidence, trace::RowId row);

/// Did it get a 101-199? Then somebody behind was reached.
bool wasProgressing(const Evidence &evidence, const calls::Transaction &transaction);

/// The next attempt of the same sender for the same request on another branch after `failed`;
/// nullptr: none.
const calls::Transaction *nextAttempt(const Evidence &evidence, const calls::Transaction &failed);
/// The next attempt went to somebody else, such as a mailbox or another device, and not over
/// another flow of the same one.
bool toOtherTarget(const Evidence &evidence, const calls::Transaction &failed,
                   const calls::Transaction &next);

/// Did the request reach the user agent's side: a 101-199, or a final response that only a user
/// agent gives?
bool reached(const Evidence &evidence, const calls::Transaction &attempt);
/// An attempt for the same request that began after `failed` and reached somebody: the failure was
/// mended (RFC 5626 section 7), whichever proxy tried on. nullptr: none.
const calls::Transaction *reachedLater(const Evidence &evidence, const calls::Transaction &failed);
/// The caller was told the 430 though another attempt got a better answer (RFC 3261 section 16.7).
bool toldTheWorse(const Evidence &evidence);

/// Whose flow it was and who can do something: the ways a 430 comes about (RFC 5626 sections 5.3, 7
/// and 11.5).
enum class FlowCase : std::uint8_t {
    NoFlowLeft,      // the home proxy had no other flow and handed the code to the caller
    EdgeIsRegistrar, // one box is both: its own 430, nothing else to try
    PeersFlow,       // inside a dialog: the route set names the peer's dead flow
    OwnOldFlow,      // the request named a flow of its own sender that was replaced
    StaleRoute,      // a Route kept from a former registration of the sender
    Local,           // made inside the stack, never on the wire
    Vendor,          // a dialog recovery scheme of its own
    Misused,         // the answer to a REGISTER
    MisusedByDevice, // the user agent answered so over a flow that works
    FlowLives,       // the edge has the connection and does not find it
    OwnFlowLives,    // nothing but the sender's own flow was named, and the request came over it
    BindingKept,     // the registrar used a binding that was replaced, removed or over
};
struct FlowVerdict {
    FlowCase which = FlowCase::NoFlowLeft;
    Grade grade = Grade::Likely;
    std::string text;   // one sentence
    std::string impact; // one sentence
    std::vector<Fix> fixes;
};
/// What the trace knows of the flow that was needed, where that makes it another case; nullopt: no
/// more than that it is gone.
std::optional<FlowVerdict> pastOf(const Evidence &evidence, const calls::Transaction &failed,
                                  const flows::Flow &flow);
FlowVerdict judgeFlowFailure(const Evidence &evidence, const calls::Transaction &failed);

/// A token that its own edge refuses: it has another key since it restarted.
Fix tokenKeyFix();
/// How to keep it from coming back: the measured silence, a second flow, and the edge's settings in
/// its own form.
std::vector<Fix> preventFlowFailure(const Evidence &evidence, const calls::Transaction &failed);
/// After a 439: what lets the edge and the registrar do outbound, in their own form.
std::vector<Fix> enableOutbound(const Evidence &evidence, const calls::Transaction &refused);
/// What RFC 5626 wants in such a case, one sentence; empty: it does not speak of it.
std::string expectedOf(FlowCase which);
/// Who has to do something first, and how sure that is.
std::string actorOf(const std::vector<Fix> &fixes, Grade grade);

/// What our own user agent can do about it now: ping, register again, call over another flow,
/// replace the dialog, hang up; each with the reason where it cannot.
std::vector<Offer> flowOffers(const Evidence &evidence, const calls::Transaction &failed);
/// A call that takes the place of a dialog (RFC 3891).
struct Replacement {
    std::string target;   // the peer: its GRUU if it gave one, else its address of record
    std::string replaces; // value of the header
};
/// nullopt: the call has no dialog that stands.
std::optional<Replacement> replacementOf(const Evidence &evidence);

/// "Flow of 192.0.2.20:34567 over TCP to edge 192.0.2.2:5060, last keep-alive 127.0 s before" for a
/// decoded token.
std::string tokenText(const Evidence &evidence, const TokenSeen &token, base::Instant when);
/// What the time to answer tells: known at once, or found by a timer. A trace without times tells
/// nothing of it.
std::string answerTimeText(base::Instant asked, base::Instant answered);
/// The same, where a provisional answer may have come first.
std::string timeToAnswer(const Evidence &evidence, const calls::Transaction &failed);

} // namespace diagnosis
