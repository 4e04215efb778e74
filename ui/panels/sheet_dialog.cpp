// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/sheet_dialog.h>

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

ladder::Role roleOf(desk::DrillVerdict verdict)
{
    return verdict == desk::DrillVerdict::Pass   ? ladder::Role::Success
           : verdict == desk::DrillVerdict::Fail ? ladder::Role::ServerError
                                                 : ladder::Role::Muted;
}

SheetDialog::SheetDialog(Store &store, Theme &theme, FlowTarget target, const QString &name,
                         QWidget *parent)
    : QDialog(parent), m_store(store), m_theme(theme), m_target(target),
      m_text(plainLabel({}, "sheetText", this)), m_list(new QTreeWidget(this)),
      m_verdict(plainLabel({}, "sheetVerdict", this)), m_begin(new QPushButton(tr("&Begin"), this)),
      m_copy(new QPushButton(tr("&Copy"), this)), m_close(new QPushButton(tr("Close"), this))
{
    setObjectName(name);
    setAttribute(Qt::WA_DeleteOnClose);
    m_text->setObjectName(name + QLatin1String("Text"));
    m_list->setObjectName(name + QLatin1String("List"));
    m_verdict->setObjectName(name + QLatin1String("Verdict"));
    m_begin->setObjectName(name + QLatin1String("Begin"));
    m_copy->setObjectName(name + QLatin1String("Copy"));
    m_close->setObjectName(name + QLatin1String("Close"));
    lay();
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_begin, &QPushButton::clicked, this, &SheetDialog::start);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(shownLines(table())); });
    connect(&store, &Store::accountsChanged, this, &SheetDialog::lookAgain);
    connect(&theme, &Theme::changed, this, &SheetDialog::display);
    connect(&m_clock, &QTimer::timeout, this, &SheetDialog::lookAgain);
}

void SheetDialog::setColumns(const QString &accessibleName, const QStringList &headers)
{
    m_list->setAccessibleName(accessibleName);
    m_list->setHeaderLabels(headers);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
}

void SheetDialog::addChoice(QWidget *choice)
{
    m_choice = choice;
    static_cast<QVBoxLayout *>(layout())->insertWidget(1, choice);
    orderTabs({m_choice, m_begin, m_copy, m_close, m_list});
}

void SheetDialog::lay()
{
    m_text->setWordWrap(true);
    m_text->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setTabKeyNavigation(false);
    m_copy->setToolTip(plainTip(tr("The sheet as text, for a ticket or a mail")));
    m_close->setDefault(true); // Enter breaks nothing
    m_begin->setAutoDefault(false);
    auto *buttons = new QHBoxLayout;
    buttons->addStretch(1);
    for (QPushButton *each : {m_begin, m_copy, m_close})
        buttons->addWidget(each);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    layout->addWidget(m_text);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_verdict);
    layout->addLayout(buttons);
    orderTabs({m_begin, m_copy, m_close, m_list});
    m_close->setFocus();
    resize(820, 360);
}

const base::FlowReport *SheetDialog::flow() const
{
    const auto account = m_store.accounts().find(m_target.account.value);
    if (account == m_store.accounts().end())
        return nullptr;
    const auto at = account->second.flows.find(m_target.regId);
    return at == account->second.flows.end() ? nullptr : &at->second;
}

void SheetDialog::setRunning(bool running)
{
    if (running)
        m_clock.start(500);
    else
        m_clock.stop();
}

void SheetDialog::start()
{
    const base::FlowReport *now = flow();
    if (begun() || now == nullptr || !base::isUp(now->state))
        return;
    setRunning(true);
    begin(*now);
    lookAgain();
}

void SheetDialog::lookAgain()
{
    if (running())
        look(flow());
    display();
}

void SheetDialog::display()
{
    const base::FlowReport *now = flow();
    const bool able = now != nullptr && base::isUp(now->state);
    m_begin->setEnabled(!begun() && able);
    m_copy->setEnabled(begun());
    m_list->setVisible(begun());
    if (m_choice != nullptr)
        m_choice->setVisible(!begun());
    if (!begun()) {
        if (now != nullptr)
            m_text->setText(consent(*now));
        return finish({able ? QString() : unable(), ladder::Role::Text});
    }
    m_list->clear();
    for (const Line &line : lines()) {
        auto *item = new QTreeWidgetItem(line.cells);
        if (line.coloured >= 0)
            item->setForeground(line.coloured, m_theme.tokens().colour(line.role));
        m_list->addTopLevelItem(item);
    }
    finish(verdict());
}

void SheetDialog::finish(const Verdict &verdict)
{
    QPalette palette = m_verdict->palette();
    palette.setColor(QPalette::WindowText, m_theme.tokens().colour(verdict.role));
    m_verdict->setPalette(palette);
    m_verdict->setFont(m_theme.font(FontKind::Strong));
    m_verdict->setText(verdict.text);
    m_verdict->setVisible(!verdict.text.isEmpty());
}

} // namespace ui
