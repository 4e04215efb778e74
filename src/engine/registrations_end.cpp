// SPDX-License-Identifier: Apache-2.0
// How accounts go, and come again while they go.
#include <engine/registrations.h>

#include <algorithm>
#include <base/text.h>
#include <engine/flow_link.h>

namespace engine {

namespace {

/// For the goodbye of a former account: its calls' last words, then the answers to its
/// un-REGISTERs.
constexpr auto kLongestGoodbye = std::chrono::seconds(3);

} // namespace

void Registrations::arrive(Entry &entry)
{
    entry.waits = sinceBoot() + kLongestGoodbye;
    arrive();
}

/// Has an account of this address not said goodbye yet? Its un-REGISTER behind the new account's
/// REGISTER would take that binding away: it has the same instance and reg-id (RFC 5626 section 6),
/// or the same Contact.
bool Registrations::isParting(const std::string &aor) const
{
    const auto same = [&](const auto &flow) {
        return base::equalsNoCase(flow->identity().aor, aor) && !flow->stopped();
    };
    return std::any_of(m_leaving.begin(), m_leaving.end(), same) ||
           std::any_of(m_accounts.begin(), m_accounts.end(), [&](const auto &each) {
               const auto &flows = each.second.flows;
               return each.second.parting && std::any_of(flows.begin(), flows.end(), same);
           });
}

void Registrations::arrive()
{
    bool more = false;
    for (auto &[handle, entry] : m_accounts) {
        if (!entry.waits || entry.parting)
            continue;
        const bool early = sinceBoot() < *entry.waits && !entry.flows.empty() &&
                           isParting(entry.flows.front()->identity().aor);
        more = more || early;
        if (early)
            continue;
        entry.waits.reset();
        // An un-REGISTER that nobody answers is not repeated from now on.
        std::erase_if(m_leaving, [&entry = entry](const auto &flow) {
            return !entry.flows.empty() &&
                   base::equalsNoCase(flow->identity().aor, entry.flows.front()->identity().aor);
        });
        for (auto &flow : entry.flows)
            flow->start();
    }
    if (more)
        m_arrive.start(std::chrono::milliseconds(5), [this] { arrive(); });
}

void Registrations::part(AccountHandle handle)
{
    if (const auto found = m_accounts.find(handle); found != m_accounts.end())
        found->second.parting = true;
}

void Registrations::remove(AccountHandle handle)
{
    const auto found = m_accounts.find(handle);
    if (found == m_accounts.end())
        return;
    std::erase_if(m_leaving, [](const auto &flow) { return flow->stopped(); });
    for (auto &flow : found->second.flows) {
        flow->stop();
        m_leaving.push_back(std::move(flow));
    }
    m_accounts.erase(found);
}

void Registrations::shutDown()
{
    while (!m_accounts.empty())
        remove(m_accounts.begin()->first);
}

void Registrations::leave()
{
    for (const auto &flow : m_leaving)
        flow->leave();
}

bool Registrations::quiet() const
{
    return m_accounts.empty() && std::all_of(m_leaving.begin(), m_leaving.end(),
                                             [](const auto &flow) { return flow->stopped(); });
}

} // namespace engine
