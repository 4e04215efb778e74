// SPDX-License-Identifier: Apache-2.0
// What a handshake came to, accepted by hand and taken back, in the window.
#include <gui/window_support.h>
#include <QAction>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeWidget>
#include <ui/panels/certificate_sheet.h>
#include <ui/panels/flow_strip.h>
#include <ui/trust.h>

namespace {

constexpr const char *kPrint =
    "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:"
    "99";

engine::TlsReport refused()
{
    engine::TlsReport out;
    out.remote = *base::Endpoint::parse("192.0.2.1:5061");
    out.name = "edge.example.test";
    out.code = "self-signed";
    out.sentence = "The certificate of edge.example.test is signed by itself.";
    out.subject = "CN = <b>edge</b>";
    out.issuer = out.subject;
    out.names = {"edge.example.test", "other.example.test"};
    out.fingerprint = kPrint;
    out.protocol = "TLSv1.3";
    return out;
}

QString cell(const QDialog &sheet, const QString &what)
{
    const auto *list = sheet.findChild<QTreeWidget *>(QStringLiteral("certificateList"));
    for (int i = 0; i < list->topLevelItemCount(); ++i)
        if (list->topLevelItem(i)->text(0) == what)
            return list->topLevelItem(i)->text(1);
    return {};
}

QPushButton *button(const QDialog &sheet, const char *name)
{
    return sheet.findChild<QPushButton *>(QString::fromLatin1(name));
}

class CertificateTest : public QObject
{
    Q_OBJECT

    ui::CertificateSheet *show(gui::Stage &stage, const engine::TlsReport &report)
    {
        auto *sheet = new ui::CertificateSheet(std::make_shared<const engine::TlsReport>(report),
                                               stage.theme(), *trust(stage), &stage.window());
        sheet->show();
        return sheet;
    }
    static ui::Trust *trust(gui::Stage &stage) { return stage.window().findChild<ui::Trust *>(); }

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    static void init() { gui::failOnWarnings(); }

    void theSheetSaysWhatTheCertificateSays()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        const QPointer sheet = show(stage, refused());
        QCOMPARE(cell(*sheet, QStringLiteral("Has to name")), QStringLiteral("edge.example.test"));
        QCOMPARE(cell(*sheet, QStringLiteral("Names")),
                 QStringLiteral("edge.example.test, other.example.test"));
        QCOMPARE(cell(*sheet, QStringLiteral("Subject")), QStringLiteral("CN = <b>edge</b>"));
        QCOMPARE(cell(*sheet, QStringLiteral("SHA-256")), QString::fromLatin1(kPrint));
        QVERIFY(sheet->findChild<QLabel *>(QStringLiteral("certificateOutcome"))
                    ->text()
                    .contains(QLatin1String("refused")));
        QVERIFY(sheet->findChild<QLabel *>(QStringLiteral("certificateAdvice"))
                    ->text()
                    .contains(QLatin1String("CA file")));
        QVERIFY(button(*sheet, "certificateAccept")->isVisible());
        QVERIFY(!button(*sheet, "certificateRevoke")->isVisible());
        auto fine = refused();
        fine.accepted = fine.verified = true;
        fine.code.clear();
        const QPointer other = show(stage, fine);
        QVERIFY(!button(*other, "certificateAccept")->isVisible());
    }

    void acceptingIsAskedForKeptMarkedAndTakenBack()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        auto *bar = stage.find<QWidget>("trustBar");
        QVERIFY(!bar->isVisible());
        const QPointer sheet = show(stage, refused());
        button(*sheet, "certificateAccept")->click();
        auto *question = sheet->findChild<QMessageBox *>(QStringLiteral("acceptCertificate"));
        QVERIFY(question != nullptr && question->isVisible());
        QVERIFY(question->informativeText().contains(QString::fromLatin1(kPrint)));
        QCOMPARE(question->defaultButton(), question->button(QMessageBox::Cancel));
        question->button(QMessageBox::Cancel)->click();
        QVERIFY2(trust(stage)->options().exceptions.empty(), "Cancel accepts nothing");

        button(*sheet, "certificateAccept")->click();
        QTRY_VERIFY(sheet->findChild<QPushButton *>(QStringLiteral("acceptYes")) != nullptr);
        for (auto *each : sheet->findChildren<QPushButton *>(QStringLiteral("acceptYes")))
            if (each->isVisible())
                each->click();
        const auto &now = trust(stage)->options().exceptions;
        QCOMPARE(now.size(), std::size_t{1});
        QCOMPARE(now.front().host, std::string("edge.example.test"));
        QCOMPARE(now.front().port, std::uint16_t{5061});
        QVERIFY(bar->isVisible());
        QVERIFY(bar->accessibleName().contains(QLatin1String("edge.example.test:5061")));
        const ui::Settings kept;
        QVERIFY(kept.tls().exceptions == now);
        QVERIFY(!button(*sheet, "certificateAccept")->isVisible());

        stage.find<QPushButton>("trustShow")->click();
        auto *dialog = stage.find<QDialog>("networkDialog");
        QVERIFY(dialog != nullptr);
        auto *list = dialog->findChild<QTreeWidget *>(QStringLiteral("networkList"));
        QCOMPARE(list->topLevelItemCount(), 1);
        button(*dialog, "networkRevoke")->click();
        QCOMPARE(list->topLevelItemCount(), 0);
        QVERIFY(!bar->isVisible());
        const ui::Settings after;
        QVERIFY(after.tls().exceptions.empty());
        QVERIFY(button(*sheet, "certificateAccept")->isVisible());
    }

    void anotherCertificateReplacesTheOneBefore()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        QVERIFY(trust(stage)->accept(refused()));
        auto other = refused();
        other.fingerprint[0] = 'B';
        QVERIFY(trust(stage)->accept(other));
        QCOMPARE(trust(stage)->options().exceptions.size(), std::size_t{1});
        QCOMPARE(trust(stage)->options().exceptions.front().fingerprint, other.fingerprint);
        trust(stage)->revoke(engine::TlsException(trust(stage)->options().exceptions.front()));
    }

    void aFileThatCannotBeReadIsRefusedInTheDialog()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        stage.find<QAction>("call.network")->trigger();
        auto *dialog = stage.find<QDialog>("networkDialog");
        QVERIFY(dialog != nullptr);
        dialog->findChild<QLineEdit *>(QStringLiteral("networkCa"))
            ->setText(QStringLiteral("/nowhere/ca.pem"));
        button(*dialog, "networkKeep")->click();
        QVERIFY(dialog->isVisible());
        QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("networkProblem"))
                    ->text()
                    .contains(QLatin1String("/nowhere/ca.pem")));
        dialog->reject();
    }

    void aHandshakeThatWasNotVerifiedMarksTheFlow()
    {
        gui::Stage stage;
        QVERIFY(stage.ok());
        desk::AccountInfo account;
        account.handle = engine::AccountHandle{7};
        account.account.aor = "sip:bob@example.test";
        base::FlowReport flow;
        flow.aor = account.account.aor;
        flow.regId = 1;
        flow.state = base::FlowState::Up;
        flow.remote = refused().remote;
        flow.tls = "TLSv1.3, edge, NOT verified";
        account.flows = {{1, flow}};
        stage.bridge().store().applyAccount(account);
        auto *chip = stage.find<QWidget>("flow-7-1");
        QVERIFY(chip != nullptr);
        QVERIFY(chip->accessibleName().contains(QLatin1String("TLS not verified")));
        auto *certificate = stage.find<QPushButton>("flowCertificate");
        QVERIFY2(!certificate->isEnabled(), "no handshake was told of");
        stage.bridge().store().applyTls(refused());
        QVERIFY(certificate->isEnabled());
        certificate->click();
        QVERIFY(stage.find<QDialog>("certificateSheet") != nullptr);
        account.flows[1].tlsVerified = true;
        stage.bridge().store().applyAccount(account);
        QVERIFY(!chip->accessibleName().contains(QLatin1String("not verified")));
    }
};

} // namespace

QTEST_MAIN(CertificateTest)
#include "certificate_test.moc"
