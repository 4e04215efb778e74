// SPDX-License-Identifier: Apache-2.0
// The details of the next calls: what is entered is what a call is told, and no more.
#include <algorithm>
#include <gui/gui_support.h>
#include <QCheckBox>
#include <QComboBox>
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
    out.extras.body = "<presence/>\r\n<x/>\r\n";
    out.extras.bodyType = "application/pidf+xml";
    out.events = false;
    out.rtcpMux = true;
    out.ringback = "US";
    out.hangUpAfter = std::chrono::milliseconds(2500);
    out.cancelAfter = std::chrono::seconds(20);
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
        QCOMPARE(after.extras.body, before.extras.body);
        QCOMPARE(after.extras.bodyType, before.extras.bodyType);
        QVERIFY(!after.events && after.rtcpMux);
        QCOMPARE(after.ringback, before.ringback);
        QCOMPARE(after.hangUpAfter.count(), before.hangUpAfter.count());
        QCOMPARE(after.cancelAfter.count(), before.cancelAfter.count());
        desk::CallOptions carried;
        ui::CallDetails::carry(after, carried);
        QCOMPARE(ui::CallDetails::different(carried), ui::CallDetails::different(before));
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

    void aBodyNeedsItsTypeAndACountryItsRingback()
    {
        ui::CallDetails dialog({});
        dialog.show();
        auto *problem = child<QLabel>(dialog, "detailsProblem");
        auto *keep = child<QPushButton>(dialog, "detailsKeep");
        auto *body = child<QPlainTextEdit>(dialog, "detailsBody");
        body->setPlainText(QStringLiteral("<presence/>"));
        keep->click();
        QVERIFY(dialog.isVisible());
        QVERIFY(problem->text().contains(QLatin1String("needs its type")));
        body->setPlainText(QStringLiteral("v=0\no=- 1 1 IN IP4 192.0.2.1"));
        child<QComboBox>(dialog, "detailsRingback")->setEditText(QStringLiteral("XX"));
        keep->click();
        QVERIFY(problem->text().contains(QLatin1String("\"XX\"")));
        child<QComboBox>(dialog, "detailsRingback")->setEditText(QStringLiteral("us"));
        keep->click();
        QVERIFY(!dialog.isVisible());
        desk::CallOptions after;
        dialog.apply(after);
        QCOMPARE(after.ringback, std::string("US"));
        QCOMPARE(after.extras.bodyType, std::string("application/sdp"));
        QCOMPARE(after.extras.body, std::string("v=0\r\no=- 1 1 IN IP4 192.0.2.1"));
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
