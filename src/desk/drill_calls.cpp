// SPDX-License-Identifier: Apache-2.0
#include <desk/drill_calls.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <utility>

namespace desk {
namespace {

bool anotherUp(const AccountInfo &account, std::uint32_t regId)
{
    return std::any_of(account.flows.begin(), account.flows.end(), [&](const auto &each) {
        return each.first != regId && base::isUp(each.second.state);
    });
}

} // namespace

std::string drillCallsConsent(const AccountInfo &account, std::uint32_t regId)
{
    return fmt::format("{} is called {}; every device that is registered there rings.",
                       base::printable(account.account.aor),
                       anotherUp(account, regId)
                           ? "at once and again when the flow is back, to time the proxy"
                           : "when the flow is back (meanwhile no other flow is up to call by)");
}

void DrillCalls::place(const AccountInfo &account, base::Instant now)
{
    m_last = {};
    m_call.emplace(account, now, m_regId);
    m_own = m_phone.place(m_call->options(account));
    if (!m_own.valid())
        m_call.reset();
}

void DrillCalls::begin(const AccountInfo &account, base::Instant now)
{
    if (anotherUp(account, m_regId))
        place(account, now);
}

void DrillCalls::add(const CallInfo &info, base::Instant now)
{
    if (!m_call)
        return;
    if (info.handle == m_own)
        m_last = info;
    m_call->add(info, m_own, now);
}

void DrillCalls::look(const AccountInfo &account, base::Instant now, DrillSheet &sheet)
{
    if (m_call && m_call->over(now)) {
        DrillSheet::Call told;
        told.after = m_after;
        told.left = m_call->left();
        told.cameBy = m_call->cameBy();
        told.refusal = m_call->reached() ? std::string()
                       : m_last.status >= 300
                           ? fmt::format("{} {}", m_last.status, base::printable(m_last.phrase))
                           : std::string("no call came in");
        if (m_call->reached())
            told.took = m_call->took();
        sheet.called(told);
        stop();
    }
    if (!m_call && !m_after && sheet.over()) {
        m_after = true;
        if (sheet.back())
            place(account, now);
    }
}

void DrillCalls::stop()
{
    m_call.reset();
    if (const auto own = std::exchange(m_own, {}); own.valid())
        m_phone.hangUp(own);
}

} // namespace desk
