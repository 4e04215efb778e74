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
struct AccountTag;
using AccountHandle = base::Id<AccountTag>;

enum class Reliability : std::uint8_t { Off, Supported, Required }; // 100rel

struct Credentials {
    std::string user, password; // never logged, never in a Packet by our doing
};

struct CallRequest {
    std::string target; // Request-URI and To: "sip:bob@example.test"
    std::string from = "sip:earshot@localhost";
    std::string proxy; // outbound proxy URI, empty: straight to the target
    base::Transport transport = base::Transport::Udp;
    Credentials credentials;
    Reliability reliability = Reliability::Supported;
    std::string offer;                                        // SDP; empty: late offer
    std::vector<std::pair<std::string, std::string>> headers; // more of them
    AccountHandle account; // valid: sent over one of its flows, with ob
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
    PrackDone, // `status` of the PRACK
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
    std::string sdp;         // offer (Incoming) or answer
    std::string earlyMedia;  // P-Early-Media
    std::string from, to;    // Incoming
    AccountHandle account;   // Incoming: by which account
    std::uint32_t regId = 0; // Incoming: on which flow
    std::string sentence;    // for the user, set on failures
    base::Endpoint remote;   // where the response came from
};

struct Account {
    std::string aor;                  // "sip:bob@example.test"
    std::vector<std::string> proxies; // outbound proxy set, reg-id counts from 1 in this order
    base::Transport transport = base::Transport::Tcp;
    Credentials credentials;
    std::string instance; // urn:uuid:..., kept by the caller over restarts; empty: a fresh one
    base::Duration expires = std::chrono::seconds(600);
};

struct FlowEvent {
    AccountHandle account;
    base::FlowReport report;
};

class Listener
{
public:
    virtual ~Listener() = default;
    virtual void onCall(const CallEvent &event) = 0;
    virtual void onFlow(const FlowEvent &event) = 0;
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
    std::string resolvConf;                             // empty: the system's
    base::Duration t1 = std::chrono::milliseconds(500); // RFC 3261 timer T1, tests shorten it
    base::Duration firstPing{0}; // 0: RFC 5626's 95-120 s (or Flow-Timer); tests and drills set it
    base::Duration pongTimeout = std::chrono::seconds(10);
    base::Duration backOffBase =
        std::chrono::seconds(30); // all flows down; 3x with another one up (30/90 s)
};

class Engine
{
public:
    /// `sink` and `listener` outlive the engine. Errors: port in use, no such address, tap blind.
    static base::Result<std::unique_ptr<Engine>>
    open(Options options, base::Inbox<base::Packet> &sink, Listener &listener);
    ~Engine(); // BYE, CANCEL, unregister within 2 s, then joins

    CallHandle place(CallRequest request);
    void hangUp(CallHandle call); // CANCEL, BYE, or 603/480 by state
    /// Incoming: provisional with or without SDP, then 200 with `sdp`.
    void ring(CallHandle call, int status, std::string sdp, bool reliable);
    void answer(CallHandle call, std::string sdp);
    void decline(CallHandle call, int status);

    AccountHandle addAccount(Account account); // registers every flow
    void removeAccount(AccountHandle account); // un-registers
    void reRegister(AccountHandle account,
                    std::uint32_t regId); // now, whatever the back-off says; 0: all flows
    void cutFlow(AccountHandle account,
                 std::uint32_t regId); // drill: closes the connection without a word
    void ping(AccountHandle account, std::uint32_t regId);

    /// The local address calls to `target` would use (for the offer's c= line); a route lookup, no
    /// packet is sent.
    base::Result<base::Address> localAddressFor(const std::string &target,
                                                const std::string &proxy) const;
    const TapReport &tap() const;
    base::Loop &loop();

private:
    Engine();
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

std::string sofiaVersion();

} // namespace engine
