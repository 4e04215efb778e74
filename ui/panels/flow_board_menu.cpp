// SPDX-License-Identifier: Apache-2.0
// What the flow board does by its menu and keys.
#include <ui/panels/flow_board.h>

#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>
#include <ui/text.h>

namespace ui {

void FlowBoard::openTests()
{
    const QPoint below(0, m_more->height());
    openMenu(m_view->viewport()->mapFromGlobal(m_more->mapToGlobal(below)));
}

void FlowBoard::showCertificate()
{
    if (const FlowRow *row = chosen(); row != nullptr && row->ours())
        Q_EMIT certificateWanted(row->report);
}

void FlowBoard::openMenu(const QPoint &at)
{
    const FlowRow *row = chosen();
    if (row == nullptr || !row->ours())
        return;
    const auto account = row->account;
    const auto regId = row->report.regId;
    auto *menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("flowBoardMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("&Ping"), this, &FlowBoard::ping);
    menu->addAction(registerText(), this, &FlowBoard::registerAgain);
    menu->addAction(tr("E&xplain"), this, &FlowBoard::explain);
    if (m_certificate->isEnabled())
        menu->addAction(tr("Cer&tificate…"), this, &FlowBoard::showCertificate);
    menu->addSeparator();
    const auto drill = [&](const QString &text, engine::Drill what) {
        menu->addAction(text, this, [=, this] { Q_EMIT drillWanted(account, regId, what); });
    };
    drill(tr("&Drop the connection (drill)…"), engine::Drill::Cut);
    drill(tr("&Lose it without a word (drill)…"), engine::Drill::Silence);
    drill(tr("&Swallow its pongs (drill)…"), engine::Drill::SwallowPongs);
    if (row->report.transport == "UDP")
        drill(tr("Chan&ge its source port (drill)…"), engine::Drill::ChangePort);
    menu->addSeparator();
    menu->addAction(tr("How long a s&ilence it survives…"), this,
                    [=, this] { Q_EMIT idleWanted(account, regId); });
    menu->addAction(tr("&Call our own address…"), this,
                    [=, this] { Q_EMIT selfCallWanted(account, regId); });
    menu->addSeparator();
    menu->addAction(tr("&Un-register %1").arg(menuText(shown(row->report.aor))), this,
                    &FlowBoard::unregister);
    menu->popup(m_view->viewport()->mapToGlobal(at));
}

bool FlowBoard::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto *key = static_cast<QKeyEvent *>(event);
    if (watched == m_filter && (key->key() == Qt::Key_Escape || key->key() == Qt::Key_Down)) {
        if (key->key() == Qt::Key_Escape)
            m_filter->clear();
        m_view->setFocus(Qt::ShortcutFocusReason);
        return true;
    }
    if (watched != m_view)
        return QWidget::eventFilter(watched, event);
    if (key->modifiers() != Qt::NoModifier)
        return false;
    if (key->key() == Qt::Key_P)
        ping();
    else if (key->key() == Qt::Key_R)
        registerAgain();
    else if (key->key() == Qt::Key_D)
        drop();
    else if (key->key() == Qt::Key_T)
        openTests();
    else if (key->key() == Qt::Key_C)
        showCertificate();
    else if (key->key() == Qt::Key_U)
        unregister();
    else if (key->key() == Qt::Key_Slash && !m_filter->isHidden())
        m_filter->setFocus(Qt::ShortcutFocusReason);
    else
        return false;
    return true;
}

} // namespace ui
