// SPDX-License-Identifier: Apache-2.0
// Private to engine: one flow of one account on the wire. Does what the flow keeper says: REGISTERs
// on a connection of its own, pings it, notices its end. Engine thread; owned by the registrations.
#pragma once

#include <engine/call.h>
#include <engine/digest.h>
#include <engine/flow_keeper.h>
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
        base::Transport transport = base::Transport::Tcp;
        Credentials credentials;
        base::Duration expires;
        const Local *local = nullptr;
    };

    FlowLink(Env &env, Identity identity, std::function<bool()> othersUp);
    ~FlowLink() override;
    FlowLink(const FlowLink &) = delete;
    FlowLink &operator=(const FlowLink &) = delete;

    void start();
    void reRegister();
    void ping();
    void cut();  // closes without a word
    void stop(); // un-registers
    bool stopped() const { return m_keeper.stopped(); }

    bool carries(tport_t *transport) const
    {
        return m_transport != nullptr && transport == m_transport;
    }
    Pin pin() const { return Pin(m_transport); }
    const Identity &identity() const { return m_identity; }
    std::string contact(bool outboundCall) const; // a Contact value; with ob for dialogs
    const base::FlowReport &report() const { return m_keeper.report(); }
    std::uint32_t regId() const { return m_identity.regId; }

    // WireObserver
    void onBound(const Connection &connection) override;
    void onBytes(base::Instant time) override;
    void onKeepAlive(bool ping, base::Instant time) override;

private:
    static void died(tp_stack_t *stack, FlowLink *self, tport_t *transport, msg_t *message,
                     int error) noexcept;
    void changed();
    void act();     // carries out what the keeper wants and sets the timer
    void actSoon(); // the same, but not from inside a sofia callback
    void sendRegister(bool fresh, bool remove);
    std::string routeLine() const;
    std::string registerHeaders(bool remove);
    void replied(const Reply &reply, bool remove);
    bool authenticate(const Reply &reply, bool remove, RegisterResult &result);
    RegisterResult resultOf(const Reply &reply) const;
    void adopt(tport_t *transport);
    void drop(bool close);
    void sendRaw(std::string_view bytes);

    Env &m_env;
    Identity m_identity;
    FlowKeeper m_keeper;
    DigestClient m_digest;
    std::string m_callId, m_fromTag;
    std::uint32_t m_cseq = 0;
    base::Endpoint m_localEnd, m_remoteEnd;
    nta_leg_t *m_leg = nullptr;
    std::unique_ptr<Transaction> m_register, m_former;
    tport_t *m_transport = nullptr;
    int m_pending = 0; // tport_pend's ticket
    Timer m_timer, m_soon;
    std::mt19937 m_random{std::random_device{}()};
};

} // namespace engine
