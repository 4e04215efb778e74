// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/idle_dialog.h>

#include <base/text.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kEndColumn = 2;

QString secondsText(base::Duration time)
{
    return IdleDialog::tr("%1 s").arg(shown(base::seconds(time, 1)));
}

} // namespace

IdleDialog::IdleDialog(Store &store, Theme &theme, FlowTarget target,
                       desk::IdleSearch::Limits limits, QWidget *parent)
    : SheetDialog(store, theme, target, QStringLiteral("idle"), parent), m_limits(limits)
{
    setWindowTitle(tr("How long a silence this flow survives"));
    setColumns(tr("Silences that were tried, and the bracket after each"),
               {tr("Why"), tr("Silence"), tr("Then"), tr("Survives"), tr("Is lost after")});
    connect(this, &QDialog::finished, this, [this] {
        if (m_search && m_search->holds())
            resume();
    });
    display();
}

void IdleDialog::resume()
{
    Q_EMIT leaveAloneWanted(target().account, target().regId, {});
}

QString IdleDialog::consent(const base::FlowReport &flow) const
{
    return shown(desk::idleConsent(flow, m_limits));
}

QString IdleDialog::unable() const
{
    return tr("This flow is not up, so its silence would prove nothing. Wait until it is up, or "
              "re-register it.");
}

void IdleDialog::begin(const base::FlowReport &flow)
{
    m_search.emplace(flow, base::now(), m_limits, desk::DrillSheet::Terms{});
}

void IdleDialog::look(const base::FlowReport *flow)
{
    if (flow == nullptr)
        return setRunning(false);
    m_search->add(*flow);
    const auto act = m_search->next(base::now());
    if (act == desk::IdleSearch::Act::LeaveAlone)
        Q_EMIT leaveAloneWanted(target().account, target().regId, m_search->silence());
    else if (act == desk::IdleSearch::Act::Register)
        Q_EMIT reRegisterWanted(target().account, target().regId);
    else if (act == desk::IdleSearch::Act::Resume)
        resume();
    if (m_search->over())
        setRunning(false);
}

std::vector<SheetDialog::Line> IdleDialog::lines() const
{
    std::vector<Line> out;
    for (const desk::IdleStep &step : m_search->steps())
        out.push_back({{shown(step.reason), secondsText(step.silence),
                        shown(desk::idleEndText(step.end)), secondsText(step.survived),
                        step.fatal ? secondsText(*step.fatal) : QStringLiteral("?")},
                       kEndColumn,
                       step.end == desk::IdleEnd::Answered ? ladder::Role::Success
                                                           : ladder::Role::ServerError});
    return out;
}

SheetDialog::Verdict IdleDialog::verdict() const
{
    if (running())
        return {m_search->measuring()
                    ? tr("Silent for %1 s, then one keep-alive; close this to stop.")
                          .arg(shown(base::seconds(m_search->silence(), 1)))
                    : tr("The flow has to be up again before the next silence.")};
    if (flow() == nullptr && !m_search->over())
        return {tr("The account was removed, so the search ended early."),
                ladder::Role::ServerError};
    return {shown(m_search->conclusion()), roleOf(m_search->verdict())};
}

} // namespace ui
