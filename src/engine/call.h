// SPDX-License-Identifier: Apache-2.0
// Private to engine: what the outgoing and the incoming call have in common. Engine thread; owned
// by the switchboard.
#pragma once

#include <engine/agent.h>
#include <engine/engine.h>
#include <engine/locator.h>

namespace engine {

/// What every part of the engine needs; lives as long as the engine.
struct Env {
    SuLoop &loop;
    const Options &options;
    Agent &agent;
    Listener &listener;
    Locator &locator;
};

/// A connection a call is bound to; holds its own reference.
class Pin
{
public:
    Pin() = default;
    explicit Pin(tport_t *transport)
        : m_transport(transport != nullptr ? tport_ref(transport) : nullptr)
    {
    }
    Pin(const Pin &other) : Pin(other.m_transport) {}
    Pin &operator=(Pin other)
    {
        std::swap(m_transport, other.m_transport);
        return *this;
    }
    ~Pin()
    {
        if (m_transport != nullptr)
            tport_unref(m_transport);
    }
    /// nullptr when there is none or it is closed by now.
    tport_t *usable() const
    {
        return m_transport != nullptr && tport_is_clear_to_send(m_transport) != 0 ? m_transport
                                                                                  : nullptr;
    }

private:
    tport_t *m_transport = nullptr;
};

class Call : public RequestHandler
{
public:
    virtual void hangUp() = 0;
    virtual void shutDown() = 0; // like hangUp, when the program ends
    virtual void ring(int, const std::string &, bool) {}
    virtual void answer(const std::string &) {}
    virtual void mayAnswer(const std::string &) {}
    virtual void decline(int) {}
    virtual void redirect(const std::string &) {}
    virtual void hold(bool, bool) {}
    virtual void sendInfo(const std::string &, const std::string &) {}
    /// `trusted`: no number in it is asked about, for it is of a dialog that stands.
    virtual void transfer(const std::string & /*target*/, bool /*trusted*/) {}
    /// "sip:bob@host?Replaces=...": for the Refer-To of an attended transfer; empty: no dialog yet.
    virtual std::string replacing() const { return {}; }
    virtual void stray(const Reply &) {}
    virtual void secured(const TlsReport &) {} // a handshake with somebody ended
    virtual const std::string &callId() const = 0;
    virtual AccountHandle account() const = 0; // over whose flows it goes; invalid: over none
    /// Nothing of it is on the wire any more, nothing is owed.
    virtual bool quiet() const = 0;
    /// Can be deleted (a while after its end, so that retransmissions still find it).
    virtual bool over() const = 0;
};

} // namespace engine
