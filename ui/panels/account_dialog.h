// SPDX-License-Identifier: Apache-2.0
// Asks for an account: address, outbound proxies, transport, credentials. The password is handed
// on; it is kept in the keychain alone, and only if that is ticked. UI thread.
#pragma once

#include <optional>
#include <ui/panels/checked_dialog.h>
#include <ui/settings.h>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace ui {

class Keychain;

class AccountDialog : public CheckedDialog
{
public:
    AccountDialog(Settings &settings, Keychain &keychain, QWidget *parent = nullptr);
    SavedAccount account() const; // with the password, for the engine alone
    void load(const SavedAccount &saved);
    /// The account used before under this address, with what the keychain has.
    void propose(const std::string &aor);
    /// The account used before under this address, with the cursor where its password goes.
    void askAgain(const std::string &aor);
    void done(int result) override;
    QPushButton *certificates() const { return m_certificates; } // pressed: they want to be chosen

private:
    void dressFields();
    void dressFlowFields();
    int select(const std::string &aor); // its index, 0: not known
    void choose(int index);             // of the accounts used before, 0: a new one
    void askKeychain(const std::string &aor);
    void stopAsking();
    void forget(); // account_dialog_forget.cpp
    void forgetNow(int index);
    void takeBack();
    void fitProxies();
    QFormLayout *makeForm();
    QString problem() const override;
    QLineEdit *field(const char *name, const QString &spoken);
    QLabel *title(const QString &text, QWidget *buddy);

    Settings &m_settings;
    Keychain &m_keychain;
    QComboBox *m_saved;
    QPushButton *m_forget, *m_certificates;
    QLineEdit *m_aor, *m_user, *m_password;
    QPlainTextEdit *m_proxies;
    QComboBox *m_transport;
    QCheckBox *m_keep, *m_answer;
    QLineEdit *m_callers;                      // to answer; used while m_answer is ticked
    QSpinBox *m_expires;                       // seconds
    QCheckBox *m_keepAlive, *m_gruu, *m_plain; // engine::Account's words for its flows
    bool m_asking = false;                     // the keychain has not answered yet
    unsigned m_question = 0;                   // the newest one to it; older answers do not count
    std::vector<SavedAccount> m_known;
    std::optional<SavedAccount> m_forgotten; // the newest, until it is too late
    std::string m_instance;
};

} // namespace ui
