// SPDX-License-Identifier: Apache-2.0
// A session that a killed program left is offered by the window, and nothing happens by itself.
#include <filesystem>
#include <gui/gui_support.h>
#include <QDateTime>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <record/folder.h>
#include <record/recorder.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/panels/unclosed_bar.h>
#include <ui/theme/theme.h>

namespace {

/// A desk that records into `folder`, as the window's does.
std::unique_ptr<ui::DeskBridge> openDesk(const std::string &folder)
{
    desk::Options options;
    options.withEngine = false;
    options.recording.folder = folder;
    auto opened = ui::DeskBridge::open(std::move(options));
    return opened ? std::move(*opened) : nullptr;
}

/// What a program leaves that was killed during a call.
std::string leaveSession(const std::string &folder)
{
    auto marker = record::newSession(folder);
    if (!marker)
        return {};
    (*marker)->abandon();
    auto recorder = record::Recorder::open({(*marker)->session()}, {});
    const support::Conversation talk{std::string_view(gui::kEarlyMedia)};
    for (const base::Packet &packet : talk.packets())
        (*recorder)->put(packet);
    return (*marker)->session();
}

} // namespace

class UnclosedTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init()
    {
        gui::failOnWarnings();
        m_folder = std::make_unique<QTemporaryDir>();
        m_sessions = m_folder->filePath(QStringLiteral("sessions")).toStdString();
    }

    void nothingIsOfferedAfterACleanEnd()
    {
        openDesk(m_sessions).reset();
        const auto bridge = openDesk(m_sessions);
        QVERIFY(bridge != nullptr);
        const ui::UnclosedBar bar(*bridge);
        QVERIFY(bar.isHidden());
    }

    void reopenReadsTheCallsAndOffersThemNoMore()
    {
        const std::string left = leaveSession(m_sessions);
        const auto bridge = openDesk(m_sessions);
        QVERIFY(bridge != nullptr);
        ui::UnclosedBar bar(*bridge);
        QVERIFY(!bar.isHidden());
        QVERIFY(bar.findChild<QLabel *>(QStringLiteral("unclosedText"))
                    ->text()
                    .contains(QStringLiteral("was not closed")));
        QVERIFY(bridge->store().calls().empty());
        QSignalSpy reopened(&bar, &ui::UnclosedBar::reopened);
        bar.findChild<QPushButton *>(QStringLiteral("reopenSession"))->click();
        QCOMPARE(reopened.count(), 1);
        QTRY_COMPARE_WITH_TIMEOUT(bridge->store().calls().size(), std::size_t{1}, 20000);
        QVERIFY(bar.isHidden());
        QVERIFY(std::filesystem::exists(left));
        QVERIFY(!record::lastUnclosed(m_sessions));
    }

    void discardRemovesTheFiles()
    {
        const std::string left = leaveSession(m_sessions);
        const auto bridge = openDesk(m_sessions);
        ui::UnclosedBar bar(*bridge);
        bar.findChild<QPushButton *>(QStringLiteral("discardSession"))->click();
        QVERIFY(bar.isHidden());
        QVERIFY(!std::filesystem::exists(left));
    }

    void laterKeepsTheOffer()
    {
        leaveSession(m_sessions);
        {
            const auto bridge = openDesk(m_sessions);
            ui::UnclosedBar bar(*bridge);
            bar.findChild<QPushButton *>(QStringLiteral("laterSession"))->click();
            QVERIFY(bar.isHidden());
        }
        QVERIFY(record::lastUnclosed(m_sessions));
    }

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_sessions;
};

QTEST_MAIN(UnclosedTest)
#include "unclosed_test.moc"
