// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/account_dialog.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QUuid>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {

AccountDialog::AccountDialog(const Settings &settings, QWidget *parent)
    : CheckedDialog("accountProblem", parent), m_saved(new QComboBox(this)),
      m_aor(field("accountAor", tr("Address of record"))),
      m_user(field("accountUser", tr("User name"))),
      m_password(field("accountPassword", tr("Password"))), m_proxies(new QPlainTextEdit(this)),
      m_transport(new QComboBox(this)),
      m_answer(new QCheckBox(tr("Answer calls by itself, with a tone"), this)),
      m_known(settings.accounts())
{
    setObjectName(QStringLiteral("accountDialog"));
    setWindowTitle(tr("Add an account"));
    dressFields();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto *go = new QPushButton(tr("Register"), this);
    go->setProperty("accent", true);
    go->setObjectName(QStringLiteral("accountRegister"));
    go->setDefault(true);
    buttons->addButton(go, QDialogButtonBox::AcceptRole);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(16);
    layout->addLayout(makeForm());
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    nameInternals(this);
    orderTabs({m_saved, m_aor, m_proxies, m_transport, m_user, m_password, m_answer, buttons});
    resize(480, sizeHint().height());
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_saved, &QComboBox::activated, this, [this](int index) {
        load(index == 0 ? SavedAccount{} : m_known[static_cast<std::size_t>(index) - 1]);
    });
}

void AccountDialog::dressFields()
{
    m_aor->setPlaceholderText(QStringLiteral("sip:bob@example.com"));
    m_password->setEchoMode(QLineEdit::Password);
    m_password->setPlaceholderText(tr("asked for each time, never stored"));
    m_proxies->setObjectName(QStringLiteral("accountProxies"));
    m_proxies->setAccessibleName(tr("Outbound proxies, one per line, one flow each"));
    m_proxies->setPlaceholderText(
        QStringLiteral("sip:edge-a.example.com;lr\nsip:edge-b.example.com;lr"));
    m_proxies->setProperty("field", true);
    m_proxies->setTabChangesFocus(true);
    m_transport->setObjectName(QStringLiteral("accountTransport"));
    m_transport->setAccessibleName(tr("Transport"));
    m_transport->addItems({QStringLiteral("TCP"), QStringLiteral("UDP"), QStringLiteral("TLS")});
    m_answer->setObjectName(QStringLiteral("accountAnswer"));
    m_saved->setObjectName(QStringLiteral("accountSaved"));
    m_saved->setAccessibleName(tr("Accounts used before"));
    m_saved->addItem(tr("A new one"));
    for (const SavedAccount &saved : m_known)
        m_saved->addItem(shown(saved.account.aor));
}

QFormLayout *AccountDialog::makeForm()
{
    auto *form = new QFormLayout();
    form->setSpacing(8);
    if (!m_known.empty())
        form->addRow(title(tr("Account"), m_saved), m_saved);
    m_saved->setVisible(!m_known.empty());
    form->addRow(title(tr("Address"), m_aor), m_aor);
    form->addRow(title(tr("Proxies"), m_proxies), m_proxies);
    QLabel *hint = plainLabel(tr("One per line. Each gets a connection and a flow of its own."),
                              "accountHint", this);
    hint->setProperty("muted", true);
    form->addRow(QString(), hint);
    form->addRow(title(tr("Transport"), m_transport), m_transport);
    form->addRow(title(tr("User"), m_user), m_user);
    form->addRow(title(tr("Password"), m_password), m_password);
    form->addRow(QString(), m_answer);
    return form;
}

QLineEdit *AccountDialog::field(const char *name, const QString &spoken)
{
    auto *edit = new QLineEdit(this);
    edit->setObjectName(QString::fromLatin1(name));
    edit->setAccessibleName(spoken);
    return edit;
}

QLabel *AccountDialog::title(const QString &text, QWidget *buddy)
{
    QLabel *label = plainLabel(text, "accountLabel", this);
    label->setBuddy(buddy);
    return label;
}

void AccountDialog::askAgain(const std::string &aor)
{
    for (std::size_t i = 0; i < m_known.size(); ++i) {
        if (m_known[i].account.aor != aor)
            continue;
        m_saved->setCurrentIndex(static_cast<int>(i) + 1);
        load(m_known[i]);
        m_password->setFocus(Qt::OtherFocusReason);
        return;
    }
}

void AccountDialog::load(const SavedAccount &saved)
{
    m_aor->setText(QString::fromStdString(saved.account.aor));
    QStringList proxies;
    for (const std::string &proxy : saved.account.proxies)
        proxies << QString::fromStdString(proxy);
    m_proxies->setPlainText(proxies.join(QLatin1Char('\n')));
    m_transport->setCurrentIndex(saved.account.transport == base::Transport::Udp   ? 1
                                 : saved.account.transport == base::Transport::Tls ? 2
                                                                                   : 0);
    m_user->setText(QString::fromStdString(saved.account.credentials.user));
    m_answer->setChecked(saved.answer);
    m_instance = saved.account.instance;
    m_password->clear();
}

SavedAccount AccountDialog::account() const
{
    SavedAccount out;
    out.account.aor = toStd(m_aor->text().trimmed());
    for (const QString &line : linesOf(m_proxies->toPlainText()))
        out.account.proxies.push_back(toStd(line));
    out.account.transport = m_transport->currentIndex() == 1   ? base::Transport::Udp
                            : m_transport->currentIndex() == 2 ? base::Transport::Tls
                                                               : base::Transport::Tcp;
    out.account.credentials = {toStd(m_user->text()), toStd(m_password->text())};
    // RFC 5626 section 4.1: the instance stays the same over restarts.
    out.account.instance =
        !m_instance.empty()
            ? m_instance
            : "urn:uuid:" + toStd(QUuid::createUuid().toString(QUuid::WithoutBraces));
    out.answer = m_answer->isChecked();
    return out;
}

QString AccountDialog::problem() const
{
    if (!isSipUri(m_aor->text().trimmed()))
        return tr("The address must be a SIP URI like sip:bob@example.com.");
    const QStringList proxies = linesOf(m_proxies->toPlainText());
    if (proxies.isEmpty())
        return tr("Enter at least one outbound proxy, for example sip:edge.example.com;lr.");
    for (const QString &proxy : proxies) {
        if (!isSipUri(proxy))
            return tr("\"%1\" is not a SIP URI. A proxy looks like sip:edge.example.com;lr.")
                .arg(shown(toStd(proxy)));
    }
    return {};
}

} // namespace ui
