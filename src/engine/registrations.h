// SPDX-License-Identifier: Apache-2.0
// Private to engine: the accounts and their RFC 5626 flows; which one a call takes, on which one a
// request came. Engine thread; owned by the switchboard.
#pragma once

#include <engine/call.h>
#include <engine/incoming_call.h>
#include <engine/network_watch.h>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace engine {

class FlowLink;

/// The flow an outgoing call of an account takes.
struct AccountRoute {
    Pin pin;
    std::string edge, contact, aor;
    std::vector<std::string> routes; // Service-Route of the registration (RFC 3608)
    std::uint32_t regId = 0;
    bool stream = true;
    const Local *local = nullptr; // of a UDP flow: its own port
    std::optional<Hop> hop;       // likewise: its edge
    Credentials credentials;
    std::vector<AskedRealm> asked; // of any of its flows' REGISTERs
};

class Registrations
{
public:
    explicit Registrations(Env &env);
    ~Registrations();

    /// Registers at once, or when a former account of the same address has said goodbye: it may
    /// have the same bindings.
    void add(AccountHandle handle, Account account);
    /// It will be removed soon.
    void part(AccountHandle handle);
    void remove(AccountHandle handle);
    void reRegister(AccountHandle handle, std::uint32_t regId);
    void drill(AccountHandle handle, std::uint32_t regId, Drill what);
    void ping(AccountHandle handle, std::uint32_t regId);
    void disowned(AccountHandle handle, std::uint32_t regId, const std::string &why, bool named);
    void leaveAlone(AccountHandle handle, std::uint32_t regId, base::Duration silence);

    void secured(const TlsReport &report);
    void stray(const sip::Message &response); // to a REGISTER
    void networkReturned();
    void addressesChanged();

    /// The best flow, but none of `tried`; with `wanted` that one or none. Errors: none is up.
    base::Result<AccountRoute> choose(AccountHandle handle,
                                      const std::vector<std::uint32_t> &tried = {},
                                      std::uint32_t wanted = 0) const;
    /// `from`: whoever sent it. Only from the flow's edge it brings rights to the credentials.
    ArrivedBy arrivedBy(nta_incoming_t *request, const base::Endpoint &from) const;
    std::string contactFor(nta_incoming_t *request) const;

    void shutDown();
    /// Takes back what was not answered yet.
    void leave();
    bool empty() const { return m_accounts.empty(); }
    bool quiet() const;

private:
    void reject(AccountHandle handle, const Account &account, std::uint32_t regId,
                const base::Error &error);
    struct Entry {
        Account account;
        std::vector<std::unique_ptr<FlowLink>> flows;
        std::set<std::pair<std::uint32_t, std::uint32_t>> listed; // whose 2xx has listed whom
        bool parting = false;
        std::optional<base::Duration> waits; // for a former account, until then (since boot)
    };
    void arrive(Entry &entry);
    void arrive();
    bool isParting(const std::string &aor) const;
    void heardOf(AccountHandle handle, std::uint32_t regId,
                 const std::vector<std::uint32_t> &listed);
    template <class Action> void each(AccountHandle handle, std::uint32_t regId, Action action);

    Env &m_env;
    NetworkWatch m_network;
    std::map<AccountHandle, Entry> m_accounts;
    std::vector<std::unique_ptr<FlowLink>> m_leaving; // un-registering
    Timer m_arrive;
};

} // namespace engine
