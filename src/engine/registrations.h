// SPDX-License-Identifier: Apache-2.0
// Private to engine: the accounts and their RFC 5626 flows; which one a call takes, on which one a
// request came. Engine thread; owned by the switchboard.
#pragma once

#include <engine/call.h>
#include <engine/incoming_call.h>
#include <map>
#include <memory>
#include <vector>

namespace engine {

class FlowLink;

/// The flow an outgoing call of an account takes.
struct AccountRoute {
    Pin pin;
    std::string edge, contact, aor;
    std::uint32_t regId = 0;
    bool stream = true;
    Credentials credentials;
};

class Registrations
{
public:
    explicit Registrations(Env &env);
    ~Registrations();

    void add(AccountHandle handle, Account account);
    void remove(AccountHandle handle);
    void reRegister(AccountHandle handle, std::uint32_t regId);
    void cut(AccountHandle handle, std::uint32_t regId);
    void ping(AccountHandle handle, std::uint32_t regId);

    base::Result<AccountRoute> choose(AccountHandle handle) const;
    ArrivedBy arrivedBy(nta_incoming_t *request) const;
    std::string contactFor(nta_incoming_t *request) const;

    void shutDown();
    bool quiet() const;

private:
    struct Entry {
        Account account;
        std::vector<std::unique_ptr<FlowLink>> flows;
    };
    template <class Action> void each(AccountHandle handle, std::uint32_t regId, Action action);

    Env &m_env;
    std::map<AccountHandle, Entry> m_accounts;
    std::vector<std::unique_ptr<FlowLink>> m_leaving; // un-registering
};

} // namespace engine
