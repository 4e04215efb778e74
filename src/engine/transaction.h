// SPDX-License-Identifier: Apache-2.0
// Private to engine: one client transaction (or an ACK). Owns the nta_outgoing_t; destroying it
// lets sofia finish quietly. Engine thread only.
#pragma once

#include <base/time.h>
#include <engine/received.h>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace engine {

struct Reply {
    int status = 0;
    std::string phrase;
    bool local = false;         // made up by our own stack
    bool unsent = false;        // local: its request never left this computer
    bool connected = false;     // local: it left over a connection
    base::Instant begun;        // when its request was handed over
    const sip_t *sip = nullptr; // nullptr for some local ones
    const Received *received = nullptr;
    const sip::Message &message() const { return received->message; }
};

struct RequestSpec {
    nta_leg_t *leg = nullptr;
    const char *method = "OPTIONS"; // a literal
    std::string uri;                // Request-URI; empty: the leg's target
    std::string route;              // where to send it; empty: by Route or Request-URI
    std::string headers;            // lines that end in CRLF
    std::string contentType, body;
    tport_t *transport = nullptr; // pinned to this connection
    const char *ident = nullptr;  // of the local transport; outlives the transaction
    bool fresh = false;           // on a connection of its own
    std::string branch;           // CANCEL: the INVITE's
    bool ownVia = false;          // `headers` begin the Via; the library completes it
};

/// The challenges of a 401 or 407; they live as long as the reply.
std::vector<std::string_view> challengesOf(const Reply &reply);

class Transaction
{
public:
    using Handler = std::function<void(const Reply &)>;

    /// nullptr: sofia did not take it (its reason is in the log). ACKs get no reply.
    static std::unique_ptr<Transaction> start(const RequestSpec &spec, Handler handler);
    /// Nobody waits for it any more: of a request that did not leave yet nothing leaves. Not so
    /// ACK, BYE and CANCEL, which end what has begun however late they come.
    ~Transaction();
    Transaction(const Transaction &) = delete;
    Transaction &operator=(const Transaction &) = delete;

    bool finished() const { return m_finished; }
    /// False: it waits for its connection.
    bool left() const;
    /// As the destructor does; its handler is not called any more. Not from within the handler.
    void giveUp();
    std::string branch() const;
    std::uint32_t cseq() const { return nta_outgoing_cseq(m_outgoing); }
    /// A reference for the caller, to be given back with tport_unref; nullptr before it is known.
    tport_t *transport() const { return nta_outgoing_transport(m_outgoing); }

private:
    Transaction() = default;
    static int replied(Transaction *self, nta_outgoing_t *outgoing, const sip_t *sip) noexcept;
    void recall();
    bool overConnection() const;

    nta_outgoing_t *m_outgoing = nullptr;
    Handler m_handler;
    base::Instant m_begun = base::now();
    const char *m_method = "";
    std::string m_branch;
    int m_status = 0; // the newest
    bool m_finished = false, m_pinned = false, m_recalled = false;
};

/// Transactions that end by themselves; finished ones are swept when the next one starts.
class TransactionPool
{
public:
    bool start(const RequestSpec &spec, Transaction::Handler handler);
    bool busy() const;

private:
    std::vector<std::unique_ptr<Transaction>> m_running;
};

} // namespace engine
