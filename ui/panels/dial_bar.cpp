// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/dial_bar.h>

#include <algorithm>
#include <QComboBox>
#include <QCompleter>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/panels/call_details.h>
#include <ui/panels/confirm_call.h>
#include <ui/settings.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr const char *kFrom = "sip:earshot@localhost", *kCodecs = "PCMU,PCMA,opus";
constexpr std::array kTransports{base::Transport::Udp, base::Transport::Tcp, base::Transport::Tls,
                                 base::Transport::Unknown}; // as the box lists them
constexpr std::array kReliability{engine::Reliability::Supported, engine::Reliability::Required,
                                  engine::Reliability::Off};
constexpr int kFieldHeight = 30; // the style sheet's borders and paddings do not reach size hints

template <class W> W *named(W *widget, const char *name, const QString &spoken)
{
    widget->setObjectName(QString::fromLatin1(name));
    widget->setAccessibleName(spoken);
    widget->setToolTip(plainTip(spoken));
    widget->setMinimumHeight(kFieldHeight);
    return widget;
}

QLabel *labelled(const QString &text, const char *name, QWidget *buddy, QWidget *parent)
{
    QLabel *label = plainLabel(text, name, parent);
    label->setProperty("muted", true);
    label->setBuddy(buddy);
    return label;
}

void addField(QHBoxLayout *row, const QString &title, const char *name, QWidget *field, int stretch)
{
    row->addWidget(labelled(title, name, field, field->parentWidget()));
    row->addWidget(field, stretch);
}

} // namespace

DialBar::DialBar(DeskBridge &bridge, Focus &focus, Settings &settings, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_focus(focus), m_settings(settings)
{
    setObjectName(QStringLiteral("dialBar"));
    setProperty("bar", true);
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(6);
    layout->addWidget(makeFirstRow());
    m_second = makeSecondRow();
    layout->addWidget(m_second);
    m_second->setVisible(settings.flag(QStringLiteral("dial/more"), false));
    m_more->setChecked(!m_second->isHidden());
    connect(m_more, &QPushButton::toggled, this, [this](bool on) {
        m_second->setVisible(on);
        m_settings.setFlag(QStringLiteral("dial/more"), on);
    });
    connect(m_call, &QPushButton::clicked, this, &DialBar::call);
    connect(m_hangUp, &QPushButton::clicked, this, &DialBar::hangUp);
    connect(m_to->lineEdit(), &QLineEdit::returnPressed, this, &DialBar::call);
    connect(m_from, &QComboBox::activated, this, [this](int index) {
        const QString what = m_from->itemData(index).toString();
        if (what.startsWith(QLatin1String("add")))
            addAccountWanted(what.mid(4));
    });
    connect(&bridge.store(), &Store::accountsChanged, this, &DialBar::fillFrom);
    connect(&bridge.store(), &Store::ownCallChanged, this, &DialBar::applyCalls);
    connect(&focus, &Focus::callChanged, this, &DialBar::applyCalls);
    fillFrom();
    applyCalls();
}

QWidget *DialBar::makeFirstRow()
{
    auto *row = new QWidget(this);
    row->setObjectName(QStringLiteral("dialFirst"));
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_from = named(new QComboBox(row), "dialFrom", tr("From: your account or a SIP URI"));
    m_from->setEditable(true);
    m_from->setInsertPolicy(QComboBox::NoInsert);
    m_from->setMinimumWidth(120);
    m_from->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    // Focus selects it all, which leaves a narrow field at its end.
    connect(m_from->lineEdit(), &QLineEdit::editingFinished, m_from->lineEdit(),
            [line = m_from->lineEdit()] { line->home(false); });
    m_to = named(new QComboBox(row), "dialTo", tr("To: whom to call, a SIP URI"));
    m_to->setEditable(true);
    m_to->setInsertPolicy(QComboBox::NoInsert);
    m_to->setMinimumWidth(140);
    m_to->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_to->addItems(m_settings.targets());
    m_to->setCurrentIndex(-1);
    m_to->lineEdit()->setPlaceholderText(QStringLiteral("sip:alice@example.com"));
    m_call = named(new QPushButton(tr("Call"), row), "call", tr("Call (Ctrl+Return)"));
    m_call->setProperty("accent", true);
    m_hangUp = named(new QPushButton(tr("Hang up"), row), "hangUp", tr("Hang up (Ctrl+.)"));
    m_reliable =
        named(new QComboBox(row), "reliable", tr("100rel: reliable provisional responses"));
    m_reliable->addItems({tr("100rel supported"), tr("100rel required"), tr("100rel off")});
    m_transport = named(new QComboBox(row), "transport", tr("Transport"));
    m_transport->addItems(
        {QStringLiteral("UDP"), QStringLiteral("TCP"), QStringLiteral("TLS"), tr("as DNS says")});
    m_more =
        named(new QPushButton(tr("More"), row), "dialMore", tr("More settings of the test call"));
    m_more->setCheckable(true);
    addField(layout, tr("From"), "dialFromLabel", m_from, 2);
    addField(layout, tr("To"), "dialToLabel", m_to, 3);
    for (QWidget *widget : {static_cast<QWidget *>(m_call), static_cast<QWidget *>(m_hangUp),
                            static_cast<QWidget *>(m_reliable), static_cast<QWidget *>(m_transport),
                            static_cast<QWidget *>(m_more)})
        layout->addWidget(widget);
    return row;
}

QWidget *DialBar::makeSecondRow()
{
    auto *row = new QWidget(this);
    row->setObjectName(QStringLiteral("dialSecond"));
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_codecs = named(new QLineEdit(QString::fromLatin1(kCodecs), row), "codecs",
                     tr("Codecs in order of preference, commas between: PCMU, PCMA, opus"));
    m_proxy = named(new QLineEdit(row), "proxy",
                    tr("Outbound proxy, a SIP URI; empty: straight to the target"));
    m_proxy->setPlaceholderText(tr("none"));
    m_user = named(new QLineEdit(row), "dialUser", tr("User name for authentication"));
    m_password = named(new QLineEdit(row), "dialPassword",
                       tr("Password for authentication, kept in memory only"));
    m_password->setEchoMode(QLineEdit::Password);
    m_detailsButton = named(new QPushButton(row), "dialDetails",
                            tr("Routes, headers, late offer and more of the next calls"));
    connect(m_detailsButton, &QPushButton::clicked, this, &DialBar::openDetails);
    addField(layout, tr("Codecs"), "codecsLabel", m_codecs, 2);
    addField(layout, tr("Proxy"), "proxyLabel", m_proxy, 3);
    addField(layout, tr("User"), "userLabel", m_user, 1);
    addField(layout, tr("Password"), "passwordLabel", m_password, 1);
    layout->addWidget(m_detailsButton);
    showDetails();
    return row;
}

/// A header or route of an earlier test must not go along unnoticed.
void DialBar::showDetails()
{
    const int different = CallDetails::different(m_details);
    m_detailsButton->setText(different == 0 ? tr("Details...")
                                            : tr("Details (%1)...").arg(different));
    m_detailsButton->setProperty("accent", different != 0);
    style()->polish(m_detailsButton);
    m_more->setText(different == 0 ? tr("More") : tr("More (%1)").arg(different));
}

void DialBar::openDetails()
{
    auto *dialog = new CallDetails(m_details, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        dialog->apply(m_details);
        showDetails();
    });
    dialog->open();
}

void DialBar::fill(const desk::CallOptions &like)
{
    m_to->setEditText(shown(like.target));
    m_from->setEditText(shown(like.from));
    m_codecs->setText(shown(like.codecs));
    const auto at = [](const auto &list, auto value) {
        return static_cast<int>(std::find(list.begin(), list.end(), value) - list.begin());
    };
    m_transport->setCurrentIndex(at(kTransports, like.transport));
    m_reliable->setCurrentIndex(at(kReliability, like.reliability));
    m_details = like;
    showDetails();
    m_more->setChecked(true);
    focusTarget();
}

void DialBar::addAccountWanted(const QString &aor)
{
    m_from->setCurrentIndex(0);
    Q_EMIT accountWanted(aor);
}

void DialBar::fillFrom()
{
    const QString before = m_from->currentText();
    // Whoever adds an account means to call with it.
    const bool firstAccount = m_withAccounts == 0 && before == QLatin1String(kFrom) &&
                              !m_bridge.store().accounts().empty();
    m_from->clear();
    for (const auto &[handle, info] : m_bridge.store().accounts())
        m_from->addItem(shown(info.account.aor), QVariant::fromValue(static_cast<quint32>(handle)));
    m_from->addItem(QString::fromLatin1(kFrom));
    for (const SavedAccount &saved : m_settings.accounts()) {
        const QString aor = shown(saved.account.aor);
        if (m_from->findText(aor) < 0)
            m_from->addItem(tr("Register %1...").arg(aor), QStringLiteral("add:") + aor);
    }
    m_from->addItem(tr("Register an account..."), QStringLiteral("add"));
    m_withAccounts = m_bridge.store().accounts().size();
    const int again = before.isEmpty() || firstAccount ? -1 : m_from->findText(before);
    if (again >= 0)
        m_from->setCurrentIndex(again);
    else if (!before.isEmpty() && before.startsWith(QLatin1String("sip")) &&
             before != QLatin1String(kFrom) && m_withAccounts == 0)
        m_from->setEditText(before);
    else
        m_from->setCurrentIndex(0);
    m_from->lineEdit()->home(false); // its beginning is to be seen, however narrow it is
}

desk::CallOptions DialBar::options() const
{
    desk::CallOptions options;
    QString target = m_to->currentText().trimmed();
    if (!target.isEmpty() && !target.contains(QLatin1Char(':')) &&
        target.contains(QLatin1Char('@')))
        target.prepend(QLatin1String("sip:"));
    options.target = toStd(target);
    options.from = toStd(m_from->currentText().trimmed());
    const int index = m_from->findText(m_from->currentText());
    const QVariant account = index < 0 ? QVariant() : m_from->itemData(index);
    if (account.typeId() == QMetaType::UInt)
        options.account = {account.toUInt()};
    options.proxy = toStd(m_proxy->text().trimmed());
    options.codecs = toStd(m_codecs->text().trimmed());
    options.credentials = {toStd(m_user->text()), toStd(m_password->text())};
    options.transport =
        kTransports[static_cast<std::size_t>(std::clamp(m_transport->currentIndex(), 0, 3))];
    options.reliability =
        kReliability[static_cast<std::size_t>(std::clamp(m_reliable->currentIndex(), 0, 2))];
    CallDetails::carry(m_details, options);
    return options;
}

void DialBar::call()
{
    const desk::CallOptions wanted = options();
    Q_EMIT begun();
    if (wanted.target.empty()) {
        Q_EMIT notice(tr("Enter whom to call first, for example sip:alice@example.com."), true);
        focusTarget();
        return;
    }
    confirmCall(this, m_settings, wanted.target, [this, wanted] {
        m_focus.followNext();
        if (m_bridge.place(wanted).valid())
            remember();
    });
}

void DialBar::remember() const
{
    const QString target = m_to->currentText().trimmed();
    m_settings.addTarget(target);
    if (m_to->findText(target) < 0)
        m_to->insertItem(0, target);
}

engine::CallHandle DialBar::liveCall() const
{
    using Stage = desk::CallInfo::Stage;
    const auto live = [](const desk::CallInfo &info) {
        return info.stage != Stage::Ended && info.stage != Stage::Failed;
    };
    const auto &own = m_bridge.store().ownCalls();
    if (m_focus.call()) {
        const auto *info = m_bridge.store().ownCall(m_focus.call()->call->callId);
        if (info != nullptr && live(*info))
            return info->handle;
    }
    for (auto it = own.rbegin(); it != own.rend(); ++it) {
        if (live(it->second) && !it->second.incoming)
            return it->second.handle;
    }
    for (auto it = own.rbegin(); it != own.rend(); ++it) {
        if (live(it->second))
            return it->second.handle;
    }
    return {};
}

void DialBar::hangUp()
{
    if (const auto handle = liveCall(); handle.valid())
        m_bridge.hangUp(handle);
}

void DialBar::applyCalls()
{
    m_hangUp->setEnabled(liveCall().valid());
}
void DialBar::setTarget(const QString &target)
{
    m_to->setEditText(target);
}
void DialBar::focusTarget()
{
    m_to->setFocus(Qt::ShortcutFocusReason);
}

void DialBar::focusPassword()
{
    m_more->setChecked(true);
    m_password->setFocus(Qt::ShortcutFocusReason);
    m_password->selectAll();
}

} // namespace ui
