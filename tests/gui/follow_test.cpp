// SPDX-License-Identifier: Apache-2.0
// A file that is still being written, as the window tells of it.
#include <filesystem>
#include <fstream>
#include <gui/window_support.h>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <support/capture_writer.h>
#include <support/conversation.h>
#include <ui/panels/bars.h>

namespace {

std::vector<support::CapturedFrame> framesOf(const char *conversation)
{
    const support::Conversation talk{std::string_view(conversation)};
    std::vector<support::CapturedFrame> out;
    for (const auto &packet : talk.packets())
        out.push_back(
            {packet.time, support::ethernet(support::udp(packet.source, packet.destination,
                                                         std::string(packet.payload.text())))});
    return out;
}

} // namespace

class FollowTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void aFollowedFileTellsHowMuchItHeldAndWhatBecameOfIt()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QTemporaryDir folder;
        const std::string path = folder.filePath(QStringLiteral("grows.pcap")).toStdString();
        const auto write = [&](const std::string &bytes, std::ios::openmode how) {
            std::ofstream(path, std::ios::binary | how) << bytes;
        };
        const auto frames = framesOf("0.0 alice>bob INVITE call=one\n0.1 bob>alice 180 tag=b\n"
                                     "2.0 bob>alice 200 tag=b\n");
        QCOMPARE(frames.size(), std::size_t{3});
        write(support::pcap({frames[0], frames[1]}), std::ios::out);
        QVERIFY(stage.bridge().followFile(QString::fromStdString(path)));
        const auto state = [&] { return stage.find<QLabel>("statusState")->text(); };
        QTRY_VERIFY2(state().contains(QLatin1String("followed, 2 packets so far")),
                     qPrintable(state()));
        QVERIFY(!stage.find<QProgressBar>("importProgress")->isVisible());
        QVERIFY(stage.find<QPushButton>("importCancel")->isVisible());
        QVERIFY(!state().contains(QLatin1Char('%')));
        write(support::pcap({frames[2]}).substr(24), std::ios::app);
        QTRY_VERIFY2(state().contains(QLatin1String("followed, 3 packets so far")),
                     qPrintable(state()));
        std::filesystem::resize_file(path, 0);
        const auto *notices = stage.window().parts().notices;
        QTRY_VERIFY2(notices->sentences()
                         .join(QLatin1Char(' '))
                         .contains(QLatin1String("was made shorter or written anew")),
                     qPrintable(notices->sentences().join(QLatin1Char('\n'))));
        QCOMPARE(stage.bridge().store().calls().size(), std::size_t{1}); // what came stays
        write(support::pcap(framesOf("0.0 carol>bob INVITE call=two\n")), std::ios::out);
        QTRY_COMPARE(stage.bridge().store().calls().size(), std::size_t{2});
        QTRY_VERIFY2(state().contains(QLatin1String("followed, 4 packets so far")),
                     qPrintable(state()));
        stage.find<QPushButton>("importCancel")->click();
        QTRY_VERIFY(!stage.find<QPushButton>("importCancel")->isVisible());
    }
};

QTEST_MAIN(FollowTest)
#include "follow_test.moc"
