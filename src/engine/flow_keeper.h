// SPDX-License-Identifier: Apache-2.0
// The life of one RFC 5626 flow as a pure state machine: no sockets, no clock, no sofia. Fed with
// what happened and when, it says what to do and when to be asked again. Owned by the flow's link;
// any single thread.
#pragma once

#include <array>
#include <base/flow_report.h>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace engine {

struct KeeperSettings {
    base::Duration firstPing{0}; // 0: a whole period
    base::Duration pongTimeout = std::chrono::seconds(10);
    base::Duration backOffBase = std::chrono::seconds(30);
    base::Duration attemptLimit = std::chrono::seconds(47);   // 64 * T1 and a look-up
    base::Duration stunWait = std::chrono::milliseconds(500); // RTO of RFC 5389 section 7.2.1
    base::Duration expires = std::chrono::seconds(600);
    bool named = false;         // the edge has to be looked up first
    bool keepAlive = false;     // its edge is known to answer, whatever the registrar says
    bool plainAfter439 = false; // then register without outbound instead of giving up
};

enum class KeeperAct : std::uint8_t {
    Connect,   // REGISTER on a new connection
    Refresh,   // REGISTER on the connection there is
    Ping,      // a new keep-alive
    PingAgain, // the same STUN request once more
    Close,     // drop the connection, if there is one
    Unregister,
};

struct RegisterResult {
    int status = 0;
    bool local = false;                 // made up by our stack
    bool unsent = false;                // this computer had no way to send it
    bool outbound = false;              // Require: outbound in the 2xx
    bool bound = false;                 // the 2xx lists our Contact with time left
    bool unbound = false;               // it does not list us, or as one whose time is over
    bool rewritten = false;             // it lists our Contact with another address
    bool edgeKeepsFlows = false;        // a Path URI with ob in the 2xx
    std::optional<base::Duration> keep; // RFC 6223: the neighbour takes keep-alives; 0: any period
    base::Duration expires{0};          // 0: not told
    base::Duration flowTimer{0}, retryAfter{0}, minExpires{0};
    base::Endpoint mapped;             // Via received and rport
    std::vector<std::uint32_t> listed; // reg-ids of our instance that the 2xx tells to be bound
    std::string publicGruu, temporaryGruu;
    std::vector<std::string> path, serviceRoute;
    std::string sentence; // for the user: on failures, and on a 2xx that is not what was asked for
};

/// Its newest sentence says that the flow is left alone, as was asked for.
bool isLeftAlone(const base::FlowReport &report);

class FlowKeeper
{
public:
    struct Hooks {
        std::function<double()> random; // uniform in [0, 1)
        std::function<bool()> othersUp; // has another flow of this account not failed?
        std::function<void()> changed;  // after each change of state
    };
    FlowKeeper(KeeperSettings settings, Hooks hooks);

    // What happened.
    void start(base::Instant now);
    void located(base::Instant now); // the edge's address is known
    /// What the edge's address in use is reached by. Datagrams: STUN keeps the flow alive, not
    /// CRLF.
    void over(bool datagrams) { m_datagrams = datagrams; }
    void trying(base::Instant now);  // a REGISTER is handed over: it has its time from now on
    void sending(base::Instant now); // the REGISTER left: there is a connection
    void result(base::Instant now, const RegisterResult &result);
    void bytes(base::Instant now); // came
    void sent(base::Instant now);  // anything, over the flow
    /// `mapped`: the address a STUN response tells, unknown for CRLF.
    void pong(base::Instant now, const base::Endpoint &mapped = {});
    /// A CRLF CRLF came: the edge's own ping (RFC 5626 section 3.5.1), whatever it was meant for.
    void pingedByEdge(base::Instant now);
    void closed(base::Instant now, const std::string &why);
    /// An attempt that never reached the edge.
    void failed(base::Instant now, const std::string &why);
    // What the user wants.
    void reRegister(base::Instant now);
    void ping(base::Instant now);
    /// A 430 was said for it: its edge has it no more, or its registrar dropped it (RFC 5626
    /// sections 5.3 and 7). A ping or a REGISTER finds out. `named`: it is sure that it was this
    /// flow; a second time it is given up then.
    void disowned(base::Instant now, const std::string &why, bool named);
    /// The registrar lists the account's bindings, and this flow is not among them any more: it is
    /// registered again.
    void unlisted(base::Instant now, const std::string &why);
    /// Sends nothing until `silence` has passed without a byte, then a ping at once: whether what
    /// lies between forgets the flow. Only where pings are answered, and within the registration.
    /// 0: that is over, one goes out now.
    void leaveAlone(base::Instant now, base::Duration silence);
    void stop(base::Instant now);
    /// A 2xx came to a REGISTER that had been given up: the registrar holds a binding of this flow.
    void answeredAfterAll(base::Instant now, const RegisterResult &result);
    /// There is no time left for the answer to a REGISTER that is under way: it is taken back
    /// unseen.
    void leave(base::Instant now);
    /// Something that does not change the state but is to be told with it.
    void remark(base::Instant now, std::string reason);

    /// This computer's network may be back: what could not even be sent is tried again now. The
    /// waits of section 4.5 are there to spare an edge, and none was asked.
    void networkReturned(base::Instant now);

    /// The link that the flow goes by went down, or came back: in between nobody is reached by it,
    /// and whether it still stands is not known then.
    void linkDown(base::Instant now, const std::string &name);
    void linkUp(base::Instant now);

    /// The wall clock was set by `step`: what is awaited comes as late as it would have.
    void clockStepped(base::Instant now, base::Duration step);

    /// Does what is due by `now`.
    void tick(base::Instant now);
    /// When to call tick() next; nullopt: nothing is awaited.
    std::optional<base::Instant> next() const;
    /// What to do now, in this order.
    std::vector<KeeperAct> take();

    base::FlowState state() const { return m_report.state; }
    bool stopping() const { return m_stopping; }
    bool stopped() const { return m_stopping && m_report.state == base::FlowState::Off; }
    /// A request of somebody else's may reach us over it.
    bool registered() const;
    base::Duration expires() const { return m_settings.expires; }
    /// Outbound was refused and is not asked for any more.
    bool plain() const { return m_plain; }
    /// The local port of the flow that failed can carry the next one: its NAT made a new way for
    /// it.
    bool portLives() const { return m_portLives; }
    /// Everything that this machine knows; addresses and names are the link's to fill in.
    const base::FlowReport &report() const { return m_report; }

private:
    using Deadline = std::optional<base::Instant>;
    static const std::array<Deadline FlowKeeper::*, 9> &deadlines();
    void keep(base::Instant now, const RegisterResult &result);
    bool attempting() const;
    bool superseded() const;
    bool keepsFlow(const RegisterResult &result) const;
    bool pinging() const { return !m_report.keepAlive.empty(); }
    void enter(base::FlowState state, base::Instant now, std::string reason);
    void accepted(base::Instant now, const RegisterResult &result);
    void agree(const RegisterResult &result);
    void answeredLate(base::Instant now, const RegisterResult &result);
    void takeBack(base::Instant now, std::string reason);
    void unanswered(base::Instant now);
    void unregistered(base::Instant now, const RegisterResult &result);
    void off(base::Instant now, std::string why, std::optional<bool> taken);
    void rejected(base::Instant now, const RegisterResult &result);
    bool tooBrief(base::Instant now, const RegisterResult &result);
    bool withoutOutbound(base::Instant now, const RegisterResult &result);
    void proven(base::Instant now);
    void noPromisedPong(base::Instant now);
    void connect(base::Instant now, std::string reason);
    void lost(base::Instant now, const std::string &why);
    void attemptFailed(base::Instant now, const std::string &why, base::Duration atLeast = {},
                       bool slow = false);
    void gone(base::Instant now, const std::string &why);
    void refreshLater(base::Instant now, const RegisterResult &result);
    void tooLong(base::Instant now);
    base::Duration backOffBase() const;
    void unreachable(base::Instant now);
    base::FlowState settled() const;
    void ranOut(base::Instant now);
    base::Duration lastWord() const;
    void sendPing(base::Instant now);
    void silenceBroken(base::Instant now);
    void heard(base::Instant now);
    void remapped(base::Instant now, const base::Endpoint &former);
    void owned(base::Instant now, const std::string &how);
    void refresh();
    void aliveAgain(base::Instant now);
    bool messageUnderWay(base::Instant now) const;
    std::string provenText(const base::Endpoint &mapped) const;
    void endSilence(base::Instant now);
    void resendPing(base::Instant now);
    std::string lateText(base::Instant now) const;
    void noPong(base::Instant now);
    void forgetPing();
    void forgetConnection();
    std::string expectation() const;
    base::Duration between(double low, double high, base::Duration whole);
    base::Duration pingPeriod();

    KeeperSettings m_settings;
    Hooks m_hooks;
    base::FlowReport m_report;
    std::vector<KeeperAct> m_acts;
    Deadline m_pingAt, m_resendAt, m_suspectAt, m_pongDue, m_refreshAt, m_retryAt;
    Deadline m_attemptDue, m_expiryDue;
    Deadline m_hopedUntil; // for a pong that nobody promised
    Deadline m_silentSince;
    Deadline m_askedUntil; // a REGISTER left and was not answered yet: bound until then if taken
    Deadline m_boundUntil; // as the registrar may have it, though the flow is lost or given up
    Deadline m_pingedAt;   // by the edge, while a pong of it is waited for
    base::Instant m_attemptSince, m_goodSince;
    std::deque<base::Instant> m_recoveries; // immediate ones, of the last minute
    base::Duration m_agreedPeriod{0};       // of keep-alives; 0: none was told
    base::Duration m_silence{0};            // asked for with leaveAlone(), until its ping; else 0
    base::Instant m_lastWord;               // something went over the flow, either way
    base::Duration m_putOff{0};             // how much later the refresh is for a silence
    bool m_datagrams = false;
    bool m_granted = false;  // outbound
    bool m_unbound = false;  // the newest 2xx does not list us: nobody is sent here
    bool m_tooShort = false; // granted for less than the least distance of refreshes
    bool m_proven = false;   // registered and, where pongs are due, one came
    bool m_waiting = false;  // for a pong
    bool m_unsent = false;   // the newest attempt never left this computer
    bool m_stopping = false;
    bool m_removing = false; // the un-REGISTER is on its way
    bool m_plain = false;
    bool m_stunMapped = false; // report().mapped was told by STUN
    int m_resends = 0;
    int m_intervalRaised = 0;  // 423s of this attempt
    int m_refreshFailures = 0; // in a row, of a flow that was kept
    Deadline m_notBefore;      // the edge's Retry-After to a refresh
    Deadline m_disownedAt;     // on this connection, the last time
    bool m_disowned = false;   // and nothing has come over it since
    bool m_unlisted = false;   // and its REGISTER was not answered yet
    bool m_underWay = false;   // a REGISTER: its answer is due
    bool m_again = false;      // another one is wanted behind that answer
    bool m_portLives = false;
    bool m_linkDown = false;
    int m_remapped = 0;      // in a row: the NAT gave another address at the next keep-alive
    int m_briefLives = 0;    // in a row, of flows that worked, but not for long
    bool m_answered = false; // a pong came on this connection
    std::string m_doubt;     // of the newest 2xx: why nobody reaches us, or the like
};

} // namespace engine
