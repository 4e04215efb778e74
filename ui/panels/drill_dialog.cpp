// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/drill_dialog.h>

#include <base/text.h>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/text.h>
#include <ui/theme/theme.h>

namespace ui {
namespace {

constexpr int kVerdictColumn = 3;

ladder::Role roleOf(desk::DrillVerdict verdict)
{
    return verdict == desk::DrillVerdict::Pass   ? ladder::Role::Success
           : verdict == desk::DrillVerdict::Fail ? ladder::Role::ServerError
                                                 : ladder::Role::Muted;
}

QString titleOf(engine::Drill what)
{
    switch (what) {
    case engine::Drill::Cut:
        return DrillDialog::tr("Drill: drop the connection");
    case engine::Drill::SwallowPongs:
        return DrillDialog::tr("Drill: swallow its pongs");
    case engine::Drill::ChangePort:
        break;
    }
    return DrillDialog::tr("Drill: change its source port");
}

} // namespace

DrillDialog::DrillDialog(Store &store, Theme &theme, Target target, QWidget *parent)
    : QDialog(parent), m_store(store), m_theme(theme), m_target(target),
      m_text(plainLabel({}, "drillText", this)), m_list(new QTreeWidget(this)),
      m_verdict(plainLabel({}, "drillVerdict", this)), m_begin(new QPushButton(tr("&Begin"), this)),
      m_copy(new QPushButton(tr("&Copy"), this))
{
    setObjectName(QStringLiteral("drill"));
    setWindowTitle(titleOf(target.what));
    setAttribute(Qt::WA_DeleteOnClose);
    makeList();
    auto *close = new QPushButton(tr("Close"), this);
    close->setObjectName(QStringLiteral("drillClose"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_begin, &QPushButton::clicked, this, &DrillDialog::begin);
    connect(m_copy, &QPushButton::clicked, this, &DrillDialog::copy);
    lay(close);
    connect(&store, &Store::accountsChanged, this, &DrillDialog::look);
    connect(&store, &Store::ownCallChanged, this, [this](const desk::CallInfo &call, bool isNew) {
        if (m_sheet && isNew && call.incoming)
            m_sheet->incoming(base::now());
    });
    connect(&theme, &Theme::changed, this, &DrillDialog::display);
    connect(&m_clock, &QTimer::timeout, this, &DrillDialog::look);
    look();
}

void DrillDialog::makeList()
{
    m_text->setWordWrap(true);
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_list->setObjectName(QStringLiteral("drillList"));
    m_list->setAccessibleName(tr("Limits of RFC 5626 and what was measured"));
    m_list->setHeaderLabels(
        {tr("What has to happen"), tr("Limit"), tr("Measured"), tr("Verdict"), tr("By")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setTabKeyNavigation(false);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
}

void DrillDialog::lay(QPushButton *close)
{
    m_begin->setObjectName(QStringLiteral("drillBegin"));
    m_copy->setObjectName(QStringLiteral("drillCopy"));
    m_copy->setToolTip(plainTip(tr("The sheet as text, for a ticket or a mail")));
    close->setDefault(true); // Enter breaks nothing
    m_begin->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch(1);
    for (QPushButton *each : {m_begin, m_copy, close})
        buttons->addWidget(each);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    layout->addWidget(m_text);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_verdict);
    layout->addLayout(buttons);
    orderTabs({m_begin, m_copy, close, m_list});
    close->setFocus();
    resize(820, 360);
}

const base::FlowReport *DrillDialog::flow() const
{
    const auto account = m_store.accounts().find(m_target.account.value);
    if (account == m_store.accounts().end())
        return nullptr;
    const auto at = account->second.flows.find(m_target.regId);
    return at == account->second.flows.end() ? nullptr : &at->second;
}

void DrillDialog::begin()
{
    const base::FlowReport *now = flow();
    if (m_sheet || now == nullptr || !base::isUp(now->state))
        return;
    m_sheet.emplace(m_target.what, *now, base::now(), desk::DrillSheet::Terms{});
    m_clock.start(500);
    Q_EMIT begun(m_target.account, m_target.regId, m_target.what);
    display();
}

void DrillDialog::look()
{
    const base::FlowReport *now = flow();
    const bool running = m_clock.isActive();
    if (running && now != nullptr)
        m_sheet->add(*now);
    if (running && (now == nullptr || m_sheet->over() || base::now() >= m_sheet->latest()))
        m_clock.stop();
    display();
}

void DrillDialog::display()
{
    const base::FlowReport *now = flow();
    const bool able = now != nullptr && base::isUp(now->state);
    m_begin->setEnabled(!m_sheet && able);
    m_copy->setEnabled(m_sheet.has_value());
    m_list->setVisible(m_sheet.has_value());
    if (!m_sheet) {
        if (now != nullptr)
            m_text->setText(shown(desk::drillConsent(m_target.what, *now)));
        finish(able ? QString()
                    : tr("This flow is not up, so there is nothing to break. Wait until it is up, "
                         "or re-register it."),
               ladder::Role::Text);
        return;
    }
    m_list->clear();
    for (const desk::DrillLine &line : m_sheet->lines()) {
        auto *item = new QTreeWidgetItem(
            {shown(line.what), shown(desk::limitText(line)),
             line.measured ? tr("%1 s").arg(shown(base::seconds(*line.measured)))
                           : QStringLiteral("-"),
             shown(desk::drillVerdictText(line.verdict)), shown(line.section)});
        item->setForeground(kVerdictColumn, m_theme.tokens().colour(roleOf(line.verdict)));
        m_list->addTopLevelItem(item);
    }
    if (m_clock.isActive())
        finish(tr("The drill is going on; the ladder shows it as well."), ladder::Role::Text);
    else if (now == nullptr && !m_sheet->over())
        finish(tr("The account was removed, so the drill ended before the flow was back."),
               ladder::Role::ServerError);
    else
        finish(shown(m_sheet->conclusion()), roleOf(m_sheet->verdict()));
}

void DrillDialog::finish(const QString &verdict, ladder::Role role)
{
    QPalette palette = m_verdict->palette();
    palette.setColor(QPalette::WindowText, m_theme.tokens().colour(role));
    m_verdict->setPalette(palette);
    m_verdict->setFont(m_theme.font(FontKind::Strong));
    m_verdict->setText(verdict);
    m_verdict->setVisible(!verdict.isEmpty());
}

void DrillDialog::copy() const
{
    if (m_sheet)
        QApplication::clipboard()->setText(shownLines(m_sheet->table()));
}

} // namespace ui
