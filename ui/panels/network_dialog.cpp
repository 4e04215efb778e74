// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/network_dialog.h>

#include <desk/call_text.h>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/trust.h>

namespace ui {
namespace {

constexpr int kFingerprintShown = 23; // eight bytes of it, the whole as a tip

} // namespace

NetworkDialog::NetworkDialog(Settings &settings, Trust &trust, QWidget *parent)
    : CheckedDialog("networkProblem", parent), m_settings(settings), m_trust(trust),
      m_ca(fileField("networkCa", tr("CA file: certificates of authorities, PEM"),
                     tr("the system's"))),
      m_certificate(fileField("networkCertificate", tr("Our own certificate, PEM"), tr("none"))),
      m_key(fileField("networkKey", tr("The key of our own certificate, PEM"),
                      tr("in the same file"))),
      m_ports(
          fileField("networkPorts", tr("Local UDP ports for RTP, such as 40000-40019"), tr("any"))),
      m_dns(fileField("networkDns",
                      tr("DNS server to ask, an address, with a port if it is not 53"),
                      tr("the system's"))),
      m_accepted(new QTreeWidget(this)), m_revoke(new QPushButton(tr("&Revoke"), this))
{
    setObjectName(QStringLiteral("networkDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Network and certificates"));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto *keep = new QPushButton(tr("Use them"), this);
    keep->setObjectName(QStringLiteral("networkKeep"));
    keep->setProperty("accent", true);
    keep->setDefault(true);
    buttons->addButton(keep, QDialogButtonBox::AcceptRole);
    auto *form = new QFormLayout;
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addLayout(form);
    layout->addWidget(plainLabel(tr("Accepted by hand, not verified"), "networkAccepted", this));
    layout->addWidget(m_accepted, 1);
    layout->addWidget(m_revoke, 0, Qt::AlignLeft);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    makeForm(form);
    list();
    nameInternals(this);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(this, &QDialog::accepted, this, &NetworkDialog::keep);
    connect(m_revoke, &QPushButton::clicked, this, &NetworkDialog::revoke);
    connect(&trust, &Trust::changed, this, &NetworkDialog::list);
    resize(640, 480);
}

void NetworkDialog::makeForm(QFormLayout *form)
{
    form->setSpacing(8);
    const engine::TlsOptions &now = m_trust.options();
    m_ca->setText(QString::fromStdString(now.caFile));
    m_certificate->setText(QString::fromStdString(now.certificate));
    m_key->setText(QString::fromStdString(now.key));
    m_dns->setText(m_settings.text(QLatin1String(kDnsSetting)));
    m_ports->setText(m_settings.text(QLatin1String(kPortsSetting)));
    const auto row = [&](const QString &text, QLineEdit *field, QWidget *whole) {
        QLabel *label = plainLabel(text, "networkLabel", this);
        label->setBuddy(field);
        form->addRow(label, whole);
    };
    row(tr("C&A file"), m_ca, withBrowse(m_ca, tr("Certificates of authorities")));
    row(tr("Own &certificate"), m_certificate,
        withBrowse(m_certificate, tr("Our own certificate")));
    row(tr("Its &key"), m_key, withBrowse(m_key, tr("The key of our certificate")));
    row(tr("RTP &ports"), m_ports, m_ports);
    row(tr("&DNS server"), m_dns, m_dns);
    QLabel *hint = plainLabel(tr("Certificates count for connections from now on, ports and DNS "
                                 "server from the next start of the program on."),
                              "networkHint", this);
    hint->setProperty("muted", true);
    hint->setWordWrap(true);
    form->addRow(QString(), hint);
    m_accepted->setObjectName(QStringLiteral("networkList"));
    m_accepted->setAccessibleName(tr("Certificates that were accepted by hand"));
    m_accepted->setRootIsDecorated(false);
    m_accepted->setTabKeyNavigation(false);
    m_accepted->setHeaderLabels({tr("Server"), tr("SHA-256 of its certificate")});
    m_accepted->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_revoke->setObjectName(QStringLiteral("networkRevoke"));
    m_revoke->setAutoDefault(false);
    m_revoke->setToolTip(plainTip(tr("Takes it back at once; connections that rest on it end")));
}

QLineEdit *NetworkDialog::fileField(const char *name, const QString &spoken, const QString &hint)
{
    auto *edit = new QLineEdit(this);
    edit->setObjectName(QString::fromLatin1(name));
    edit->setAccessibleName(spoken);
    edit->setToolTip(plainTip(spoken));
    edit->setPlaceholderText(hint);
    return edit;
}

QWidget *NetworkDialog::withBrowse(QLineEdit *field, const QString &title)
{
    auto *whole = new QWidget(this);
    whole->setObjectName(field->objectName() + QLatin1String("Row"));
    auto *browse = new QPushButton(tr("Choose..."), whole);
    browse->setObjectName(field->objectName() + QLatin1String("Choose"));
    browse->setAccessibleName(tr("Choose a file: %1").arg(title));
    browse->setAutoDefault(false);
    auto *layout = new QHBoxLayout(whole);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(field, 1);
    layout->addWidget(browse);
    connect(browse, &QPushButton::clicked, this, [this, field, title] {
        const QString path = QFileDialog::getOpenFileName(this, title, field->text());
        if (!path.isEmpty())
            field->setText(path);
    });
    return whole;
}

void NetworkDialog::list()
{
    m_accepted->clear();
    for (const engine::TlsException &each : m_trust.options().exceptions) {
        const QString whole = shown(each.fingerprint);
        auto *item = new QTreeWidgetItem(
            {shown(desk::serverText(each)), whole.left(kFingerprintShown) + QStringLiteral("…")});
        item->setToolTip(1, plainTip(whole));
        m_accepted->addTopLevelItem(item);
    }
    if (m_accepted->topLevelItemCount() > 0)
        m_accepted->setCurrentItem(m_accepted->topLevelItem(0));
    m_revoke->setEnabled(m_accepted->topLevelItemCount() > 0);
}

void NetworkDialog::revoke()
{
    const int row = m_accepted->indexOfTopLevelItem(m_accepted->currentItem());
    const auto &all = m_trust.options().exceptions;
    if (row >= 0 && static_cast<std::size_t>(row) < all.size())
        m_trust.revoke(engine::TlsException(all[static_cast<std::size_t>(row)]));
}

engine::TlsOptions NetworkDialog::entered() const
{
    auto out = m_trust.options();
    out.caFile = toStd(m_ca->text().trimmed());
    out.certificate = toStd(m_certificate->text().trimmed());
    out.key = toStd(m_key->text().trimmed());
    return out;
}

QString NetworkDialog::problem() const
{
    engine::Options options;
    options.tls = entered();
    options.dnsServer = toStd(m_dns->text().trimmed());
    if (const auto ok = engine::checkOptions(options); !ok)
        return shown(ok.error().sentence);
    media::Options media;
    const auto ports = desk::readPorts(toStd(m_ports->text().trimmed()), media);
    return ports ? QString() : shown(ports.error().sentence);
}

void NetworkDialog::keep()
{
    m_settings.setText(QLatin1String(kDnsSetting), m_dns->text().trimmed());
    m_settings.setText(QLatin1String(kPortsSetting), m_ports->text().trimmed());
    if (const auto ok = m_trust.change(entered()); !ok)
        Q_EMIT m_trust.problem(shown(ok.error().sentence));
}

} // namespace ui
