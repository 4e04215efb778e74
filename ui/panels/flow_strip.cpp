// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/flow_strip.h>

#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <sip/uri.h>
#include <ui/panels/code_chip.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kLowWindow = 800; // pixels, below which two rows of chips get a line each
constexpr int kHeight = 44, kLowHeight = 26, kPadding = 10, kWidest = 340;
constexpr int kLeastEdge = 100; // of which the end tells the port

bool isFailure(base::FlowState state)
{
    using base::FlowState;
    return state == FlowState::Failed || state == FlowState::BackingOff ||
           state == FlowState::Rejected;
}

QString secondsText(base::Duration duration)
{
    return QObject::tr("%1 s").arg(
        std::max<qint64>(0, static_cast<qint64>(base::toSeconds(duration))));
}

const base::FlowReport *reportOf(const Store &store, engine::AccountHandle account,
                                 std::uint32_t regId)
{
    const auto at = store.accounts().find(account.value);
    if (at == store.accounts().end())
        return nullptr;
    const auto flow = at->second.flows.find(regId);
    return flow == at->second.flows.end() ? nullptr : &flow->second;
}

} // namespace

FlowLook lookOf(base::FlowState state)
{
    using base::FlowState;
    using ladder::Role;
    struct Entry {
        FlowState state;
        FlowLook look;
    };
    static constexpr Entry kEntries[] = {
        {FlowState::Off, {u"○", Role::Muted}},
        {FlowState::Resolving, {u"◐", Role::Provisional}},
        {FlowState::Connecting, {u"◐", Role::Provisional}},
        {FlowState::Registering, {u"◐", Role::Provisional}},
        {FlowState::Provisional, {u"◑", Role::Provisional}},
        {FlowState::Up, {u"●", Role::Success}},
        {FlowState::UpPlain, {u"●", Role::Success}},
        {FlowState::Suspect, {u"~", Role::ClientError}},
        {FlowState::Failed, {u"✕", Role::ServerError}},
        {FlowState::BackingOff, {u"✕", Role::ServerError}},
        {FlowState::Rejected, {u"⊘", Role::GlobalError}},
    };
    for (const Entry &entry : kEntries) {
        if (entry.state == state)
            return entry.look;
    }
    return {u"?", Role::Muted};
}

QString edgeText(const base::FlowReport &report)
{
    if (report.remote.known())
        return shown(report.remote.text());
    const sip::Uri uri = sip::parseUri(report.edge);
    if (!uri.ok)
        return report.edge.empty() ? QStringLiteral("–") : shown(report.edge);
    const QString host =
        uri.ipv6 ? QLatin1Char('[') + shown(uri.host) + QLatin1Char(']') : shown(uri.host);
    return uri.port ? host + QLatin1Char(':') + QString::number(*uri.port) : host;
}

QString flowDetails(const base::FlowReport &report, base::Instant now)
{
    QStringList words{shown(report.transport)};
    if (report.nextAttempt > now)
        words << QObject::tr("next try in %1").arg(secondsText(report.nextAttempt - now));
    if (isFailure(report.state) && !report.reason.empty()) // the longest, and cut where it ends
        words << shown(report.reason);
    if (report.lastPong.known())
        words << QObject::tr("pong %1 ms, %2 ago")
                     .arg(base::toMilliseconds(report.pongRoundTrip), 0, 'f', 1)
                     .arg(secondsText(now - report.lastPong));
    else if (report.lastPing.known())
        words << QObject::tr("no pong yet");
    if (report.registeredUntil > now)
        words << QObject::tr("registered for %1").arg(secondsText(report.registeredUntil - now));
    if (words.size() == 1 && !report.reason.empty()) // nothing else says what it waits for
        words << shown(report.reason);
    return words.join(QStringLiteral(" · "));
}

FlowChip::FlowChip(Theme &theme, QWidget *parent) : QAbstractButton(parent), m_theme(theme)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleDescription(tr("Opens what can be done with this flow")); // its tip ticks
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

/// A flow that fails and recovers at once would leave no trace for the eye.
void FlowChip::remember(const base::FlowReport &report, base::Instant now)
{
    if (isFailure(report.state) && !isFailure(m_state)) {
        ++m_failures;
        m_lastFailure = now;
        m_failure = shown(report.reason);
    }
    m_state = report.state;
}

void FlowChip::setReport(const base::FlowReport &report, base::Instant now)
{
    const FlowLook look = lookOf(report.state);
    m_role = look.role;
    remember(report, now);
    const QString word = shown(base::flowStateText(report.state));
    m_chip = QString::fromUtf16(look.glyph) + QLatin1Char(' ') + QString::number(report.regId) +
             QLatin1Char(' ') + word;
    m_edge = edgeText(report);
    m_details = flowDetails(report, now);
    m_unverified = !report.tls.empty() && !report.tlsVerified;
    if (m_unverified)
        m_details = tr("⚠ TLS not verified · %1").arg(m_details);
    if (m_failures > 0 && !isFailure(report.state))
        m_details = tr("failed %1 ago · %2").arg(secondsText(now - m_lastFailure), m_details);
    setAccessibleName(tr("Flow %1, %2, %3, %4").arg(report.regId).arg(m_edge, word, m_details));
    QString tip = tr("%1\nflow %2 through %3\n%4\n%5")
                      .arg(shown(report.aor))
                      .arg(report.regId)
                      .arg(m_edge, m_details, shown(report.reason));
    if (m_failures > 0)
        tip += tr("\n%1, the last: %2")
                   .arg(counted(static_cast<qulonglong>(m_failures), tr("failure"), tr("failures")),
                        m_failure);
    setToolTip(plainTip(tip));
    updateGeometry();
    update();
}

void FlowChip::setCompact(bool on)
{
    if (on == m_compact)
        return;
    m_compact = on;
    updateGeometry();
    update();
}

QSize FlowChip::sizeHint() const
{
    const QFontMetrics strong(m_theme.font(FontKind::Strong)), small(m_theme.font(FontKind::Small));
    const int first = strong.horizontalAdvance(m_chip) + small.horizontalAdvance(m_edge) + 36;
    const int second = m_compact ? 0 : small.horizontalAdvance(m_details);
    return {std::min(std::max(first, second) + 2 * kPadding + 16, qRound(kWidest * m_theme.zoom())),
            qRound((m_compact ? kLowHeight : kHeight) * m_theme.zoom())};
}

QSize FlowChip::minimumSizeHint() const
{
    const QFontMetrics strong(m_theme.font(FontKind::Strong)), small(m_theme.font(FontKind::Small));
    const int edge = std::min(small.horizontalAdvance(m_edge), qRound(kLeastEdge * m_theme.zoom()));
    return {strong.horizontalAdvance(m_chip) + edge + 2 * kPadding + 12,
            qRound((m_compact ? kLowHeight : kHeight) * m_theme.zoom())};
}

void FlowChip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Tokens &t = m_theme.tokens();
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor edge = hasFocus() ? t.colour(Neutral::Focus) : t.colour(m_role);
    painter.setPen(QPen(edge, hasFocus() ? 2 : 1));
    painter.setBrush(t.colour(underMouse() ? Neutral::Selection : Neutral::Background));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 8, 8);
    const int line = m_compact ? height() : height() / 2;
    painter.setFont(m_theme.font(FontKind::Strong));
    painter.setPen(t.colour(m_role));
    const int above = m_compact ? 0 : 3;
    const QRect first(kPadding, above, width() - 2 * kPadding, line - above);
    painter.drawText(first, Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(m_chip, Qt::ElideRight, first.width()));
    const int used = painter.fontMetrics().horizontalAdvance(m_chip) + 8;
    painter.setFont(m_theme.font(FontKind::Small));
    painter.setPen(t.colour(Neutral::Text));
    const QRect rest = first.adjusted(used, 0, 0, 0);
    painter.drawText(rest, Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(m_edge, Qt::ElideLeft, rest.width()));
    if (m_compact)
        return;
    painter.setPen(m_unverified ? t.colour(ladder::Role::ServerError) : t.colour(Neutral::Muted));
    const QRect second(kPadding, line - 1, width() - 2 * kPadding, line - 3);
    painter.drawText(second, Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(m_details, Qt::ElideRight, second.width()));
}

FlowStrip::FlowStrip(Store &store, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_theme(theme), m_rows{new QHBoxLayout, new QHBoxLayout},
      m_title(plainLabel(tr("Flows"), "flowsTitle", this))
{
    setObjectName(QStringLiteral("flowStrip"));
    setAccessibleName(tr("Flows"));
    setProperty("bar", true);
    setAttribute(Qt::WA_StyledBackground);
    setMinimumWidth(200); // the window may be narrower than a row of eight
    m_title->setProperty("muted", true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 6, 12, 6);
    layout->setSpacing(6);
    for (QHBoxLayout *row : m_rows) {
        row->setSpacing(8);
        layout->addLayout(row);
    }
    connect(&store, &Store::accountsChanged, this, &FlowStrip::rebuild);
    connect(&m_clock, &QTimer::timeout, this, &FlowStrip::tick);
    m_clock.setInterval(1000); // countdowns show whole seconds
    rebuild();
}

void FlowStrip::rebuild()
{
    std::vector<std::pair<engine::AccountHandle, std::uint32_t>> wanted;
    for (const auto &[handle, info] : m_store.accounts()) {
        for (const auto &[regId, report] : info.flows)
            wanted.emplace_back(engine::AccountHandle{handle}, regId);
    }
    const bool same =
        wanted.size() == m_chips.size() &&
        std::equal(wanted.begin(), wanted.end(), m_chips.begin(), [](const auto &w, const Chip &c) {
            return w.first == c.account && w.second == c.regId;
        });
    if (!same) {
        for (const Chip &chip : m_chips)
            chip.widget->deleteLater();
        m_chips.clear();
        m_placed = m_inFirst = 0;
        for (const auto &[account, regId] : wanted) {
            auto *chip = new FlowChip(m_theme, this);
            chip->setObjectName(QStringLiteral("flow-%1-%2").arg(account.value).arg(regId));
            connect(
                chip, &QAbstractButton::clicked, this,
                [this, account = account, regId = regId, chip] { openMenu(account, regId, chip); });
            chip->setContextMenuPolicy(Qt::CustomContextMenu);
            connect(
                chip, &QWidget::customContextMenuRequested, this,
                [this, account = account, regId = regId, chip] { openMenu(account, regId, chip); });
            m_chips.push_back({account, regId, chip});
        }
    }
    setVisible(!m_chips.empty());
    if (m_chips.empty())
        m_clock.stop();
    else
        m_clock.start();
    tick();
}

void FlowStrip::tick()
{
    const base::Instant now = base::now();
    for (const Chip &chip : m_chips) {
        if (const auto *report = reportOf(m_store, chip.account, chip.regId))
            chip.widget->setReport(*report, now);
    }
    arrange();
}

void FlowStrip::resizeEvent(QResizeEvent *)
{
    arrange();
}

/// One row, or two halves where one would cut what the states say.
void FlowStrip::arrange()
{
    int needed = m_title->sizeHint().width() + 24;
    for (const Chip &chip : m_chips)
        needed += chip.widget->minimumSizeHint().width() + 8;
    const std::size_t inFirst = needed <= width() ? m_chips.size() : (m_chips.size() + 1) / 2;
    const bool compact = inFirst < m_chips.size() && window()->height() < kLowWindow;
    if (m_placed == m_chips.size() && m_inFirst == inFirst && m_compact == compact)
        return;
    m_compact = compact;
    for (const Chip &chip : m_chips)
        chip.widget->setCompact(compact);
    m_placed = m_chips.size();
    m_inFirst = inFirst;
    for (QHBoxLayout *row : m_rows)
        while (QLayoutItem *item = row->takeAt(0))
            delete item; // the widgets stay
    m_rows[0]->addWidget(m_title);
    if (inFirst < m_chips.size())
        m_rows[1]->addSpacing(m_title->sizeHint().width() + 8);
    for (std::size_t i = 0; i < m_chips.size(); ++i)
        m_rows[i < inFirst ? 0 : 1]->addWidget(m_chips[i].widget);
    for (QHBoxLayout *row : m_rows)
        if (row->count() > 0)
            row->addStretch(1);
}

void FlowStrip::openMenu(engine::AccountHandle account, std::uint32_t regId, QWidget *chip)
{
    auto *menu = new QMenu(chip);
    menu->setObjectName(QStringLiteral("flowMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("&Re-register now"), this,
                    [=, this] { Q_EMIT reRegisterWanted(account, regId); });
    menu->addAction(tr("&Ping"), this, [=, this] { Q_EMIT pingWanted(account, regId); });
    menu->addAction(tr("&Explain"), this, [=, this] {
        if (const auto *report = reportOf(m_store, account, regId))
            Q_EMIT explainWanted(*report);
    });
    if (const auto *now = reportOf(m_store, account, regId);
        now != nullptr && m_store.tlsOf(now->remote) != nullptr)
        menu->addAction(tr("Cer&tificate…"), this, [=, this] {
            if (const auto *report = reportOf(m_store, account, regId))
                Q_EMIT certificateWanted(*report);
        });
    menu->addSeparator();
    menu->addAction(tr("&Cut the connection (drill)…"), this,
                    [=, this] { Q_EMIT drillWanted(account, regId, engine::Drill::Cut); });
    menu->addAction(tr("&Un-register the account"), this,
                    [=, this] { Q_EMIT removeWanted(account); });
    menu->popup(chip->mapToGlobal(QPoint(0, chip->height())));
}

} // namespace ui
