// SPDX-License-Identifier: Apache-2.0
// Desk's calls for flows of ours, and what others' 430s mean for them.
#include <desk/impl.h>

namespace desk {

void Desk::reRegister(engine::AccountHandle account, std::uint32_t regId)
{
    withEngine([=](engine::Engine &engine) { engine.reRegister(account, regId); });
}

void Desk::ping(engine::AccountHandle account, std::uint32_t regId)
{
    withEngine([=](engine::Engine &engine) { engine.ping(account, regId); });
}

void Desk::leaveAlone(engine::AccountHandle account, std::uint32_t regId, base::Duration silence)
{
    withEngine([=](engine::Engine &engine) { engine.leaveAlone(account, regId, silence); });
}

void Desk::drill(engine::AccountHandle account, std::uint32_t regId, engine::Drill what)
{
    withEngine([=](engine::Engine &engine) { engine.drill(account, regId, what); });
}

Accounts430 Desk::Impl::accountsNow() const
{
    std::lock_guard guard(parts.mutex);
    return parts.accounts;
}

/// On the analysis thread.
void Desk::Impl::doubtOurs(const session::Update &update)
{
    if (!update.flowsChanged)
        return;
    const auto known = accountsNow();
    if (known.empty())
        return;
    for (auto &each : disowned.ofFlows(update.flows, known, parts.session->trace()))
        parts.worker.post([this, each = std::move(each)] {
            if (parts.engine)
                parts.engine->disowned(each.account, each.regId, each.why, each.named);
        });
}

/// On the worker, before the call is told to be over.
void Desk::Impl::doubt(const engine::CallEvent &event)
{
    const auto options = calls.optionsOf(event.call);
    if (!options || !parts.engine)
        return;
    for (const auto &each : doubtsOf(event, *options, accountsNow()))
        parts.engine->disowned(each.account, each.regId, each.why, each.named);
}

} // namespace desk
