// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/self_call_dialog.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <ui/text.h>
#include <utility>

namespace ui {
namespace {

QString stageText(const desk::CallInfo &call)
{
    if (call.status != 0)
        return QStringLiteral("%1 %2").arg(call.status).arg(shown(call.phrase));
    return desk::isOver(call) ? SelfCallDialog::tr("ended")
                              : SelfCallDialog::tr("the INVITE is on its way");
}

} // namespace

SelfCallDialog::SelfCallDialog(Store &store, Theme &theme, FlowTarget target, Phone phone,
                               QWidget *parent)
    : SheetDialog(store, theme, target, QStringLiteral("selfCall"), parent),
      m_phone(std::move(phone))
{
    setWindowTitle(tr("Call our own address"));
    setColumns(tr("Our own call, and what came in"), {tr("What"), tr("Seen")});
    connect(&store, &Store::ownCallChanged, this, &SelfCallDialog::follow);
    display();
}

/// A call that nobody looks at any more is not left ringing.
SelfCallDialog::~SelfCallDialog()
{
    hangUp();
}

const desk::AccountInfo *SelfCallDialog::account() const
{
    const auto at = store().accounts().find(target().account.value);
    return at == store().accounts().end() ? nullptr : &at->second;
}

QString SelfCallDialog::consent(const base::FlowReport &flow) const
{
    return shown(desk::SelfCall::consent(flow.aor));
}

QString SelfCallDialog::unable() const
{
    return tr("This account is not registered over this flow, so no call can come in. Wait until "
              "it is up, or re-register it.");
}

void SelfCallDialog::begin(const base::FlowReport &)
{
    const auto *from = account();
    m_call.emplace(from != nullptr ? *from : desk::AccountInfo{}, base::now(), target().regId);
    m_own = from != nullptr ? m_phone.place(m_call->options(*from)) : engine::CallHandle{};
    m_stage = m_own.valid() ? tr("the INVITE is on its way") : tr("not placed");
    if (!m_own.valid())
        setRunning(false);
}

void SelfCallDialog::follow(const desk::CallInfo &call)
{
    if (!m_call || !running())
        return;
    if (call.handle == m_own)
        m_stage = stageText(call);
    m_call->add(call, m_own, base::now());
    look(flow());
    display();
}

void SelfCallDialog::look(const base::FlowReport *)
{
    if (account() != nullptr && !m_call->over(base::now()))
        return;
    setRunning(false);
    hangUp();
}

void SelfCallDialog::hangUp()
{
    if (const auto own = std::exchange(m_own, {}); own.valid())
        m_phone.hangUp(own);
}

std::vector<SheetDialog::Line> SelfCallDialog::lines() const
{
    return {{{tr("Our own call"), m_stage}},
            {{tr("It comes in again here"), !m_call->reached() ? tr("not seen")
                                            : m_call->cameBy() == 0
                                                ? tr("after %1 s, over none of our flows")
                                                      .arg(shown(base::seconds(m_call->took(), 3)))
                                                : tr("after %1 s, over flow %2")
                                                      .arg(shown(base::seconds(m_call->took(), 3)))
                                                      .arg(m_call->cameBy())},
             1,
             m_call->reached() ? ladder::Role::Success : ladder::Role::Muted}};
}

std::string SelfCallDialog::conclusion() const
{
    const auto *now = account();
    const bool registered =
        now != nullptr && std::any_of(now->flows.begin(), now->flows.end(), [](const auto &each) {
            return base::isUp(each.second.state);
        });
    return fmt::format("{}: {}", m_call->reached() ? "PASS" : "FAIL",
                       m_call->conclusion(registered, now == nullptr));
}

SheetDialog::Verdict SelfCallDialog::verdict() const
{
    if (running())
        return {tr("Waiting for the call to come in, %1 s at most; the ladder shows it as well.")
                    .arg(shown(base::seconds(desk::SelfCall::kLimit, 0)))};
    return {shown(conclusion()),
            m_call->reached() ? ladder::Role::Success : ladder::Role::ServerError};
}

std::string SelfCallDialog::table() const
{
    return "Call to ourselves: " + conclusion() + "\n";
}

} // namespace ui
