// SPDX-License-Identifier: Apache-2.0
// Notices: bounded, one in the place of the one before of its kind, and what can be undone is.
#include <gui/gui_support.h>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <ui/panels/bars.h>

class NoticesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void oneTakesThePlaceOfTheOneBeforeOfItsKind()
    {
        ui::NoticeBar bar;
        bar.add(QStringLiteral("Written to a."), false, QStringLiteral("written"));
        bar.add(QStringLiteral("Flow 1 is refused."), true);
        bar.add(QStringLiteral("Written to b."), false, QStringLiteral("written"));
        QCOMPARE(bar.sentences(), QStringList({QStringLiteral("Flow 1 is refused."),
                                               QStringLiteral("Written to b.")}));
        for (int i = 0; i < 9; ++i)
            bar.add(QString::number(i), true);
        QCOMPARE(bar.sentences().size(), 3);
    }

    void whatWasDoneIsTakenBackByOnePress()
    {
        ui::NoticeBar bar;
        int undone = 0;
        bar.add(QStringLiteral("Gone."), false, {}, {QStringLiteral("Undo"), [&] { ++undone; }});
        bar.findChild<QPushButton *>(QStringLiteral("noticeAct"))->click();
        QCOMPARE(undone, 1);
        QCOMPARE(bar.sentences(), QStringList());
    }

    void theKeysStayWhereTheyAre()
    {
        QWidget window;
        QVBoxLayout rows(&window);
        ui::NoticeBar bar;
        QLineEdit field;
        rows.addWidget(&bar);
        rows.addWidget(&field);
        window.show();
        window.activateWindow();
        field.setFocus();
        QTRY_VERIFY(field.hasFocus());
        bar.add(QStringLiteral("Something."), true);
        QVERIFY(field.hasFocus());
    }
};

QTEST_MAIN(NoticesTest)
#include "notices_test.moc"
