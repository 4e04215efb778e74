// SPDX-License-Identifier: Apache-2.0
// Private to engine: the nta agent with its local transports, the tap and the guard around it, and
// the packets and local events they give. Engine thread only; owned by the engine.
#pragma once

#include <base/inbox.h>
#include <deque>
#include <engine/engine.h>
#include <engine/guard.h>
#include <engine/received.h>
#include <engine/stack_check.h>
#include <engine/tap.h>
#include <engine/timer.h>
#include <engine/tls.h>
#include <engine/workplace.h>
#include <map>
#include <memory>

namespace engine {

struct Reply;

/// Requests of a leg. Returns a status for sofia to send, or 0 when it answered (or will) by
/// itself.
class RequestHandler
{
public:
    virtual ~RequestHandler() = default;
    virtual int onRequest(nta_incoming_t *request, const sip_t &sip) = 0;
    static int called(RequestHandler *self, nta_leg_t *leg, nta_incoming_t *request,
                      const sip_t *sip) noexcept;
};

/// Where the wire tells a flow of its own connection.
class WireObserver
{
public:
    virtual ~WireObserver() = default;
    /// Its REGISTER left on this connection. Called inside the library's send: no sofia calls from
    /// here.
    virtual void onBound(const Connection &connection) = 0;
    virtual void onBytes(base::Instant time) = 0;
    virtual void onSent() = 0; // anything; called as onBound is
    virtual void onKeepAlive(bool ping, base::Instant time) = 0;
    virtual void onStun(const std::string &bytes, base::Instant time) = 0;
    virtual void onUnreachable(int number) = 0; // ICMP, an errno
};

/// One address of ours: UDP and TCP on the same port, TLS on another once it was asked for.
struct Local {
    std::string ident;
    base::Endpoint endpoint;
    base::Endpoint secure;
    bool datagramsOnly = false; // a UDP flow's own
    bool free = false;          // no flow uses it any more
    const base::Endpoint &of(base::Transport transport) const
    {
        return transport == base::Transport::Tls ? secure : endpoint;
    }
};

/// Why our stack made up a response.
struct LocalFailure {
    base::LocalKind kind = base::LocalKind::SendFailed;
    std::string sentence;
    bool ended = false; // it was the peer that ended the connection (FIN, RST)
};

class Agent final : public TapListener
{
public:
    static base::Result<std::unique_ptr<Agent>> open(SuLoop &loop, const Options &options,
                                                     base::Inbox<base::Packet> &sink);
    ~Agent() override;
    Agent(const Agent &) = delete;
    Agent &operator=(const Agent &) = delete;

    nta_agent_t *nta() const { return m_nta; }
    SuLoop &loop() const { return m_loop; }
    const Options &options() const { return m_options; }
    /// Binds when nobody did yet. The result lives as long as the agent.
    base::Result<const Local *> local(const base::Address &address);
    /// The same with TLS. Errors: TLS cannot be had.
    base::Result<const Local *> secureLocal(const base::Address &address);
    /// A UDP port of a flow's own; `former` (nullptr: none) is not given again at once.
    base::Result<const Local *> flowPort(const base::Address &address, const Local *former);
    void release(const Local *flowPort);
    /// Nothing passes it any more, and neither end is told; see Tap::sever.
    bool sever(const Connection &connection) { return m_tap.sever(connection); }
    /// The library's end of a UDP port.
    tport_t *datagrams(const Local &local) const;
    /// Whom the certificate of a connection to `endpoint` has to name.
    void expect(const base::Endpoint &endpoint, const std::string &name);
    /// The last handshake with it; nullptr: there was none.
    std::shared_ptr<const TlsReport> tls(const base::Endpoint &endpoint) const;
    /// That one was refused, and not before a request was handed over at `begun`.
    bool tlsRefusedSince(const base::Endpoint &endpoint, base::Instant begun) const;
    /// A connection to it stands, and its TLS handshake is not over.
    bool handshaking(const base::Endpoint &endpoint) const;
    void setTls(const TlsOptions &tls); // see Engine::setTls()
    /// Called (later, on the loop) with every handshake that ended.
    void onTls(std::function<void(const TlsReport &)> told) { m_onTls = std::move(told); }
    /// The resolv.conf to use, empty: the system's.
    const std::string &resolverFile() const { return m_resolverFile; }
    /// The alert with which the peer ended a TLS connection; empty: none came.
    std::string tlsAlert(std::uint32_t connection) const;
    /// For what came on it the connection was closed by us; empty: it was not.
    std::string brokenBy(std::uint32_t connection) const;

    /// By which of our addresses and transports a request came.
    struct Arrival {
        base::Endpoint endpoint;
        base::Transport transport = base::Transport::Udp;
    };
    Arrival localFor(nta_incoming_t *request) const;

    /// The handler of requests outside dialogs, and of responses that fit no transaction.
    void serve(RequestHandler *requests, std::function<void(msg_t *, const sip_t &)> strays);
    /// The request was handed on without what nobody can read in it: it is to be answered 400.
    bool unreadable(const sip::Message &request) const { return m_unreadable.knows(request); }
    /// Bytes that leave as they are: an answer to them bears their Via and is not for the stack,
    /// unless they copy a request of ours whose own answer is still waited for.
    void lend(std::string_view request);
    /// Tells whether a Call-ID is that of a call of ours.
    void knowCalls(std::function<bool(std::string_view)> isCall) { m_isCall = std::move(isCall); }

    void tell(base::LocalEvent event, const base::Endpoint &source = {},
              const base::Endpoint &destination = {});
    /// `remote`: where the request went; unknown: wherever the last error was.
    LocalFailure explain(const Reply &reply, const std::string &target,
                         const base::Endpoint &remote = {});
    /// Of handshaking(): what it means.
    static std::string silentHandshake(const base::Endpoint &remote);
    /// What a socket met towards `remote` since then; nullopt: nothing. An ACK has no answer that
    /// would tell.
    std::optional<LocalFailure> met(const base::Endpoint &remote, base::Instant since);

    void observe(const std::string &registerCallId, WireObserver *observer);
    void forget(WireObserver *observer);
    /// Runs later on the loop, unless the agent is gone by then.
    void later(std::function<void()> what);

    // TapListener
    void packet(base::Packet packet) override;
    bool admits(std::string_view message, const Connection &connection) override;
    void sent(const Connection &connection, std::string_view bytes) override;
    void received(const Connection &connection) override;
    void keepAlive(const Connection &connection, bool ping) override;
    void refused(const Connection &connection, std::string_view why) override;
    void securing(ssl_st *ssl, const Connection &connection, bool weConnect) override;
    void secured(ssl_st *ssl, const Connection &connection, const Secured &end) override;
    void closed(const Connection &connection) override;
    void broken(const Connection &connection, const std::string &what) override;
    std::optional<std::string> instead(std::string_view message,
                                       const Connection &connection) override;
    bool stun(const Connection &connection, std::string_view bytes) override;
    void unreachable(const Connection &connection, int number) override;

private:
    Agent(SuLoop &loop, const Options &options, base::Inbox<base::Packet> &sink);
    base::Result<void> create();
    enum class Kind { Plain, Secure, Datagrams };
    bool bind(const std::string &ident, const base::Address &address, const std::string &port,
              Kind kind);
    void learnPorts(Local &local) const;
    base::Result<void> prepareTls();
    static int stray(Agent *self, nta_agent_t *agent, msg_t *message, sip_t *sip) noexcept;
    void sweep();
    std::vector<base::Endpoint> sentBy() const; // what our Vias name
    bool object(const Refusal &refusal, const Connection &connection);
    std::optional<std::string> leastOf(std::string_view request, const Connection &connection);
    void tellDrops();
    void noteLarge(const Connection &connection, std::string_view request);
    void bindObserver(const Connection &connection, std::string_view request);
    bool observed(const Connection &connection) const { return observerOf(connection) != nullptr; }
    WireObserver *observerOf(const Connection &connection) const;
    void tellObserver(const Connection &connection, std::function<void(WireObserver &)> what);
    /// Of what is remembered of peers and connections.
    template <class Map> static void keepSmall(Map &map)
    {
        while (map.size() > kMostKept)
            map.erase(map.begin());
    }
    static constexpr std::size_t kMostKept = 256;

    SuLoop &m_loop;
    const Options &m_options;
    base::Inbox<base::Packet> &m_sink;
    Tap m_tap;
    RateLimit m_rate;
    RateLimit m_streamRate{200}; // a whole edge may be at the other end
    RateLimit m_callRate{200};   // beyond that, within calls of ours
    Timer m_tellDrops;
    std::function<bool(std::string_view)> m_isCall;
    nta_agent_t *m_nta = nullptr;
    nta_leg_t *m_defaultLeg = nullptr;
    std::function<void(msg_t *, const sip_t &)> m_strays;
    std::deque<Local> m_locals; // stable addresses: sofia keeps pointers to the idents
    std::map<std::string, WireObserver *> m_byCallId;
    std::map<std::uint32_t, WireObserver *> m_byConnection;
    using Pair = std::pair<base::Endpoint, base::Endpoint>; // ours, theirs
    std::map<Pair, WireObserver *> m_byPair;                // UDP flows
    std::map<std::uint32_t, std::string> m_alerts; // of closed connections, at most kMostKept
    std::map<std::uint32_t, std::string> m_broken; // likewise
    Unreadable m_unreadable;                       // calls of which a request got 400 for its form
    bool m_objected = false;                       // to the request that came last, for its form
    std::deque<std::string> m_lent;                // top Vias of bytes that left as they are
    std::deque<std::string> m_largeTold; // the last few, so that a retransmission is not told again
    std::unique_ptr<Timer> m_sweep;
    std::unique_ptr<Workplace> m_place;
    std::string m_resolverFile;
    TlsJudge m_judge;
    bool m_tlsReady = false;
    std::map<base::Endpoint, std::string> m_expected; // at most kMostKept
    struct Handshake {
        base::Instant ended;
        std::shared_ptr<const TlsReport> report;
    };
    std::map<base::Endpoint, Handshake> m_secured;         // likewise
    std::map<std::uint32_t, base::Endpoint> m_handshaking; // by connection
    std::function<void(const TlsReport &)> m_onTls;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace engine
