// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/certificate_sheet.h>

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/trust.h>

namespace ui {
namespace {

QPushButton *button(const QString &text, const char *name, QWidget *parent)
{
    auto *out = new QPushButton(text, parent);
    out->setObjectName(QString::fromLatin1(name));
    out->setAutoDefault(false);
    return out;
}

QString serverOf(const engine::TlsReport &report)
{
    const QString name = shown(report.name);
    return name.isEmpty() ? shown(report.remote.text())
                          : QStringLiteral("%1:%2").arg(name).arg(report.remote.port);
}

} // namespace

QString CertificateSheet::outcome(const engine::TlsReport &report)
{
    if (!report.accepted)
        return tr("refused");
    if (report.verified)
        return tr("verified");
    return report.byException ? tr("NOT verified, accepted by hand")
                              : tr("NOT verified, everything is accepted");
}

QString CertificateSheet::advice(const engine::TlsReport &report)
{
    const std::string &code = report.code;
    if (code.empty())
        return {};
    if (code == "expired")
        return tr("Whoever runs the server has to renew its certificate. If this computer's clock "
                  "is wrong, set it.");
    if (code == "not-yet-valid")
        return tr("Look at this computer's clock first; then at when the certificate was made.");
    if (code == "wrong-name")
        return tr("Call the server by a name that its certificate has, or have one issued that "
                  "names the SIP domain (RFC 5922 section 7.1).");
    if (code == "self-signed" || code == "unknown-ca" || code == "untrusted")
        return tr("If it is your own authority, choose its certificate as the CA file under Call, "
                  "Network and certificates. A server also has to send the certificates between "
                  "its own and the authority's.");
    if (code == "changed")
        return tr("Ask whoever runs the server whether its certificate was renewed, and compare "
                  "the fingerprint over another way before you accept the new one.");
    if (code == "client-certificate")
        return tr("Choose a certificate of your own that the server trusts under Call, Network "
                  "and certificates.");
    if (code == "no-tls")
        return tr("Look at the port: 5061 is the one for TLS. Over TCP the same server may answer "
                  "on 5060.");
    if (code == "version")
        return tr("The server has to offer TLS 1.2 or 1.3; older versions are not safe.");
    if (code == "revoked")
        return tr("Do not use this server until it has another certificate.");
    return tr("The server's own log says more of the handshake than its peer can see.");
}

CertificateSheet::CertificateSheet(std::shared_ptr<const engine::TlsReport> report, Theme &theme,
                                   Trust &trust, QWidget *parent)
    : QDialog(parent), m_report(std::move(report)), m_theme(theme), m_trust(trust),
      m_outcome(plainLabel({}, "certificateOutcome", this)),
      m_reason(plainLabel({}, "certificateReason", this)),
      m_advice(plainLabel({}, "certificateAdvice", this)), m_list(new QTreeWidget(this)),
      m_accept(button(tr("&Accept this certificate anyway..."), "certificateAccept", this)),
      m_revoke(button(tr("&Revoke the exception"), "certificateRevoke", this)),
      m_copy(button(tr("&Copy"), "certificateCopy", this)),
      m_close(button(tr("Close"), "certificateClose", this))
{
    setObjectName(QStringLiteral("certificateSheet"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Certificate of %1").arg(serverOf(*m_report)));
    lay();
    fill();
    display();
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(asText()); });
    connect(m_accept, &QPushButton::clicked, this, &CertificateSheet::askToAccept);
    connect(m_revoke, &QPushButton::clicked, this, [this] {
        const auto *exception = m_trust.exceptionFor(*m_report);
        if (exception == nullptr)
            return;
        m_trust.revoke(engine::TlsException(*exception));
        if (m_trust.exceptionFor(*m_report) == nullptr) // else it could not be, which is told
            Q_EMIT notice(tr("The certificate of %1 is not accepted by hand any more. Connections "
                             "that rest on it end.")
                              .arg(serverOf(*m_report)),
                          false);
    });
    connect(&trust, &Trust::changed, this, &CertificateSheet::display);
    connect(&theme, &Theme::changed, this, &CertificateSheet::display);
}

void CertificateSheet::lay()
{
    for (QLabel *each : {m_outcome, m_reason, m_advice}) {
        each->setWordWrap(true);
        each->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_list->setObjectName(QStringLiteral("certificateList"));
    m_list->setAccessibleName(tr("What the certificate says"));
    m_list->setRootIsDecorated(false);
    m_list->setTabKeyNavigation(false);
    m_list->setWordWrap(true);
    m_list->setHeaderLabels({tr("What"), tr("Seen")});
    m_list->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_close->setDefault(true);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_accept);
    buttons->addWidget(m_revoke);
    buttons->addStretch(1);
    buttons->addWidget(m_copy);
    buttons->addWidget(m_close);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(10);
    layout->addWidget(m_outcome);
    layout->addWidget(m_reason);
    layout->addWidget(m_advice);
    layout->addWidget(m_list, 1);
    layout->addLayout(buttons);
    orderTabs({m_list, m_accept, m_revoke, m_copy, m_close});
    m_close->setFocus();
    resize(880, 470); // a fingerprint in one line
}

void CertificateSheet::fill()
{
    const engine::TlsReport &r = *m_report;
    const auto add = [&](const QString &what, const QString &seen) {
        if (seen.isEmpty())
            return;
        auto *item = new QTreeWidgetItem({what, seen});
        item->setToolTip(1, plainTip(seen));
        m_list->addTopLevelItem(item);
    };
    QStringList names;
    for (const std::string &name : r.names)
        names << shown(name);
    add(tr("Server"), shown(r.remote.text()));
    add(tr("Has to name"), shown(r.name));
    add(tr("Names"),
        names.isEmpty() && !r.subject.empty() ? tr("nobody") : names.join(QStringLiteral(", ")));
    add(tr("Subject"), shown(r.subject));
    add(tr("Issuer"), shown(r.issuer));
    add(tr("Valid from"), shown(r.notBefore));
    add(tr("Valid until"), shown(r.notAfter));
    add(tr("SHA-256"), shown(r.fingerprint));
    add(tr("Accepted before"), shown(r.expected));
    add(tr("Protocol"), shown(r.protocol));
    add(tr("Cipher"), shown(r.cipher));
}

void CertificateSheet::display()
{
    const engine::TlsReport &r = *m_report;
    const auto *exception = m_trust.exceptionFor(r);
    const bool same = exception != nullptr && exception->fingerprint == r.fingerprint;
    QPalette palette = m_outcome->palette();
    palette.setColor(
        QPalette::WindowText,
        m_theme.tokens().colour(r.verified ? ladder::Role::Success : ladder::Role::ServerError));
    m_outcome->setPalette(palette);
    m_outcome->setFont(m_theme.font(FontKind::Heading));
    m_outcome->setText(tr("%1: %2").arg(serverOf(r), outcome(r)));
    m_reason->setText(r.verified ? tr("Its chain of certificates ends at an authority trusted "
                                      "here, and it names whom it has to.")
                                 : shown(r.sentence));
    QString next = advice(r);
    if (same && !r.accepted)
        next = tr("It is accepted by hand since. Call again, or let the flow register again.");
    m_advice->setText(next);
    m_advice->setVisible(!next.isEmpty());
    m_accept->setVisible(!r.accepted && !same && !r.fingerprint.empty() && r.code != "handshake" &&
                         r.code != "client-certificate");
    m_revoke->setVisible(exception != nullptr);
}

/// Loud, once for each server and certificate; nothing but a click on that button accepts.
void CertificateSheet::askToAccept()
{
    auto *question = new QMessageBox(this);
    question->setObjectName(QStringLiteral("acceptCertificate"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setIcon(QMessageBox::Warning);
    question->setTextFormat(Qt::PlainText);
    question->setText(
        tr("Accept the certificate of %1 though it cannot be verified?").arg(serverOf(*m_report)));
    question->setInformativeText(
        tr("%1\n\nWhoever stands between you and the server could show a certificate like this "
           "one, then read and change every call and password. Compare the fingerprint with the "
           "one the server's owner names:\n\n%2\n\nOnly this certificate of this server is "
           "accepted, until you revoke it. A red bar says so all the time.")
            .arg(shown(m_report->sentence), shown(m_report->fingerprint)));
    QPushButton *yes = question->addButton(tr("Accept it"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("acceptYes"));
    QPushButton *no = question->addButton(QMessageBox::Cancel);
    question->setDefaultButton(no);
    question->setEscapeButton(no);
    connect(yes, &QPushButton::clicked, this, &CertificateSheet::accepted);
    question->open();
}

void CertificateSheet::accepted()
{
    if (const auto ok = m_trust.accept(*m_report); !ok)
        Q_EMIT notice(shown(ok.error().sentence), true);
    else
        Q_EMIT notice(tr("The certificate of %1 is accepted by hand now. Call again.")
                          .arg(serverOf(*m_report)),
                      false);
}

QString CertificateSheet::asText() const
{
    QString out = m_outcome->text() + QLatin1Char('\n') + m_reason->text() + QLatin1Char('\n');
    for (int i = 0; i < m_list->topLevelItemCount(); ++i)
        out += QStringLiteral("%1: %2\n")
                   .arg(m_list->topLevelItem(i)->text(0), m_list->topLevelItem(i)->text(1));
    return out;
}

} // namespace ui
