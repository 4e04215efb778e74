// SPDX-License-Identifier: Apache-2.0
// What the window remembers between runs, one ini file in the user's configuration folder. Never a
// password. UI thread.
#pragma once

#include <engine/engine.h>
#include <memory>
#include <QByteArray>
#include <QSettings>
#include <QStringList>
#include <vector>

namespace ui {

struct SavedAccount {
    engine::Account account;             // password empty
    bool answer = false;                 // calls, by itself
    std::vector<std::string> answerOnly; // of these callers, as desk::AccountInfo has them
    bool keepPassword = false;           // in the keychain, never here
};

class Settings
{
public:
    Settings(); // XDG_CONFIG_HOME/earshot/earshot.ini

    QString text(const QString &key, const QString &fallback = {}) const;
    void setText(const QString &key, const QString &value);
    bool flag(const QString &key, bool fallback) const;
    void setFlag(const QString &key, bool value);
    QByteArray bytes(const QString &key) const;
    void setBytes(const QString &key, const QByteArray &value);

    QStringList recentFiles() const;
    void addRecentFile(const QString &path);
    QStringList targets() const; // called lately, newest first
    void addTarget(const QString &target);
    bool isConfirmed(const QString &host) const; // real calls to it were allowed by hand
    void confirm(const QString &host);

    /// CA file, own certificate and what was accepted by hand; never "accept anything".
    engine::TlsOptions tls() const;
    void setTls(const engine::TlsOptions &tls);

    std::vector<SavedAccount> accounts() const;
    void saveAccount(const SavedAccount &account); // by address of record
    void removeAccount(const std::string &aor);

private:
    void addTo(const QString &key, const QString &value);
    void writeAccounts(const std::vector<SavedAccount> &accounts);

    std::unique_ptr<QSettings> m_ini;
};

} // namespace ui
