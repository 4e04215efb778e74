// SPDX-License-Identifier: Apache-2.0
#include <ui/keychain.h>

#include <qt6keychain/keychain.h>
#include <utility>

namespace ui {
namespace {

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
        return QObject::tr("no keychain service runs here (GNOME Keyring or KWallet)");
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

void Keychain::read(const std::string &aor, QObject *asker, std::function<void(const Found &)> then)
{
    auto *job = new QKeychain::ReadPasswordJob(service()); // deletes itself when it has ended
    job->setKey(QString::fromStdString(aor));
    connect(job, &QKeychain::Job::finished, asker, [then = std::move(then), job] {
        then({job->error() == QKeychain::NoError ? job->textData() : QString(), problemOf(*job)});
    });
    job->start();
}

void Keychain::keep(const std::string &aor, const QString &password, QObject *asker,
                    std::function<void(const QString &)> then)
{
    auto *job = new QKeychain::WritePasswordJob(service());
    job->setKey(QString::fromStdString(aor));
    job->setTextData(password);
    connect(job, &QKeychain::Job::finished, asker,
            [then = std::move(then), job] { then(problemOf(*job)); });
    job->start();
}

void Keychain::forget(const std::string &aor)
{
    auto *job = new QKeychain::DeletePasswordJob(service());
    job->setKey(QString::fromStdString(aor));
    job->start();
}

} // namespace ui
