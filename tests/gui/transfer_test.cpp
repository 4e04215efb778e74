// SPDX-License-Identifier: Apache-2.0
// A transfer asks whom: an address, or another call of ours that is answered (attended).
#include <gui/window_support.h>
#include <QAction>
#include <QComboBox>
#include <QInputDialog>
#include <QLabel>

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
        auto *dialog = stage.find<QInputDialog>("ask");
        QVERIFY(dialog != nullptr);
        QCOMPARE(dialog->comboBoxItems(),
                 QStringList{QStringLiteral("call 1: sip:bob@example.test")});
        QVERIFY(dialog->isComboBoxEditable());
        QVERIFY(dialog->labelText().contains(QLatin1String("attended")));
        // Chosen, it is no address that cannot be read; anything else that is typed is one.
        const auto refused = [&] {
            const auto texts = stage.window().findChildren<QLabel *>(QStringLiteral("noticeText"));
            return std::any_of(texts.begin(), texts.end(), [](const QLabel *text) {
                return text->text().contains(QLatin1String("is not a SIP URI"));
            });
        };
        dialog->setTextValue(QStringLiteral("call 1: sip:bob@example.test"));
        dialog->accept();
        QVERIFY(!refused());
        stage.find<QAction>("call.transfer")->trigger();
        const auto asked = stage.window().findChildren<QInputDialog *>(QStringLiteral("ask"));
        asked.back()->setTextValue(QStringLiteral("call 9: nobody"));
        asked.back()->accept();
        QVERIFY(refused());
    }

    void aloneAnAddressIsAskedFor()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.bridge().store().applyCall(
            talk(1, "sip:bob@example.test", desk::CallInfo::Stage::Answered));
        stage.find<QAction>("call.transfer")->trigger();
        auto *dialog = stage.find<QInputDialog>("ask");
        QVERIFY(dialog != nullptr);
        QVERIFY(dialog->comboBoxItems().isEmpty());
        QVERIFY(!dialog->labelText().contains(QLatin1String("attended")));
        dialog->reject();
    }
};

QTEST_MAIN(TransferTest)
#include "transfer_test.moc"
