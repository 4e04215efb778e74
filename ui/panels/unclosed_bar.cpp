// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/unclosed_bar.h>

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <ui/bridge/desk_bridge.h>
#include <ui/text.h>

namespace ui {
namespace {

QPushButton *button(const QString &text, const char *name, QWidget *parent)
{
    auto *out = new QPushButton(text, parent);
    out->setObjectName(QString::fromLatin1(name));
    out->setAccessibleName(text);
    return out;
}

QString sentence(const record::Unclosed &session)
{
    const auto when = QDateTime::fromMSecsSinceEpoch(session.last.ns / 1'000'000);
    return QObject::tr("The last session of %1 (%2) was not closed.")
        .arg(QLocale().toString(when, QLocale::ShortFormat),
             QLocale().formattedDataSize(static_cast<qint64>(session.bytes)));
}

} // namespace

UnclosedBar::UnclosedBar(DeskBridge &bridge, QWidget *parent)
    : QWidget(parent), m_bridge(bridge), m_reopen(button(tr("Reopen it"), "reopenSession", this)),
      m_discard(button(tr("Discard"), "discardSession", this)),
      m_later(button(tr("Later"), "laterSession", this))
{
    setObjectName(QStringLiteral("unclosed"));
    setProperty("noticeKind", "info");
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 6, 12, 6);
    layout->setSpacing(8);
    const auto left = bridge.unclosedSession();
    QLabel *text = plainLabel(left ? sentence(*left) : QString(), "unclosedText", this);
    text->setWordWrap(true);
    setAccessibleName(text->text());
    m_reopen->setProperty("accent", true);
    m_later->setProperty("flat", true);
    layout->addWidget(text, 1);
    for (QPushButton *one : {m_reopen, m_discard, m_later})
        layout->addWidget(one);
    connect(m_reopen, &QPushButton::clicked, this, [this] {
        m_bridge.reopenSession();
        hide();
        Q_EMIT reopened();
    });
    connect(m_discard, &QPushButton::clicked, this, [this] {
        m_bridge.discardSession();
        hide();
    });
    connect(m_later, &QPushButton::clicked, this, &QWidget::hide); // offered at the next start
    setVisible(left.has_value());
}

} // namespace ui
