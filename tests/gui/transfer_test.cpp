// SPDX-License-Identifier: Apache-2.0
// A transfer asks whom: an address, or another call of ours that is answered (attended).
#include <gui/window_support.h>
#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <ui/panels/ask_dialog.h>

class TransferTest : public QObject
{
    Q_OBJECT

    static desk::CallInfo talk(std::uint32_t number, const std::string &with,
                               desk::CallInfo::Stage stage)
    {
        desk::CallInfo info;
        info.handle = engine::CallHandle{number};
        info.callId = "talk-" + std::to_string(number);
        info.options.target = with;
        info.stage = stage;
        return info;
    }

    static QString said(const QWidget *dialog, const char *label)
    {
        return dialog->findChild<QLabel *>(QString::fromLatin1(label))->text();
    }

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void anotherTalkIsOffered()
    {
        using Stage = desk::CallInfo::Stage;
        gui::Stage stage;
        QVERIFY(stage.ok());
        ui::Store &store = stage.bridge().store();
        store.applyCall(talk(1, "sip:bob@example.test", Stage::Answered));
        store.applyCall(talk(2, "sip:carol@example.test", Stage::Ended));
        store.applyCall(talk(3, "sip:dave@example.test", Stage::Ringing));
        store.applyCall(talk(4, "sip:erin@example.test", Stage::Answered));
        stage.find<QAction>("call.transfer")->trigger();
        auto *dialog = stage.find<ui::AskDialog>("ask");
        QVERIFY(dialog != nullptr);
        auto *field = dialog->findChild<QComboBox *>();
        QCOMPARE(field->count(), 1);
        QCOMPARE(field->itemText(0), QStringLiteral("call 1: sip:bob@example.test"));
        QVERIFY(field->isEditable());
        QVERIFY(said(dialog, "askText").contains(QLatin1String("attended")));
        // It is what is meant most often, so Return takes it.
        QCOMPARE(dialog->answer(), QStringLiteral("call 1: sip:bob@example.test"));
        dialog->accept();
        QVERIFY(!dialog->isVisible());
        stage.find<QAction>("call.transfer")->trigger();
        dialog = stage.window().findChildren<ui::AskDialog *>(QStringLiteral("ask")).constLast();
        // What can be no answer is said where it was typed, and nothing of it stays behind.
        field = dialog->findChild<QComboBox *>();
        for (const char *text : {"call 9: nobody", "  "}) {
            field->setEditText(QString::fromLatin1(text));
            dialog->accept();
            QVERIFY2(dialog->isVisible(), text);
            QVERIFY(!said(dialog, "askProblem").isEmpty());
        }
        field->setEditText(QStringLiteral("call 9: nobody"));
        dialog->accept();
        QVERIFY(said(dialog, "askProblem").contains(QLatin1String("is not a SIP URI")));
        dialog->reject();
        QVERIFY(stage.window().findChild<QLabel *>(QStringLiteral("noticeText")) == nullptr);
    }

    void aloneAnAddressIsAskedFor()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.bridge().store().applyCall(
            talk(1, "sip:bob@example.test", desk::CallInfo::Stage::Answered));
        stage.find<QAction>("call.transfer")->trigger();
        auto *dialog = stage.find<ui::AskDialog>("ask");
        QVERIFY(dialog != nullptr);
        QCOMPARE(dialog->findChild<QComboBox *>()->count(), 0);
        QVERIFY(dialog->answer().isEmpty());
        QVERIFY(!said(dialog, "askText").contains(QLatin1String("attended")));
        dialog->reject();
    }
};

QTEST_MAIN(TransferTest)
#include "transfer_test.moc"
