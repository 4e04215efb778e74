// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/help_sheet.h>

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/commands.h>

namespace ui {
namespace {

QTreeWidgetItem *group(QTreeWidget *list, const QString &title)
{
    auto *item = new QTreeWidgetItem(list, {title});
    QFont font = item->font(0);
    font.setWeight(QFont::DemiBold);
    item->setFont(0, font);
    item->setExpanded(true);
    return item;
}

} // namespace

HelpSheet::HelpSheet(QWidget *parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("help"));
    setWindowTitle(tr("Keys"));
    auto *list = new QTreeWidget(this);
    list->setObjectName(QStringLiteral("helpList"));
    list->setAccessibleName(tr("Commands and their keys"));
    list->setColumnCount(2);
    list->setHeaderLabels({tr("What"), tr("Keys")});
    list->setRootIsDecorated(false);
    list->setItemsExpandable(false);
    list->setIndentation(12);
    QTreeWidgetItem *letters = group(list, tr("In the call list and the ladder"));
    for (const LetterKey &key : letterKeys())
        letters->addChild(new QTreeWidgetItem({tr(key.text), tr(key.keys)}));
    QString menu;
    QTreeWidgetItem *under = nullptr;
    for (const Command &command : commands()) {
        if (*command.keys == '\0')
            continue;
        const QString title = tr(command.menu).remove(QLatin1Char('&'));
        if (title != menu)
            under = group(list, title);
        menu = title;
        QString text = tr(command.text).remove(QLatin1Char('&'));
        if (text.startsWith(QLatin1Char('-')))
            text.remove(0, 1);
        under->addChild(new QTreeWidgetItem(
            {text, QString::fromLatin1(command.keys).replace(QLatin1String("; "), tr(" or "))}));
    }
    list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    list->header()->setStretchLastSection(false);
    list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(list, 1);
    layout->addWidget(buttons);
    resize(560, 560);
}

} // namespace ui
