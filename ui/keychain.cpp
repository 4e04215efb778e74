// SPDX-License-Identifier: Apache-2.0
#include <ui/keychain.h>

#include <qt6keychain/keychain.h>
#include <QTimer>
#include <ui/text.h>
#include <utility>

namespace ui {
namespace {

constexpr int kPatience = 30'000; // ms, then somebody has to be told

QString service()
{
    return QStringLiteral("earshot");
}

QString problemOf(const QKeychain::Job &job)
{
    switch (job.error()) {
    case QKeychain::NoError:
    case QKeychain::EntryNotFound:
        return {};
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented:
        return QObject::tr(
            "no keychain can be asked here (GNOME Keyring with libsecret, or KWallet)");
    case QKeychain::AccessDenied:
    case QKeychain::AccessDeniedByUser:
        return QObject::tr("the keychain stayed locked");
    default:
        break;
    }
    const QString words = job.errorString().trimmed();
    return words.isEmpty() ? QObject::tr("the keychain did not answer")
                           : QObject::tr("the keychain did not answer (%1)").arg(words);
}

} // namespace

/// Jobs are done one after the other: one that waits for its prompt holds up all that come after.
void Keychain::start(QKeychain::Job *job, const std::string &aor)
{
    job->setKey(QString::fromStdString(aor));
    connect(job, &QKeychain::Job::finished, this, [this] { m_waiting = false; });
    QTimer::singleShot(kPatience, job, [this] { // not when the job has ended, it is gone then
        if (std::exchange(m_waiting, true))
            return;
        Q_EMIT told(tr("The keychain has not answered for 30 s. It may be asking for its own "
                       "password in another window; until then no account's password is read, "
                       "kept or removed."));
    });
    job->start();
}

void Keychain::read(const std::string &aor, QObject *asker, std::function<void(const Found &)> then)
{
    auto *job = new QKeychain::ReadPasswordJob(service()); // deletes itself when it has ended
    connect(job, &QKeychain::Job::finished, asker, [then = std::move(then), job] {
        then({job->error() == QKeychain::NoError ? job->textData() : QString(), problemOf(*job)});
    });
    start(job, aor);
}

void Keychain::keep(const std::string &aor, const QString &password, QObject *asker,
                    std::function<void(const QString &)> then)
{
    auto *job = new QKeychain::WritePasswordJob(service());
    job->setTextData(password);
    connect(job, &QKeychain::Job::finished, asker,
            [then = std::move(then), job] { then(problemOf(*job)); });
    start(job, aor);
}

void Keychain::forget(const std::string &aor)
{
    auto *job = new QKeychain::DeletePasswordJob(service());
    connect(job, &QKeychain::Job::finished, this, [this, job, aor] {
        if (const QString problem = problemOf(*job); !problem.isEmpty())
            Q_EMIT told(tr("The password of %1 is still in the keychain: %2. Remove the entry "
                           "\"%3\" with the desktop's own keychain program.")
                            .arg(shown(aor), problem, service()));
    });
    start(job, aor);
}

} // namespace ui
