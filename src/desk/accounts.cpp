// SPDX-License-Identifier: Apache-2.0
#include <desk/accounts.h>

#include <algorithm>

namespace desk {
namespace {

constexpr auto kFarewell = std::chrono::seconds(5); // a registrar that never answers is not awaited

bool allOff(const AccountInfo &info)
{
    return std::all_of(info.flows.begin(), info.flows.end(), [](const auto &each) {
        return each.second.state == base::FlowState::Off ||
               each.second.state == base::FlowState::Rejected;
    });
}

/// Over any flow: since the last moment when none was there, or until the last one was lost.
void judgeReach(AccountInfo &info)
{
    bool reachable = false;
    base::Instant first, last;
    for (const auto &[regId, flow] : info.flows) {
        last = std::max(last, flow.reachableUntil);
        if (!flow.reachableSince.known())
            continue;
        first = reachable ? std::min(first, flow.reachableSince) : flow.reachableSince;
        reachable = true;
    }
    if (reachable && !info.reachableSince.known()) {
        info.reachableSince = first;
    } else if (!reachable && info.reachableSince.known()) {
        info.reachableSince = {};
        info.reachableUntil = last;
    }
}

} // namespace

base::Result<engine::AccountHandle> Accounts::add(engine::Account account, bool answer,
                                                  std::vector<std::string> answerOnly)
{
    if (!m_parts.engine)
        return base::fail(base::ErrorCode::Internal,
                          "The SIP engine is not running, so no account can register.");
    AccountInfo info;
    info.account = account;
    info.account.credentials.password.clear();
    info.answer = answer;
    info.answerOnly = std::move(answerOnly);
    // Under the lock, so that whoever reads accounts() never misses one that has flows already.
    std::lock_guard guard(m_parts.mutex);
    info.handle = m_parts.engine->addAccount(std::move(account));
    m_parts.accounts[info.handle] = info;
    return info.handle;
}

void Accounts::remove(engine::AccountHandle handle)
{
    if (!m_parts.engine)
        return;
    AccountInfo copy;
    {
        std::lock_guard guard(m_parts.mutex);
        const auto at = m_parts.accounts.find(handle);
        if (at == m_parts.accounts.end() || at->second.leaving)
            return;
        at->second.leaving = true;
        copy = at->second;
    }
    if (m_parts.observer.account)
        m_parts.observer.account(copy);
    m_parts.engine->removeAccount(handle);
    m_parts.worker.postIn(kFarewell, [this, handle] { forget(handle); });
}

void Accounts::apply(const engine::FlowEvent &event)
{
    AccountInfo copy;
    {
        std::lock_guard guard(m_parts.mutex);
        const auto at = m_parts.accounts.find(event.account);
        if (at == m_parts.accounts.end())
            return; // given up by now
        at->second.flows[event.report.regId] = event.report;
        judgeReach(at->second);
        copy = at->second;
        if (copy.leaving && allOff(copy))
            m_parts.accounts.erase(at);
    }
    m_parts.name(event.report.local, userOf(event.report.aor));
    if (m_parts.observer.account)
        m_parts.observer.account(copy);
}

bool Accounts::gone(engine::AccountHandle handle) const
{
    std::lock_guard guard(m_parts.mutex);
    return !m_parts.accounts.contains(handle);
}

void Accounts::forget(engine::AccountHandle handle)
{
    std::lock_guard guard(m_parts.mutex);
    m_parts.accounts.erase(handle);
}

} // namespace desk
