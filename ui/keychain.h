// SPDX-License-Identifier: Apache-2.0
// The desktop's keychain (Secret Service or KWallet): one password an account, under its address of
// record. Without a keychain nothing is kept in another place; the answer is a sentence that says
// why. UI thread; every answer comes later, from the event loop, unless the asker is gone by then.
#pragma once

#include <functional>
#include <QObject>
#include <QString>
#include <string>

namespace QKeychain {
class Job;
}

namespace ui {

class Keychain : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /// Both empty: the keychain works and has no password of that account.
    struct Found {
        QString password;
        QString problem; // a sentence's end: why it could not be asked
    };
    void read(const std::string &aor, QObject *asker, std::function<void(const Found &)> then);
    /// `then` gets the problem, empty: it is kept.
    void keep(const std::string &aor, const QString &password, QObject *asker,
              std::function<void(const QString &)> then);
    void forget(const std::string &aor); // a problem goes to told()

Q_SIGNALS:
    /// A sentence that nobody asked for by a function of his own: a password that could not be
    /// removed, or a keychain that lets everybody wait.
    void told(const QString &sentence);

private:
    void start(QKeychain::Job *job, const std::string &aor);

    bool m_waiting = false; // was told; until it answers again
};

} // namespace ui
