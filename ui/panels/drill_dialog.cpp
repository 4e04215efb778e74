// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/drill_dialog.h>

#include <base/text.h>
#include <QCheckBox>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kVerdictColumn = 3;

QString titleOf(engine::Drill what)
{
    switch (what) {
    case engine::Drill::Cut:
        return DrillDialog::tr("Drill: drop the connection");
    case engine::Drill::SwallowPongs:
        return DrillDialog::tr("Drill: swallow its pongs");
    case engine::Drill::Silence:
        return DrillDialog::tr("Drill: lose it without a word");
    case engine::Drill::ChangePort:
        break;
    }
    return DrillDialog::tr("Drill: change its source port");
}

} // namespace

DrillDialog::DrillDialog(Store &store, Theme &theme, FlowTarget target, engine::Drill what,
                         desk::DrillCalls::Phone phone, QWidget *parent)
    : SheetDialog(store, theme, target, QStringLiteral("drill"), parent), m_what(what),
      m_phone(std::move(phone))
{
    setWindowTitle(titleOf(what));
    setColumns(tr("Limits of RFC 5626 and what was measured"),
               {tr("What has to happen"), tr("Limit"), tr("Measured"), tr("Verdict"), tr("By")});
    connect(&store, &Store::ownCallChanged, this, &DrillDialog::follow);
    if (m_phone.place) {
        m_call = new QCheckBox(tr("&Time the proxy too, by calls to our own address"), this);
        m_call->setObjectName(QStringLiteral("drillCall"));
        addChoice(m_call);
        connect(m_call, &QCheckBox::toggled, this, &DrillDialog::display);
    }
    display();
}

const desk::AccountInfo *DrillDialog::account() const
{
    const auto at = store().accounts().find(target().account.value);
    return at == store().accounts().end() ? nullptr : &at->second;
}

void DrillDialog::follow(const desk::CallInfo &call, bool isNew)
{
    if (m_calls && running())
        m_calls->add(call, base::now());
    else if (m_sheet && !m_calls && isNew && call.incoming)
        m_sheet->incoming(base::now());
}

QString DrillDialog::consent(const base::FlowReport &flow) const
{
    auto text = shown(desk::drillConsent(m_what, flow));
    if (const auto *whose = account(); m_call != nullptr && m_call->isChecked() && whose != nullptr)
        text += QLatin1Char(' ') + shown(desk::drillCallsConsent(*whose, flow.regId));
    return text;
}

QString DrillDialog::unable() const
{
    return tr("This flow is not up, so there is nothing to break. Wait until it is up, or "
              "re-register it.");
}

void DrillDialog::begin(const base::FlowReport &flow)
{
    m_sheet.emplace(m_what, flow, base::now(), desk::DrillSheet::Terms{});
    Q_EMIT agreed(target().account, target().regId, m_what);
    if (const auto *whose = account();
        m_call != nullptr && m_call->isChecked() && whose != nullptr) {
        m_calls.emplace(m_phone, target().regId);
        m_calls->begin(*whose, base::now());
    }
}

void DrillDialog::look(const base::FlowReport *flow)
{
    if (flow != nullptr)
        m_sheet->add(*flow);
    const auto *whose = account();
    if (m_calls && whose != nullptr)
        m_calls->look(*whose, base::now(), *m_sheet);
    const bool waits =
        m_sheet->over() ? m_calls && !m_calls->over() : base::now() < m_sheet->latest();
    if (flow != nullptr && whose != nullptr && waits)
        return;
    setRunning(false);
    if (m_calls)
        m_calls->stop();
}

std::vector<SheetDialog::Line> DrillDialog::lines() const
{
    std::vector<Line> out;
    for (const desk::DrillLine &line : m_sheet->lines())
        out.push_back({{shown(line.what), shown(desk::limitText(line)),
                        line.measured ? tr("%1 s").arg(shown(base::seconds(*line.measured)))
                                      : QStringLiteral("-"),
                        shown(desk::drillVerdictText(line.verdict)), shown(line.section)},
                       kVerdictColumn,
                       roleOf(line.verdict)});
    return out;
}

SheetDialog::Verdict DrillDialog::verdict() const
{
    if (running())
        return {tr("The drill is going on; the ladder shows it as well.")};
    if (flow() == nullptr && !m_sheet->over())
        return {tr("The account was removed, so the drill ended before the flow was back."),
                ladder::Role::ServerError};
    return {shown(m_sheet->conclusion()), roleOf(m_sheet->verdict())};
}

} // namespace ui
