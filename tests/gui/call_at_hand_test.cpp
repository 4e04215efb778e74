// SPDX-License-Identifier: Apache-2.0
// What can be done about a call now: menus that say what is missing, the bar of an incoming call,
// the forks to listen to, and clocks that go on while nothing comes.
#include <gui/window_support.h>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <ui/keychain.h>
#include <ui/models/call_facts.h>
#include <ui/panels/account_dialog.h>
#include <ui/panels/ask_dialog.h>
#include <ui/panels/bars.h>
#include <ui/panels/ladder_pane.h>
#include <ui/views/ladder_view.h>

class CallAtHandTest : public QObject
{
    Q_OBJECT

    static constexpr const char *kForked = R"(
0.000 alice>bob INVITE offer
0.010 bob>alice 183 tag=A1 answer
0.020 bob>alice rtp 40
1.000 bob>alice 183 tag=B2 sdp=0@gw
1.010 gw>alice rtp 40 ssrc=2
3.000 bob>alice 200 tag=B2 sdp=0@gw
3.010 alice>bob ACK tag=B2
)";

    static desk::CallInfo incoming()
    {
        desk::CallInfo info;
        info.handle = engine::CallHandle{7};
        info.callId = "ringing";
        info.incoming = true;
        info.from = "\"Zoe\" <sip:zoe@example.test>;tag=1";
        info.stage = desk::CallInfo::Stage::Ringing;
        return info;
    }
    static QString textOf(const QWidget *inside, const char *label)
    {
        return inside->findChild<QLabel *>(QString::fromLatin1(label))->text();
    }
    static std::string wordOn(const ladder::Scene &scene, std::uint32_t dialog)
    {
        for (const auto &text : scene.texts) {
            if (text.target == ladder::Target{ladder::TargetKind::Dialog, dialog})
                return text.text;
        }
        return {};
    }
    static QPoint placeOf(const ladder::Scene &scene, std::uint32_t dialog)
    {
        for (const auto &rect : scene.rects) {
            if (rect.target == ladder::Target{ladder::TargetKind::Dialog, dialog})
                return QPointF(rect.x + rect.width / 2, rect.y + rect.height / 2).toPoint();
        }
        return {};
    }

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void aMenuGreysWhatHasNothingToActOnAndAKeySaysWhy()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto *menu = stage.find<QMenu>("menu-call");
        auto *answer = stage.find<QAction>("call.answer");
        Q_EMIT menu->aboutToShow();
        for (const char *id : {"call.answer", "call.decline", "call.early", "call.declineWith",
                               "call.redirect", "call.hangUp", "call.hold", "call.transfer",
                               "call.digits", "call.like", "call.mute"}) {
            const auto *action = stage.find<QAction>(id);
            QVERIFY2(!action->isEnabled(), id);
            QVERIFY2(!action->toolTip().isEmpty(), id);
        }
        QVERIFY(stage.find<QAction>("call.place")->isEnabled());
        QVERIFY(menu->toolTipsVisible());
        Q_EMIT menu->aboutToHide();
        answer->trigger(); // what its key does
        const auto *notices = stage.window().parts().notices;
        QCOMPARE(notices->sentences().size(), 1);
        QVERIFY(notices->sentences().front().startsWith(QLatin1String("Nobody is calling")));

        stage.bridge().store().applyCall(incoming());
        Q_EMIT menu->aboutToShow();
        QVERIFY(answer->isEnabled());
        QVERIFY(!stage.find<QAction>("call.hold")->isEnabled());
        Q_EMIT menu->aboutToHide();
    }

    void everythingCanBeDoneFromTheBarOfAnIncomingCall()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.bridge().store().applyCall(incoming());
        auto *bar = stage.window().parts().incoming;
        QVERIFY(bar->isVisible());
        for (const char *name : {"answer", "answerEarly", "decline", "declineWith", "redirect"}) {
            const auto *button = bar->findChild<QPushButton *>(QString::fromLatin1(name));
            QVERIFY2(button != nullptr && button->focusPolicy() != Qt::NoFocus, name);
            QVERIFY2(button->toolTip().contains(QLatin1String("Ctrl+")), name);
        }
        QSignalSpy early(bar, &ui::IncomingBar::earlyWanted);
        bar->findChild<QPushButton *>(QStringLiteral("answerEarly"))->click();
        QCOMPARE(early.count(), 1);
        QVERIFY(bar->isVisible()); // it still rings
        bar->findChild<QPushButton *>(QStringLiteral("declineWith"))->click();
        auto *ask = stage.find<ui::AskDialog>("ask");
        QVERIFY(ask != nullptr);
        QVERIFY(ask->answer().startsWith(QLatin1String("486")));
        for (const char *wrong : {"abc", "200", "700", ""}) {
            ask->findChild<QComboBox *>()->setEditText(QString::fromLatin1(wrong));
            ask->accept();
            QVERIFY2(ask->isVisible() && !textOf(ask, "askProblem").isEmpty(), wrong);
        }
        QCOMPARE(stage.window().parts().notices->sentences(), QStringList());
        auto *line = ask->findChild<QComboBox *>()->lineEdit();
        line->selectAll();
        QTest::keyClicks(line, QStringLiteral("480"));
        QTest::keyClick(line, Qt::Key_Return); // the code alone is enough, one Return too
        QVERIFY(!ask->isVisible());
    }

    void aQuestionAboutACallThatEndedIsClosedAndSaidToBe()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto call = incoming();
        stage.bridge().store().applyCall(call);
        for (const char *name : {"declineWith", "redirect"}) {
            call.stage = desk::CallInfo::Stage::Ringing;
            stage.bridge().store().applyCall(call);
            auto *bar = stage.window().parts().incoming;
            bar->findChild<QPushButton *>(QString::fromLatin1(name))->click();
            QPointer<ui::AskDialog> ask =
                stage.window().findChildren<ui::AskDialog *>(QStringLiteral("ask")).constLast();
            QVERIFY(ask->isVisible());
            call.stage = desk::CallInfo::Stage::Early; // it still rings
            stage.bridge().store().applyCall(call);
            QVERIFY(ask->isVisible());
            call.stage = desk::CallInfo::Stage::Ended; // the caller hung up
            stage.bridge().store().applyCall(call);
            QVERIFY2(ask.isNull() || !ask->isVisible(), name);
            QTRY_VERIFY(ask.isNull());
            QVERIFY(stage.window()
                        .parts()
                        .notices->sentences()
                        .join(QLatin1Char(' '))
                        .contains(QLatin1String("does not ring any more")));
        }
    }

    void whoIsAnsweredByItselfIsAList()
    {
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        ui::SavedAccount saved;
        saved.account.aor = "sip:auto@example.test";
        saved.account.proxies = {"sip:edge.example.test;lr"};
        dialog.load(saved);
        dialog.show();
        auto *callers = dialog.findChild<QLineEdit *>(QStringLiteral("accountCallers"));
        QVERIFY(!callers->isEnabled());
        dialog.findChild<QCheckBox *>(QStringLiteral("accountAnswer"))->setChecked(true);
        QVERIFY(callers->isEnabled());
        for (const char *wrong : {"", "bob@", "a b@c d@@"}) {
            callers->setText(QString::fromLatin1(wrong));
            dialog.accept();
            QVERIFY2(dialog.isVisible() && !textOf(&dialog, "accountProblem").isEmpty(), wrong);
        }
        callers->setText(QStringLiteral("sip:bob@example.com, example.org"));
        dialog.accept();
        QVERIFY(!dialog.isVisible());
        const std::vector<std::string> both{"bob@example.com", "example.org"};
        QCOMPARE(dialog.account().answerOnly, both);
        settings.saveAccount(dialog.account());
        QCOMPARE(settings.accounts().front().answerOnly, both);
        settings.removeAccount("sip:auto@example.test");
    }

    void aUserNameWantsItsPassword()
    {
        ui::Settings settings;
        ui::Keychain keychain;
        ui::AccountDialog dialog(settings, keychain);
        ui::SavedAccount saved;
        saved.account.aor = "sip:bob@example.test";
        saved.account.proxies = {"sip:edge.example.test;lr"};
        saved.account.credentials.user = "bob";
        dialog.load(saved);
        dialog.show();
        dialog.accept();
        QVERIFY(dialog.isVisible());
        QVERIFY(textOf(&dialog, "accountProblem").contains(QLatin1String("password")));
        dialog.findChild<QLineEdit *>(QStringLiteral("accountPassword"))
            ->setText(QStringLiteral("x"));
        dialog.accept();
        QVERIFY(!dialog.isVisible());
    }

    void aForkIsListenedToByItsButtonOrItsKey()
    {
        const QTemporaryDir folder;
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.window().deeds().openFile(gui::sceneFile(folder, kForked));
        const auto &parts = stage.window().parts();
        const auto scene = [&] { return parts.ladder->scene(); };
        QTRY_VERIFY_WITH_TIMEOUT(scene() && wordOn(*scene(), 0) == "Play", 20'000);
        QCOMPARE(wordOn(*scene(), 1), std::string("Play")); // both were captured with their sound
        QTRY_VERIFY(std::any_of(scene()->lanes.begin(), scene()->lanes.end(), [](const auto &lane) {
            return lane.winner && lane.name == "tag B2";
        }));
        const auto *dialogs = stage.find<QComboBox>("earlyDialogs");
        QTest::mouseClick(parts.ladder->view().viewport(), Qt::LeftButton, {},
                          placeOf(*scene(), 1));
        QCOMPARE(dialogs->currentIndex(), 1);
        stage.find<QAction>("call.listen")->trigger();
        QCOMPARE(dialogs->currentIndex(), 0);
        QTRY_COMPARE(wordOn(*scene(), 1), std::string("Play"));
    }

    void clocksGoOnWhileNothingComes()
    {
        gui::Scenery scenery;
        ui::Focus focus(scenery.store());
        QSignalSpy passed(&focus, &ui::Focus::passed);
        scenery.say("0.000 alice>bob INVITE offer\n0.010 bob>alice 180 tag=x\n");
        const ui::CallPtr captured = scenery.store().calls().front();
        QVERIFY(!ui::goesOn(*captured)); // of a file nothing more comes by itself
        QCOMPARE(ui::momentOf(*captured), captured->now);
        auto live = std::make_shared<session::CallView>(*captured);
        live->live = true;
        auto update = std::make_shared<session::Update>();
        update->calls = {live};
        scenery.store().applyUpdates({update});
        QVERIFY(ui::goesOn(*live));
        QVERIFY(ui::momentOf(*live) > live->now);
        const auto before = ui::phasesOf(*live, scenery.store().trace()).ended;
        QTRY_VERIFY(passed.count() > 0);
        QVERIFY(ui::phasesOf(*live, scenery.store().trace()).ended > before);
    }

    void onlyA180IsCalledRinging()
    {
        for (const bool rings : {true, false}) {
            gui::Scenery scenery;
            scenery.say(rings ? "0.000 alice>bob INVITE offer\n0.010 bob>alice 180 tag=x\n"
                              : "0.000 alice>bob INVITE offer\n0.010 bob>alice 183 tag=x\n");
            const auto phases =
                ui::phasesOf(*scenery.store().calls().front(), scenery.store().trace());
            QVERIFY(phases.hasProvisional);
            QCOMPARE(phases.alerting, rings);
        }
    }
};

QTEST_MAIN(CallAtHandTest)
#include "call_at_hand_test.moc"
