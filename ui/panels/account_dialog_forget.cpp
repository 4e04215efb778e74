// SPDX-License-Identifier: Apache-2.0
// An account is forgotten after a question, and can be brought back while the dialog is open.
#include <ui/panels/account_dialog.h>

#include <QComboBox>
#include <QMessageBox>
#include <QPushButton>
#include <ui/keychain.h>
#include <ui/text.h>
#include <utility>

namespace ui {

/// Asks first; until the dialog closes it can be taken back, password and all.
void AccountDialog::forget()
{
    if (m_forgotten)
        return takeBack();
    const int index = m_saved->currentIndex();
    if (index <= 0)
        return;
    const QString who = shown(m_known[static_cast<std::size_t>(index) - 1].account.aor);
    auto *question = new QMessageBox(this);
    question->setObjectName(QStringLiteral("forgetQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setIcon(QMessageBox::Question);
    question->setTextFormat(Qt::PlainText);
    question->setText(tr("Forget %1 and its password?").arg(who));
    question->setInformativeText(
        tr("What is registered stays registered: Un-register on the flow board switches it off."));
    QPushButton *yes = question->addButton(tr("&Forget"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("forgetYes"));
    question->addButton(QMessageBox::Cancel);
    question->setDefaultButton(QMessageBox::Cancel);
    connect(yes, &QPushButton::clicked, this, [this, index] { forgetNow(index); });
    question->open();
}

void AccountDialog::forgetNow(int index)
{
    const auto at = m_known.begin() + (index - 1);
    m_forgotten = *at;
    m_settings.removeAccount(at->account.aor);
    m_known.erase(at);
    m_saved->removeItem(index);
    m_saved->setCurrentIndex(0);
    choose(0);
    m_forget->setText(tr("Bring &back"));
    m_forget->setAccessibleName(
        tr("Bring back %1, which was just forgotten").arg(shown(m_forgotten->account.aor)));
    m_forget->setEnabled(true);
    m_forget->setFocus(Qt::OtherFocusReason);
}

void AccountDialog::takeBack()
{
    const SavedAccount back = *std::exchange(m_forgotten, std::nullopt);
    m_settings.saveAccount(back);
    m_known.push_back(back);
    m_saved->addItem(shown(back.account.aor));
    m_forget->setText(tr("&Forget..."));
    m_forget->setAccessibleName(tr("Forget the chosen account and its password"));
    m_saved->setCurrentIndex(m_saved->count() - 1);
    choose(m_saved->currentIndex());
}

/// Only now is it too late to bring it back.
void AccountDialog::done(int result)
{
    CheckedDialog::done(result);
    if (isVisible() || !m_forgotten)
        return;
    const bool keptAnew =
        result == QDialog::Accepted && account().account.aor == m_forgotten->account.aor;
    if (m_forgotten->keepPassword && !keptAnew)
        m_keychain.forget(m_forgotten->account.aor);
    m_forgotten.reset();
}

} // namespace ui
