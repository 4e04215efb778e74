// SPDX-License-Identifier: Apache-2.0
// The live SIP user agent: one thread owns su_root and every sofia object. Public calls post to it
// and return at once; what happens comes back through Listener (on that thread) and as Packets from
// the wire tap.
#pragma once

#include <base/ids.h>
#include <base/inbox.h>
#include <base/loop.h>
#include <base/packet.h>
#include <base/result.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace engine {

struct CallTag;
using CallHandle = base::Id<CallTag>;
struct ProbeTag;
using ProbeHandle = base::Id<ProbeTag>;
struct AccountTag;
using AccountHandle = base::Id<AccountTag>;

enum class Reliability : std::uint8_t { Off, Supported, Required }; // 100rel

/// One place a request may be sent to, as RFC 3263 finds it.
struct Hop {
    base::Transport transport = base::Transport::Udp; // Udp, Tcp or Tls
    base::Endpoint endpoint;
    std::string name; // the host before any look-up: whom a certificate has to name
};

struct Credentials {
    std::string user, password; // never logged, never in a Packet by our doing
};

/// What an engineer may want different in one call; left as it is, the call is an ordinary one.
struct CallExtras {
    std::string requestUri;                                   // empty: the target
    std::vector<std::string> routes;                          // loose, in the order they are passed
    std::vector<std::pair<std::string, std::string>> headers; // more of them, see headerLines()
    std::string localAddress;                                 // of SIP and RTP; empty: by route
    std::string bodyType, body;       // SDP replaces the offer, anything else goes along with it
    bool sessionId = false;           // RFC 7989
    bool followRedirects = false;     // 3xx: call the Contacts, best first
    bool allowNumber = false;         // emergency and premium numbers too
    std::uint32_t sessionExpires = 0; // RFC 4028, seconds; 0: no session timer asked for
    std::uint32_t flow = 0;           // reg-id of the account's flow to leave by; 0: the best
};

/// One server whose certificate the user takes although nobody vouches for it.
struct TlsException {
    std::string host;          // whom the certificate has to name, or the server's address
    std::uint16_t port = 0;    // of the server; 0: any
    std::string fingerprint{}; // SHA-256 of that very certificate, "AB:CD:..."
    bool operator==(const TlsException &) const = default;
};

/// "AB:CD:..." of 64 hex digits, colons or not, either case; empty: it is no SHA-256 fingerprint.
std::string fingerprintOf(const std::string &text);

/// How TLS connections are made and judged.
struct TlsOptions {
    std::string caFile;           // PEM; empty: the system's store
    std::string certificate, key; // PEM files of our own certificate; empty: none
    bool acceptAnything = false;  // for whoever must; every connection says so
    std::vector<TlsException> exceptions{};
};

/// What a TLS handshake came to.
struct TlsReport {
    base::Endpoint remote;
    std::string name; // whom the certificate had to name
    bool accepted = false;
    bool verified = false; // accepted but not verified: by order of the user
    std::string code;      // "expired", "wrong-name", ...; empty: nothing is wrong
    std::string sentence;  // the same for the user
    std::string subject, issuer, notBefore, notAfter; // of the peer's certificate, if one came
    std::vector<std::string> names;                   // whom it does name
    std::string protocol, cipher;
    std::string fingerprint;  // SHA-256 of the peer's certificate, "AB:CD:..."
    bool byException = false; // accepted, not verified: the user named this certificate
    std::string expected{};   // refused: the fingerprint that was accepted before
};

/// Our SDP of one call as one target gets it.
struct Described {
    std::string description, able; // as in CallRequest
};

struct CallRequest {
    std::string target; // Request-URI and To: "sip:bob@example.test"
    std::string from = "sip:earshot@localhost";
    std::string proxy; // outbound proxy URI, empty: straight to the target
    /// Of URIs that name none; Unknown: what DNS says, UDP where it says nothing.
    base::Transport transport = base::Transport::Udp;
    Credentials credentials;
    Reliability reliability = Reliability::Supported;
    std::string description; // our SDP
    /// Our SDP of all that a later offer of the peer's may be answered with, in codecs and keys;
    /// empty: as much as `description` has.
    std::string able{};
    bool lateOffer = false; // the description leaves in the ACK or PRACK only
    CallExtras extras;
    AccountHandle account; // valid: sent over one of its flows, with ob
    std::string callId;    // empty: a fresh one
    std::vector<Hop> hops; // found by locate(); empty: place() looks itself
    /// Of our SDP, for another target than the one that has it already: with other keys. On the
    /// engine's thread. Empty: it stays the same.
    std::function<std::string(const std::string &description)> renew{};
    /// Asked on the engine's thread before a target is tried that needs an address of another
    /// family in our SDP; whoever is asked calls `done` on any thread while the engine lives.
    /// Empty: it stays the same.
    std::function<void(const Hop &target, std::function<void(base::Result<Described>)> done)>
        readdress{};
};

enum class CallStep : std::uint8_t {
    InviteSent,
    Provisional,    // 100-199 from the network
    Answered,       // 2xx, ACK sent
    Failed,         // final 3xx-6xx, or local failure (`local`)
    Ended,          // BYE either way, or CANCEL done
    Incoming,       // a new incoming INVITE rings
    Authenticating, // 401/407 answered with credentials
    PrackSent,
    PrackDone,     // `status` of the PRACK
    Redirected,    // 3xx followed: another INVITE left
    Held,          // our hold or its end was accepted or refused; `status`, `held`
    Transfer,      // how a transfer of ours goes: status of the REFER, then of the NOTIFYs
    Changed,       // a re-INVITE or UPDATE was accepted; `sdp`: the peer's side of it, `ours`
    Permitted,     // an UPDATE in an early dialog has another P-Early-Media; `earlyMedia`
    TransferAsked, // the peer sent a REFER; never followed by itself, `target`
};

struct CallEvent {
    CallHandle call;
    CallStep step = CallStep::InviteSent;
    base::Instant time;
    std::string callId;
    int status = 0;
    std::string phrase;
    bool local = false; // made by our own stack, not by the network
    std::string toTag;  // the early dialog
    bool reliable = false;
    std::string sdp;                      // offer (Incoming) or answer
    std::string ours;                     // our side of it, as it was sent
    std::string earlyMedia;               // P-Early-Media
    std::string from, to;                 // Incoming
    AccountHandle account;                // Incoming: by which account
    std::uint32_t regId = 0;              // Incoming: on which flow; of ours: by which it left
    std::string sentence;                 // for the user, set on failures
    base::Endpoint remote;                // where the response came from
    bool held = false;                    // Held
    std::string target;                   // TransferAsked
    std::shared_ptr<const TlsReport> tls; // of the connection, once there is one
};

/// RFC 5626 section 4.2 asks for at least two, suggests four.
inline constexpr std::size_t kMostFlows = 8;

struct Account {
    std::string aor;                  // "sip:bob@example.test"
    std::vector<std::string> proxies; // outbound proxy set, reg-id counts from 1 in this order
    base::Transport transport = base::Transport::Tcp;
    Credentials credentials;
    std::string instance; // urn:uuid:..., kept by the caller over restarts; empty: a fresh one
    base::Duration expires = std::chrono::seconds(600);
    bool keepAlive = false;     // the edges are known to answer keep-alives (RFC 5626 section 3.5)
    bool gruu = false;          // a GRUU that was granted stands in our Contact (RFC 5627)
    bool plainAfter439 = false; // register without outbound where it is refused
};

/// A URN that can stand in +sip.instance (RFC 5626 section 4.1); and what to say where it is none.
bool isInstance(const std::string &text);
std::string notAnInstance(const std::string &text);

/// What is done to a flow of ours on purpose, to see how it and its edge recover.
enum class Drill : std::uint8_t {
    Cut,          // the connection is closed here; UDP: another port, the old one is left
    SwallowPongs, // answers to keep-alives are not heard any more, until the flow is made anew
    ChangePort,   // UDP: another source port from now on, as a NAT that rebinds
    Silence,      // nothing passes any more and nobody is told, as when a NAT forgets the flow
};

struct FlowEvent {
    AccountHandle account;
    base::FlowReport report;
};

/// One request outside any call: an OPTIONS, or bytes as they are.
struct ProbeRequest {
    std::string target, from = "sip:earshot@localhost", proxy;
    base::Transport transport = base::Transport::Udp;
    std::string localAddress;
    int maxForwards = 70;
    std::string raw; // not empty: sent as it is, malformed on purpose or not; nothing is awaited
};

struct ProbeEvent {
    ProbeHandle probe;
    int status = 0; // 0 with raw bytes: they left
    std::string phrase;
    bool local = false;
    base::Duration roundTrip{0};
    base::Endpoint remote;
    std::string server;   // Server or User-Agent of the response
    std::string via;      // the Via of ours that came back: how the first hop saw us
    std::string callId;   // under which the ladder has it
    std::string sentence; // when it failed
};

class Listener
{
public:
    virtual ~Listener() = default;
    virtual void onCall(const CallEvent &event) = 0;
    virtual void onFlow(const FlowEvent &event) = 0;
    virtual void onProbe(const ProbeEvent &) {}
    virtual void onTls(const TlsReport &) {} // a handshake ended
};

/// What the wire tap saw of its own exact-count self-test.
struct TapReport {
    bool works = false;
    std::uint64_t expected = 0, seen = 0;
    std::string sentence; // for the user when it does not work
};

struct Options {
    std::string localAddress; // empty: loopback for loopback targets, else the address the route to
                              // the target uses
    std::uint16_t localPort = 0; // 0: the system chooses
    std::string userAgent = "Earshot";
    std::string dnsServer; // "192.0.2.53" or with a port; empty: the system's
    TlsOptions tls;
    base::Duration t1 = std::chrono::milliseconds(500); // RFC 3261 timer T1, tests shorten it
    base::Duration firstPing{0}; // 0: RFC 5626's 95-120 s (or Flow-Timer); tests and drills set it
    base::Duration pongTimeout = std::chrono::seconds(10);
    base::Duration backOffBase =
        std::chrono::seconds(30); // all flows down; 3x with another one up (30/90 s)
};

/// Whether an engine could be opened with these, as far as files and addresses tell.
base::Result<void> checkOptions(const Options &options);

class Engine
{
public:
    /// `sink` and `listener` outlive the engine. Errors: port in use, no such address, tap blind.
    static base::Result<std::unique_ptr<Engine>>
    open(Options options, base::Inbox<base::Packet> &sink, Listener &listener);
    ~Engine(); // BYE, CANCEL, unregister within 2 s, then joins

    CallHandle place(CallRequest request);
    /// Whether place() would take it; nothing is sent or looked up.
    static base::Result<void> check(const CallRequest &request);
    /// Whether transfer() would take that target.
    static base::Result<void> checkTransfer(const std::string &target, bool allowNumber);
    /// Where the request of `request` would go (RFC 3263); told to `done` on the loop, with every
    /// question and answer in the ladder under the request's Call-ID.
    void locate(CallRequest request, std::function<void(base::Result<std::vector<Hop>>)> done);
    void hangUp(CallHandle call); // CANCEL, BYE, or 603/480 by state
    /// RFC 3264 section 8.4, by re-INVITE or UPDATE. Told as CallStep::Held.
    void hold(CallHandle call, bool on, bool byUpdate);
    void sendInfo(CallHandle call, std::string contentType, std::string body);
    /// REFER (RFC 3515); `with` valid: attended, Replaces that call (RFC 3891).
    void transfer(CallHandle call, std::string target, CallHandle with = {});
    ProbeHandle probe(ProbeRequest request);
    /// Incoming: provisional with or without SDP, then 200 with `sdp`.
    void ring(CallHandle call, int status, std::string sdp, bool reliable);
    void answer(CallHandle call, std::string sdp);
    /// Before these: CallRequest::able of an incoming call.
    void mayAnswer(CallHandle call, std::string able);
    void decline(CallHandle call, int status);
    void redirect(CallHandle call, std::string contact); // 302

    /// For handshakes from now on; connections that rest on an exception that is not among
    /// `tls.exceptions` any more end. Errors: a file that cannot be read; then nothing changes.
    base::Result<void> setTls(TlsOptions tls);

    AccountHandle addAccount(Account account); // registers every flow
    /// Its calls are hung up, then its flows un-register: a BYE has no other way.
    void removeAccount(AccountHandle account);
    void reRegister(AccountHandle account,
                    std::uint32_t regId); // now, whatever the back-off says; 0: all flows
    void drill(AccountHandle account, std::uint32_t regId, Drill what);
    void ping(AccountHandle account, std::uint32_t regId);
    /// Somebody was told 430 for a flow (RFC 5626 section 5.3): it is suspect and is asked; `why`:
    /// the sentence that says so. `named`: it was this very one, not one of several; only such a
    /// flow is given up when that happens again though it answered. 0: every flow of the account.
    void disowned(AccountHandle account, std::uint32_t regId, std::string why, bool named);
    /// No keep-alive until `silence` has passed without a byte, then one at once; 0: now, as ever.
    /// What comes of it is in the flow's reports; one that says why if it cannot be.
    void leaveAlone(AccountHandle account, std::uint32_t regId, base::Duration silence);

    /// The local address calls to `target` would use (for the offer's c= line); a route lookup, no
    /// packet is sent.
    base::Result<base::Address> localAddressFor(const std::string &target,
                                                const std::string &proxy) const;
    base::Result<base::Address> localAddressFor(const CallRequest &request) const;
    const TapReport &tap() const;
    base::Loop &loop();

private:
    Engine();
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

std::string sofiaVersion();

} // namespace engine
