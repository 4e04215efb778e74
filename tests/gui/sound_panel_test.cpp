// SPDX-License-Identifier: Apache-2.0
// The sound of a call over the clock of its ladder: the strip leads to rows, rows lead to the
// strip.
#include <gui/gui_support.h>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <ui/focus.h>
#include <ui/panels/sound_panel.h>
#include <ui/replay.h>
#include <ui/theme/theme.h>
#include <ui/views/sound_strip.h>

class SoundPanelTest : public QObject
{
    Q_OBJECT

    struct Shown {
        gui::Scenery scenery;
        ui::Focus focus{scenery.store()};
        ui::Theme theme;
        ui::SoundPanel panel{scenery.store(), focus, theme};
        ui::SoundStrip *strip = panel.findChild<ui::SoundStrip *>(QStringLiteral("soundStrip"));
        QPushButton *early = panel.findChild<QPushButton *>(QStringLiteral("soundEarly"));

        Shown()
        {
            panel.resize(1000, 220);
            panel.show();
        }
        int status(ladder::Target target)
        {
            return scenery.store().trace().row({target.id}).status;
        }
    };

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void aCallWithoutRtpSaysSo()
    {
        Shown shown;
        QVERIFY(!shown.strip->isVisible());
        shown.scenery.say(gui::kFlowFailed);
        QVERIFY(!shown.strip->isVisible());
        QVERIFY(shown.panel.findChild<QLabel *>(QStringLiteral("soundTold"))
                    ->text()
                    .contains(QLatin1String("No RTP")));
    }

    void theStripSpansTheCallAndItsMarks()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        QVERIFY(shown.strip->isVisible());
        const auto &picture = shown.strip->picture();
        QCOMPARE(picture.lanes.size(), 1U);
        QCOMPARE(picture.marks.size(), 4U); // INVITE, 183, 200, BYE
        QCOMPARE(shown.strip->timeAt(shown.strip->xOf(picture.from)), picture.from);
        QVERIFY(shown.strip->accessibleName().contains(QLatin1String("1 stream")));
        // What is painted where packets came is of another colour than the silence before.
        const QImage image = shown.strip->grab().toImage();
        const auto sound = shown.theme.tokens().colour(ladder::Role::EarlyMedia).rgb();
        const auto columnHas = [&](base::Instant at) {
            const int x = shown.strip->xOf(at);
            for (int y = 0; y < image.height(); ++y)
                if (image.pixel(x, y) == sound)
                    return true;
            return false;
        };
        const auto &loudness = picture.lanes[0].stream->loudness;
        QVERIFY(columnHas(loudness.start() + std::chrono::milliseconds(500)));
        QVERIFY(!columnHas(loudness.start() + std::chrono::milliseconds(2500)));
    }

    void pressingAndDraggingFindsTheRowOfThatMoment()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        QSignalSpy jumps(&shown.focus, &ui::Focus::jumped);
        const auto &picture = shown.strip->picture();
        const auto at = [&](std::chrono::milliseconds since) {
            return QPoint(shown.strip->xOf(picture.from + since), 40);
        };
        QTest::mouseClick(shown.strip, Qt::LeftButton, {}, at(std::chrono::milliseconds(1000)));
        QCOMPARE(jumps.size(), 1);
        QCOMPARE(shown.status(jumps.back()[0].value<ladder::Target>()), 183);
        QTest::mousePress(shown.strip, Qt::LeftButton, {}, at(std::chrono::milliseconds(1000)));
        QMouseEvent drag(QEvent::MouseMove, at(std::chrono::milliseconds(3000)),
                         shown.strip->mapToGlobal(at(std::chrono::milliseconds(3000))),
                         Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(shown.strip, &drag);
        QCOMPARE(
            shown.scenery.store().trace().row({jumps.back()[0].value<ladder::Target>().id}).method,
            sip::Method::Ack);
    }

    void aRowOfTheLadderMovesTheCursor()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        const auto &picture = shown.strip->picture();
        shown.focus.showRow(picture.marks[2].row);
        QCOMPARE(shown.strip->cursorAt(), picture.marks[2].at);
        QVERIFY(shown.strip->accessibleName().contains(QLatin1String("at +1.800 s")));
    }

    void leftAndRightGoFromMarkToMark()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        QSignalSpy jumps(&shown.focus, &ui::Focus::jumped);
        shown.focus.showRow(shown.strip->picture().marks[1].row);
        QTest::keyClick(shown.strip, Qt::Key_Right);
        QCOMPARE(shown.status(jumps.back()[0].value<ladder::Target>()), 200);
        QTest::keyClick(shown.strip, Qt::Key_Left);
        QCOMPARE(jumps.size(), 2);
        QCOMPARE(jumps.back()[0].value<ladder::Target>().id,
                 shown.strip->picture().marks[0].row.value);
        shown.focus.showRow(shown.strip->picture().marks[3].row);
        QTest::keyClick(shown.strip, Qt::Key_Right);
        QCOMPARE(jumps.size(), 2); // there is none behind the last
    }

    void theEarlyPartCanBeSeenAlone()
    {
        Shown shown;
        QVERIFY(!shown.early->isEnabled());
        shown.scenery.say(gui::kEarlyMedia);
        QVERIFY(shown.early->isEnabled());
        const auto &picture = shown.strip->picture();
        const int whole = shown.strip->xOf(picture.marks[2].at);
        shown.early->click();
        QVERIFY(shown.strip->xOf(shown.strip->picture().marks[2].at) > whole);
    }

    void spacePlaysFromTheLineOnAndTheLineGoesAlong()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        auto *play = shown.panel.findChild<QPushButton *>(QStringLiteral("soundPlay"));
        auto &replay = ui::Replay::of(shown.scenery.store());
        const auto &picture = shown.strip->picture();
        const auto at = [&](std::chrono::milliseconds since) {
            return QPoint(shown.strip->xOf(picture.from + since), 40);
        };
        QVERIFY(play->isEnabled());
        QTest::mouseClick(shown.strip, Qt::LeftButton, {}, at(std::chrono::milliseconds(300)));
        const auto from = shown.strip->cursorAt();
        QTest::keyClick(shown.strip, Qt::Key_Space);
        QVERIFY(replay.playing() != nullptr);
        QCOMPARE(play->text(), QStringLiteral("Stop"));
        QCOMPARE(shown.strip->cursorAt(), from);
        QTRY_VERIFY(shown.strip->cursorAt() > picture.from + std::chrono::milliseconds(500));
        QTRY_COMPARE(int(shown.scenery.store().trace().row(shown.focus.row()).status), 183);
        // A click moves it while it plays; the end stops it.
        QTest::mouseClick(shown.strip, Qt::LeftButton, {}, at(std::chrono::milliseconds(3700)));
        QTRY_VERIFY(replay.playing() == nullptr);
        QCOMPARE(play->text(), QStringLiteral("Play"));
        QVERIFY(shown.strip->cursorAt() > picture.from + std::chrono::milliseconds(3700));
    }

    void aClickOnItsNamePlaysAStreamAlone()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        auto *lanes = shown.panel.findChild<QComboBox *>(QStringLiteral("soundLane"));
        QCOMPARE(lanes->count(), 2);
        QCOMPARE(lanes->currentIndex(), 0);
        QTest::mouseClick(shown.strip, Qt::LeftButton, {}, QPoint(20, shown.strip->height() / 2));
        QCOMPARE(lanes->currentIndex(), 1);
        shown.panel.togglePlay();
        const auto *what = ui::Replay::of(shown.scenery.store()).playing();
        QVERIFY(what != nullptr);
        QCOMPARE(what->streams.size(), 1U);
        QTest::keyClick(shown.strip, Qt::Key_Space);
        QVERIFY(ui::Replay::of(shown.scenery.store()).playing() == nullptr);
        QTest::mouseClick(shown.strip, Qt::LeftButton, {}, QPoint(20, shown.strip->height() / 2));
        QCOMPARE(lanes->currentIndex(), 0);
    }

    void whatSoundsEndsWhenAnotherCallIsLookedAt()
    {
        Shown shown;
        shown.scenery.say(gui::kEarlyMedia);
        const auto first = shown.focus.call()->call.id();
        shown.panel.togglePlay();
        auto &replay = ui::Replay::of(shown.scenery.store());
        QVERIFY(replay.playing() != nullptr);
        shown.scenery.say(gui::kFlowFailed);
        const auto other = calls::CallId{first.value + 1};
        QVERIFY(shown.scenery.store().call(other) != nullptr);
        QVERIFY(replay.playing() != nullptr || shown.focus.call()->call.id() == other);
        shown.focus.showCall(other);
        QVERIFY(replay.playing() == nullptr);
    }

    void whatCannotBePlayedIsSaid()
    {
        Shown shown;
        shown.scenery.say(gui::kFlowFailed);
        auto &replay = ui::Replay::of(shown.scenery.store());
        QSignalSpy notices(&replay, &ui::Replay::notice);
        auto *play = shown.panel.findChild<QPushButton *>(QStringLiteral("soundPlay"));
        QVERIFY(!play->isEnabled());
        shown.panel.togglePlay();
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices[0][0].toString().contains(QLatin1String("No RTP belongs")));
    }

    void nothingIsWorkedOutWhileNobodyLooks()
    {
        Shown shown;
        shown.panel.hide();
        shown.scenery.say(gui::kEarlyMedia);
        QVERIFY(shown.strip->picture().lanes.empty());
        shown.panel.show();
        QCOMPARE(shown.strip->picture().lanes.size(), 1U);
    }
};

QTEST_MAIN(SoundPanelTest)
#include "sound_panel_test.moc"
