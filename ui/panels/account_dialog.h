// SPDX-License-Identifier: Apache-2.0
// Asks for an account: address, outbound proxies, transport, credentials. The password is handed
// on, never kept. UI thread.
#pragma once

#include <ui/panels/checked_dialog.h>
#include <ui/settings.h>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace ui {

class AccountDialog : public CheckedDialog
{
public:
    explicit AccountDialog(const Settings &settings, QWidget *parent = nullptr);
    SavedAccount account() const; // with the password, for the engine alone
    void load(const SavedAccount &saved);
    /// The account used before under this address, with the cursor where its password goes.
    void askAgain(const std::string &aor);

private:
    void dressFields();
    QFormLayout *makeForm();
    QString problem() const override;
    QLineEdit *field(const char *name, const QString &spoken);
    QLabel *title(const QString &text, QWidget *buddy);

    QComboBox *m_saved;
    QLineEdit *m_aor, *m_user, *m_password;
    QPlainTextEdit *m_proxies;
    QComboBox *m_transport;
    QCheckBox *m_answer;
    std::vector<SavedAccount> m_known;
    std::string m_instance;
};

} // namespace ui
