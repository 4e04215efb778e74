// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/account_dialog.h>

#include <algorithm>
#include <desk/call_text.h>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QUuid>
#include <QVBoxLayout>
#include <ui/keychain.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kLeastExpires = 10, kMostExpires = 86400; // seconds

} // namespace

AccountDialog::AccountDialog(Settings &settings, Keychain &keychain, QWidget *parent)
    : CheckedDialog("accountProblem", parent), m_settings(settings), m_keychain(keychain),
      m_saved(new QComboBox(this)), m_forget(new QPushButton(tr("&Forget..."), this)),
      m_certificates(new QPushButton(tr("Certifi&cates..."), this)),
      m_aor(field("accountAor", tr("Address of record"))),
      m_user(field("accountUser", tr("User name"))),
      m_password(field("accountPassword", tr("Password"))), m_proxies(new QPlainTextEdit(this)),
      m_transport(new QComboBox(this)),
      m_keep(new QCheckBox(tr("&Keep the password in the keychain"), this)),
      m_answer(new QCheckBox(tr("A&nswer calls by itself, with a tone"), this)),
      m_callers(field("accountCallers", tr("Callers that are answered"))),
      m_expires(new QSpinBox(this)),
      m_keepAlive(new QCheckBox(tr("&Send keep-alives though no proxy offers them"), this)),
      m_gruu(new QCheckBox(tr("Use the &GRUU that the registrar grants"), this)),
      m_plain(new QCheckBox(tr("Register with&out outbound where 439 refuses it"), this)),
      m_known(settings.accounts())
{
    setObjectName(QStringLiteral("accountDialog"));
    setWindowTitle(tr("Register an account"));
    dressFields();
    dressFlowFields();
    load({});
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto *go = new QPushButton(tr("&Register"), this);
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
    orderTabs({m_saved, m_forget, m_aor, m_proxies, m_transport, m_user, m_password, m_keep,
               m_answer, m_callers, m_expires, m_keepAlive, m_gruu, m_plain, m_certificates,
               buttons});
    resize(480, sizeHint().height());
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_aor, &QLineEdit::textEdited, this, &AccountDialog::stopAsking);
    connect(m_saved, &QComboBox::activated, this, &AccountDialog::choose);
    connect(m_forget, &QPushButton::clicked, this, &AccountDialog::forget);
    m_forget->setAutoDefault(false);
    m_aor->setFocus(Qt::OtherFocusReason);
}

void AccountDialog::choose(int index)
{
    m_forget->setEnabled(index > 0 || m_forgotten);
    if (index == 0) {
        load({});
        return;
    }
    const SavedAccount &saved = m_known[static_cast<std::size_t>(index) - 1];
    load(saved);
    if (saved.keepPassword)
        askKeychain(saved.account.aor);
}

void AccountDialog::askKeychain(const std::string &aor)
{
    m_asking = true;
    m_password->setPlaceholderText(tr("asking the keychain..."));
    m_keychain.read(aor, this, [this, question = ++m_question](const Keychain::Found &found) {
        if (question != m_question || !m_asking)
            return; // another account was chosen or typed meanwhile
        m_asking = false;
        m_password->setPlaceholderText(found.problem.isEmpty()
                                           ? tr("the keychain has none; enter it once more")
                                           : tr("enter it: %1").arg(found.problem));
        if (m_password->text().isEmpty())
            m_password->setText(found.password);
    });
}

/// It is another account now, so the answer is not waited for.
void AccountDialog::stopAsking()
{
    m_asking = false;
    m_password->setPlaceholderText(tr("asked for each time"));
}

/// As many lines as there are proxies, eight at most.
void AccountDialog::fitProxies()
{
    const int lines = std::clamp(m_proxies->document()->blockCount() + 1, 3, 9);
    const int wanted = lines * m_proxies->fontMetrics().lineSpacing() + 16;
    const int more = wanted - m_proxies->maximumHeight();
    m_proxies->setFixedHeight(wanted);
    if (isVisible() && more > 0)
        resize(width(), height() + more);
}

void AccountDialog::dressFields()
{
    m_aor->setPlaceholderText(QStringLiteral("sip:bob@example.com"));
    m_password->setEchoMode(QLineEdit::Password);
    m_proxies->setObjectName(QStringLiteral("accountProxies"));
    m_proxies->setAccessibleName(tr("Outbound proxies, one per line, one flow each"));
    m_proxies->setPlaceholderText(
        QStringLiteral("sip:edge-a.example.com;lr\nsip:edge-b.example.com;lr"));
    m_proxies->setProperty("grows", true);
    m_proxies->setTabChangesFocus(true);
    connect(m_proxies, &QPlainTextEdit::textChanged, this, &AccountDialog::fitProxies);
    fitProxies();
    m_transport->setObjectName(QStringLiteral("accountTransport"));
    m_transport->setAccessibleName(tr("Transport"));
    m_transport->addItems({QStringLiteral("TCP"), QStringLiteral("UDP"), QStringLiteral("TLS")});
    m_certificates->setObjectName(QStringLiteral("accountCertificates"));
    m_certificates->setAutoDefault(false);
    m_certificates->setToolTip(plainTip(tr("CA file, a certificate of our own, and what was "
                                           "accepted by hand; for all accounts and calls")));
    m_answer->setObjectName(QStringLiteral("accountAnswer"));
    m_callers->setPlaceholderText(tr("bob@example.com, example.org; * is anybody"));
    m_callers->setToolTip(plainTip(tr("Only these are answered, by their From: user@host or a host "
                                      "each, commas between. Others ring")));
    m_callers->setEnabled(false);
    connect(m_answer, &QCheckBox::toggled, m_callers, &QWidget::setEnabled);
    m_saved->setObjectName(QStringLiteral("accountSaved"));
    m_saved->setAccessibleName(tr("Accounts used before"));
    m_keep->setObjectName(QStringLiteral("accountKeep"));
    m_forget->setObjectName(QStringLiteral("accountForget"));
    m_forget->setAccessibleName(tr("Forget the chosen account and its password"));
    m_forget->setEnabled(false);
    m_saved->addItem(tr("A new one"));
    for (const SavedAccount &saved : m_known)
        m_saved->addItem(shown(saved.account.aor));
}

void AccountDialog::dressFlowFields()
{
    m_expires->setObjectName(QStringLiteral("accountExpires"));
    m_expires->setAccessibleName(tr("Registration time asked for, in seconds"));
    m_expires->setButtonSymbols(QAbstractSpinBox::NoButtons); // digits are typed, arrow keys work
    m_expires->setRange(kLeastExpires, kMostExpires);
    m_expires->setSuffix(tr(" s"));
    m_expires->setToolTip(plainTip(tr("How long a registration is asked to last; the registrar "
                                      "may grant less (RFC 3261 section 10.2.1)")));
    m_keepAlive->setObjectName(QStringLiteral("accountKeepAlive"));
    m_keepAlive->setToolTip(plainTip(tr("For proxies that answer pings but do not say so; a proxy "
                                        "that does not answer looks dead then (RFC 5626 section "
                                        "3.5)")));
    m_gruu->setObjectName(QStringLiteral("accountGruu"));
    m_gruu->setToolTip(plainTip(tr("Requests within a call then find this device over any of its "
                                   "flows (RFC 5627)")));
    m_plain->setObjectName(QStringLiteral("accountPlain"));
    m_plain->setToolTip(
        plainTip(tr("439 First Hop Lacks Outbound Support: without this the flow "
                    "is given up; with it the account is reachable, but no dead "
                    "connection is noticed by the network (RFC 5626 section 11.6)")));
}

QFormLayout *AccountDialog::makeForm()
{
    auto *form = new QFormLayout();
    form->setSpacing(8);
    if (!m_known.empty()) {
        auto *used = new QHBoxLayout();
        used->addWidget(m_saved, 1);
        used->addWidget(m_forget);
        form->addRow(title(tr("Accoun&t"), m_saved), used);
    }
    m_saved->setVisible(!m_known.empty());
    m_forget->setVisible(!m_known.empty());
    form->addRow(title(tr("&Address"), m_aor), m_aor);
    form->addRow(title(tr("&Proxies"), m_proxies), m_proxies);
    QLabel *hint = plainLabel(tr("One per line. Each gets a connection and a flow of its own."),
                              "accountHint", this);
    hint->setProperty("muted", true);
    form->addRow(QString(), hint);
    auto *transport = new QHBoxLayout();
    transport->addWidget(m_transport, 1);
    transport->addWidget(m_certificates);
    form->addRow(title(tr("Transport"), m_transport), transport);
    form->addRow(title(tr("&User"), m_user), m_user);
    form->addRow(title(tr("Pass&word"), m_password), m_password);
    form->addRow(QString(), m_keep);
    form->addRow(QString(), m_answer);
    form->addRow(title(tr("Call&ers"), m_callers), m_callers);
    form->addRow(title(tr("&Lasts"), m_expires), m_expires);
    for (QCheckBox *each : {m_keepAlive, m_gruu, m_plain})
        form->addRow(QString(), each);
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

int AccountDialog::select(const std::string &aor)
{
    for (std::size_t i = 0; i < m_known.size(); ++i) {
        if (m_known[i].account.aor != aor)
            continue;
        m_saved->setCurrentIndex(static_cast<int>(i) + 1);
        return m_saved->currentIndex();
    }
    return 0;
}

void AccountDialog::propose(const std::string &aor)
{
    if (const int index = select(aor); index > 0)
        choose(index);
    m_aor->setFocus(Qt::OtherFocusReason); // what is typed first is an address
    m_aor->selectAll();
}

void AccountDialog::askAgain(const std::string &aor)
{
    const int index = select(aor);
    if (index == 0)
        return;
    m_forget->setEnabled(true);
    load(m_known[static_cast<std::size_t>(index) - 1]); // what the keychain has was refused
    m_password->setFocus(Qt::OtherFocusReason);
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
    m_callers->setText(QString::fromStdString(desk::callersText(saved.answerOnly)));
    m_keep->setChecked(saved.keepPassword);
    m_expires->setValue(static_cast<int>(
        std::chrono::duration_cast<std::chrono::seconds>(saved.account.expires).count()));
    m_keepAlive->setChecked(saved.account.keepAlive);
    m_gruu->setChecked(saved.account.gruu);
    m_plain->setChecked(saved.account.plainAfter439);
    m_instance = saved.account.instance;
    m_password->clear();
    stopAsking();
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
    out.account.expires = std::chrono::seconds(m_expires->value());
    out.account.keepAlive = m_keepAlive->isChecked();
    out.account.gruu = m_gruu->isChecked();
    out.account.plainAfter439 = m_plain->isChecked();
    out.answer = m_answer->isChecked();
    if (auto callers = desk::callersNamed(toStd(m_callers->text())))
        out.answerOnly = std::move(*callers);
    out.keepPassword = m_keep->isChecked();
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
    if (!m_asking && !m_user->text().isEmpty() && m_password->text().isEmpty())
        return tr("Enter the password of this user name too, or leave both empty where none is "
                  "asked for.");
    const auto callers = desk::callersNamed(toStd(m_callers->text()));
    if (m_answer->isChecked() && !callers)
        return shown(callers.error().sentence);
    if (m_asking && m_password->text().isEmpty())
        return tr("The keychain has not answered yet. Unlock it, or enter the password here.");
    return {};
}

} // namespace ui
