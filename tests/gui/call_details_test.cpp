// SPDX-License-Identifier: Apache-2.0
// The details of the next calls: what is entered is what a call is told, and no more.
#include <algorithm>
#include <gui/gui_support.h>
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <ui/panels/call_details.h>

namespace {

template <class W> W *child(const QWidget &parent, const char *name)
{
    return parent.findChild<W *>(QString::fromLatin1(name));
}

desk::CallOptions unusual()
{
    desk::CallOptions out;
    out.lateOffer = true;
    out.srtp = media::Srtp::Dtls;
    out.sending.kind = media::SendKind::Tone;
    out.sending.toneHertz = 425;
    out.extras.requestUri = "sip:other@example.test";
    out.extras.routes = {"sip:a.example.test;lr", "sip:b.example.test;lr"};
    out.extras.headers = {
        {"X-One", "1"}, {"P-Early-Media", "supported"}, {"Privacy", "id"}, {"X-Two", "2"}};
    out.extras.sessionId = true;
    out.extras.sessionExpires = 1800;
    return out;
}

} // namespace

class CallDetailsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }

    void whatWasSetComesBackWhole()
    {
        const desk::CallOptions before = unusual();
        const ui::CallDetails dialog(before);
        desk::CallOptions after;
        dialog.apply(after);
        QCOMPARE(after.lateOffer, true);
        QCOMPARE(after.srtp, media::Srtp::Dtls);
        QVERIFY(after.sending == before.sending);
        QCOMPARE(after.extras.requestUri, before.extras.requestUri);
        QCOMPARE(after.extras.routes, before.extras.routes);
        QCOMPARE(after.extras.sessionExpires, 1800U);
        QVERIFY(after.extras.sessionId);
        QCOMPARE(after.extras.headers.size(), before.extras.headers.size());
        for (const auto &header : before.extras.headers) {
            const auto &all = after.extras.headers;
            const bool there = std::any_of(all.begin(), all.end(), [&](const auto &other) {
                return other.first == header.first &&
                       QString::fromStdString(other.second).trimmed() ==
                           QString::fromStdString(header.second);
            });
            QVERIFY2(there, header.first.c_str());
        }
        QCOMPARE(ui::CallDetails::different(before), ui::CallDetails::different(after));
        QCOMPARE(ui::CallDetails::different({}), 0);
    }

    void whatCannotBeIsRefusedWithASentence()
    {
        ui::CallDetails dialog({});
        dialog.show();
        auto *problem = child<QLabel>(dialog, "detailsProblem");
        auto *headers = child<QPlainTextEdit>(dialog, "detailsHeaders");
        auto *keep = child<QPushButton>(dialog, "detailsKeep");
        headers->setPlainText(QStringLiteral("no colon here"));
        keep->click();
        QVERIFY(dialog.isVisible());
        QVERIFY2(problem->text().contains(QLatin1String("no colon here")),
                 qPrintable(problem->text()));
        headers->setPlainText(QStringLiteral("X-Right: yes"));
        child<QSpinBox>(dialog, "detailsTimer")->setValue(30);
        keep->click();
        QVERIFY(problem->text().contains(QLatin1String("90")));
        child<QSpinBox>(dialog, "detailsTimer")->setValue(90);
        child<QLineEdit>(dialog, "detailsRequestUri")->setText(QStringLiteral("bob"));
        keep->click();
        QVERIFY(problem->text().contains(QLatin1String("\"bob\"")));
        child<QLineEdit>(dialog, "detailsRequestUri")->clear();
        child<QLineEdit>(dialog, "detailsLocalAddress")->setText(QStringLiteral("here"));
        keep->click();
        QVERIFY(problem->text().contains(QLatin1String("\"here\"")));
        child<QLineEdit>(dialog, "detailsLocalAddress")->setText(QStringLiteral("::1"));
        keep->click();
        QVERIFY(!dialog.isVisible());
    }

    void anOrdinaryCallIsOneButtonAway()
    {
        ui::CallDetails dialog(unusual());
        child<QPushButton>(dialog, "detailsNone")->click();
        desk::CallOptions after;
        dialog.apply(after);
        QCOMPARE(ui::CallDetails::different(after), 0);
    }
};

QTEST_MAIN(CallDetailsTest)
#include "call_details_test.moc"
