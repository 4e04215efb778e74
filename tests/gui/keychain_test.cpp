// SPDX-License-Identifier: Apache-2.0
// Passwords in a real keychain: GNOME Keyring on a session bus of the test's own. And what is said
// where none runs.
#include <gui/gui_support.h>
#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QStandardPaths>
#include <ui/keychain.h>
#include <ui/panels/account_dialog.h>

namespace {

constexpr const char *kAor = "sip:bob@example.test";
constexpr const char *kSecret = "correct horse";

ui::SavedAccount savedBob()
{
    ui::SavedAccount out;
    out.account.aor = kAor;
    out.account.proxies = {"sip:edge.example.test;lr"};
    out.account.credentials.user = "bob";
    out.keepPassword = true;
    return out;
}

/// The answer of one keychain job, waited for.
class Answer
{
public:
    std::optional<ui::Keychain::Found> read(ui::Keychain &keychain)
    {
        std::optional<ui::Keychain::Found> out;
        keychain.read(kAor, &m_asker, [&](const auto &found) { out = found; });
        return QTest::qWaitFor([&] { return out.has_value(); }, 30000) ? out : std::nullopt;
    }
    std::optional<QString> keep(ui::Keychain &keychain)
    {
        std::optional<QString> out;
        keychain.keep(kAor, QString::fromLatin1(kSecret), &m_asker,
                      [&](const QString &problem) { out = problem; });
        return QTest::qWaitFor([&] { return out.has_value(); }, 30000) ? out : std::nullopt;
    }

private:
    QObject m_asker;
};

} // namespace

class KeychainTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initMain() { gui::useOwnFolders(); }
    void initTestCase();
    void cleanupTestCase();
    void cleanup() { ui::Settings().removeAccount(kAor); }

    void aPasswordIsKeptFoundAndForgotten()
    {
        ui::Keychain keychain;
        Answer answer;
        const auto before = answer.read(keychain);
        QVERIFY(before);
        QCOMPARE(before->problem, QString());
        QCOMPARE(before->password, QString());
        const auto kept = answer.keep(keychain);
        QVERIFY(kept);
        QCOMPARE(*kept, QString());
        const auto after = answer.read(keychain);
        QVERIFY(after);
        QCOMPARE(after->password, QString::fromLatin1(kSecret));
        keychain.forget(kAor);
        QTRY_VERIFY_WITH_TIMEOUT(answer.read(keychain)->password.isEmpty(), 30000);
    }

    void theDialogFillsInWhatWasKept()
    {
        ui::Keychain keychain;
        Answer answer;
        QCOMPARE(answer.keep(keychain), std::optional<QString>(QString()));
        ui::Settings settings;
        settings.saveAccount(savedBob());
        ui::AccountDialog dialog(settings, keychain);
        dialog.show();
        auto *saved = dialog.findChild<QComboBox *>(QStringLiteral("accountSaved"));
        auto *password = dialog.findChild<QLineEdit *>(QStringLiteral("accountPassword"));
        saved->setCurrentIndex(1);
        Q_EMIT saved->activated(1);
        dialog.accept(); // before the answer: nothing is sent without the password
        QVERIFY(dialog.isVisible());
        const auto *problem = dialog.findChild<QLabel *>(QStringLiteral("accountProblem"));
        QVERIFY2(problem->text().contains(QLatin1String("keychain")), qPrintable(problem->text()));
        QTRY_COMPARE_WITH_TIMEOUT(password->text(), QString::fromLatin1(kSecret), 30000);
        QCOMPARE(dialog.account().account.credentials.password, kSecret);
        QVERIFY(dialog.account().keepPassword);
        auto *forget = dialog.findChild<QPushButton *>(QStringLiteral("accountForget"));
        const auto agree = [&] {
            forget->click();
            QVERIFY(!settings.accounts().empty()); // it asks first
            dialog.findChild<QPushButton *>(QStringLiteral("forgetYes"))->click();
        };
        agree();
        QVERIFY(settings.accounts().empty());
        QCOMPARE(password->text(), QString());
        forget->click(); // brings it back
        QCOMPARE(settings.accounts().size(), std::size_t{1});
        QTRY_COMPARE_WITH_TIMEOUT(password->text(), QString::fromLatin1(kSecret), 30000);
        agree();
        QVERIFY(settings.accounts().empty());
        dialog.reject(); // now it is too late
        QTRY_VERIFY_WITH_TIMEOUT(answer.read(keychain)->password.isEmpty(), 30000);
    }

    void theSettingsNeverHoldThePassword()
    {
        {
            ui::SavedAccount bob = savedBob();
            bob.account.credentials.password = kSecret;
            ui::Settings().saveAccount(bob);
        }
        QFile ini(QString::fromLocal8Bit(qgetenv("XDG_CONFIG_HOME")) +
                  QStringLiteral("/earshot/earshot.ini"));
        QVERIFY(ini.open(QIODevice::ReadOnly));
        const QByteArray all = ini.readAll();
        QVERIFY(all.contains(kAor + 4)); // after sip:
        QVERIFY(!all.contains(kSecret));
        QVERIFY(ui::Settings().accounts().front().keepPassword);
    }

    // The last one: the service is taken away.
    void withoutAServiceItSaysWhy()
    {
        m_ring.kill();
        m_ring.waitForFinished();
        ui::Keychain keychain;
        Answer answer;
        const auto found = answer.read(keychain);
        QVERIFY(found);
        QVERIFY(found->password.isEmpty());
        QVERIFY2(found->problem.contains(QLatin1String("keychain")), qPrintable(found->problem));
        const auto kept = answer.keep(keychain);
        QVERIFY(kept && !kept->isEmpty());
    }

private:
    QTemporaryDir m_folder;
    QProcess m_bus, m_ring;
};

void KeychainTest::initTestCase()
{
    for (const char *program : {"dbus-daemon", "gnome-keyring-daemon"}) {
        if (QStandardPaths::findExecutable(QString::fromLatin1(program)).isEmpty())
            QSKIP("there is no keychain service here");
    }
    // A bus that starts no service by itself: what runs is what the test has started.
    QFile config(m_folder.filePath(QStringLiteral("bus.conf")));
    QVERIFY(config.open(QIODevice::WriteOnly));
    config.write("<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
                 "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>"
                 "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>");
    config.close();
    m_bus.start(QStringLiteral("dbus-daemon"),
                {QStringLiteral("--config-file=") + config.fileName(), QStringLiteral("--nofork"),
                 QStringLiteral("--print-address")});
    QVERIFY(m_bus.waitForReadyRead());
    qputenv("DBUS_SESSION_BUS_ADDRESS", m_bus.readLine().trimmed());
    qputenv("XDG_CURRENT_DESKTOP", "GNOME"); // KWallet is asked on a KDE desktop alone
    m_ring.setProcessChannelMode(QProcess::MergedChannels);
    m_ring.start(QStringLiteral("gnome-keyring-daemon"),
                 {QStringLiteral("--foreground"), QStringLiteral("--unlock"),
                  QStringLiteral("--components=secrets"),
                  QStringLiteral("--control-directory=") + m_folder.path()});
    if (!m_ring.waitForStarted()) // a container may forbid what the program's file asks for
        QSKIP("gnome-keyring-daemon may not run here");
    m_ring.write("unlocked for the test");
    m_ring.closeWriteChannel();
    QVERIFY(m_ring.waitForReadyRead(30000)); // it prints where it listens
}

void KeychainTest::cleanupTestCase()
{
    for (QProcess *process : {&m_ring, &m_bus}) {
        process->kill();
        process->waitForFinished();
    }
}

QTEST_MAIN(KeychainTest)
#include "keychain_test.moc"
