// SPDX-License-Identifier: Apache-2.0
// Private to engine: one flow of one account on the wire. Does what the flow keeper says: REGISTERs
// on a connection (or a UDP port) of its own, keeps it alive, notices its end. Engine thread; owned
// by the registrations.
#pragma once

#include <engine/call.h>
#include <engine/digest.h>
#include <engine/flow_keeper.h>
#include <engine/register_result.h>
#include <engine/target.h>
#include <engine/transaction.h>
#include <random>

namespace engine {

class FlowLink final : public WireObserver
{
public:
    struct Identity {
        AccountHandle account;
        std::uint32_t regId = 1;
        std::string aor;      // checked
        std::string edge;     // checked, with transport; empty: straight to the AOR's domain
        std::string instance; // urn:uuid:...
        Wanted wanted;        // where the edge is
        Credentials credentials;
        base::Duration expires;
        bool keepAlive = false, gruu = false, plainAfter439 = false;
    };

    /// `listed`: reg-ids that a 2xx tells to be bound.
    FlowLink(Env &env, Identity identity, std::function<bool()> othersUp,
             std::function<void(const std::vector<std::uint32_t> &listed)> listed);
    ~FlowLink() override;
    FlowLink(const FlowLink &) = delete;
    FlowLink &operator=(const FlowLink &) = delete;

    void start();
    void reRegister();
    void ping();
    void disowned(const std::string &why, bool named);
    void unlisted(const std::string &why);
    bool registered() const { return m_keeper.registered(); }
    /// An address may have gone from this computer, and with it what came from there.
    void addressesChanged();
    void networkReturned();
    void leaveAlone(base::Duration silence);
    void drill(Drill what);
    void stop();  // un-registers
    void leave(); // the same, without the time for an answer to the REGISTER before
    bool stopped() const { return m_keeper.stopped(); }
    /// A 2xx to a REGISTER; it may be of another flow, or awaited and told by its transaction too.
    void answeredLate(const sip::Message &response);
    /// A TLS handshake with somebody ended.
    void secured(const TlsReport &report);

    bool carries(tport_t *transport) const;
    Pin pin() const { return Pin(m_transport); }
    const Identity &identity() const { return m_identity; }
    /// What the edge asked credentials for.
    std::vector<AskedRealm> asked() const { return m_digest.asked(); }
    /// The edge's address in use; nullopt: none yet.
    const std::optional<Hop> &hop() const { return m_hop; }
    const Local *local() const { return m_local; }
    bool stream() const { return m_transportKind != base::Transport::Udp; }
    std::string contact(bool dialog) const; // a Contact value; for dialogs with ob or as a GRUU
    const base::FlowReport &report() const { return m_keeper.report(); }
    std::uint32_t regId() const { return m_identity.regId; }

    // WireObserver
    void onBound(const Connection &connection) override;
    void onBytes(base::Instant time) override;
    void onSent() override;
    void onKeepAlive(bool ping, base::Instant time) override;
    void onStun(const std::string &bytes, base::Instant time) override;
    void onUnreachable(int number) override;

private:
    static void died(tp_stack_t *stack, FlowLink *self, tport_t *transport, msg_t *message,
                     int error) noexcept;
    base::Instant now();
    void changed();
    void act();     // carries out what the keeper wants and sets the timer
    void actSoon(); // the same, but not from inside a sofia callback
    void connect();
    void located(base::Result<std::vector<Hop>> hops);
    void tryHop(); // the first of m_hops that there is a way to
    void giveUpHops();
    void noteNextHop(const std::string &why);
    base::Result<const Local *> localFor(const Hop &hop);
    base::Result<const Local *> portFor(const base::Address &address);
    bool nextHop(const RegisterResult &result);
    Pin ownWay() const;
    void sendRegister(bool remove);
    std::string routeLine() const;
    std::string contactUri(bool dialog) const;
    std::string registerHeaders(bool remove);
    std::string contactLines(std::int64_t expires);
    void bound(const RegisterResult &result);
    void replied(const Reply &reply, bool remove, std::uint32_t attempt);
    bool authenticate(const Reply &reply, bool remove, RegisterResult &result);
    RegisterResult resultOf(const Reply &reply) const;
    RegisterResult read(const sip::Message &response) const;
    void untaken(); // by the library
    void adopt(tport_t *transport);
    void drop(bool close);
    void abandon();
    std::string endText(int error) const;
    void sendPing(bool again);
    bool sendRaw(std::string_view bytes);

    Env &m_env;
    Identity m_identity;
    FlowKeeper m_keeper;
    std::function<void(const std::vector<std::uint32_t> &)> m_listed;
    DigestClient m_digest;
    std::string m_callId, m_fromTag;
    std::uint32_t m_cseq = 0;
    std::vector<Hop> m_hops;  // still to be tried in this attempt
    std::optional<Hop> m_hop; // in use
    base::Transport m_transportKind = base::Transport::Tcp;
    const Local *m_local = nullptr;
    Connection m_connection; // as the tap saw it
    nta_leg_t *m_leg = nullptr;
    std::unique_ptr<Transaction> m_register, m_former;
    int m_provisional = 0;  // the last 1xx to the REGISTER under way
    bool m_unheard = false; // the newest REGISTER ended without an answer
    tport_t *m_transport = nullptr;
    int m_pending = 0;                              // tport_pend's ticket
    std::string m_ping, m_pingKey;                  // the STUN request that waits
    std::shared_ptr<const base::FlowReport> m_told; // the newest one that is a row
    bool m_deaf = false;                            // a drill swallows the pongs
    bool m_portFailed = false;                      // the flow over m_local is no more
    bool m_outbound = false;                        // the newest 2xx granted it
    std::string m_boundAs;                          // Contact of the newest 2xx, if it did not
    std::vector<std::string> m_stale; // Contacts before it that the registrar may still hold
    std::string m_tls;                // of the connection
    bool m_tlsVerified = false;
    base::Instant m_wall; // when now() was asked last, by both clocks
    base::Duration m_steady{0};
    std::uint32_t m_attempt = 0;   // answers to REGISTERs of an earlier one mean nothing any more
    Timer m_timer, m_soon, m_next; // m_next: the next of m_hops
    std::mt19937 m_random{std::random_device{}()};
    std::uint32_t m_round = 0; // of look-ups
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

} // namespace engine
