// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/trust_bar.h>

#include <desk/call_text.h>
#include <QHBoxLayout>
#include <QPushButton>
#include <ui/panels/elided_label.h>
#include <ui/text.h>
#include <ui/trust.h>

namespace ui {

TrustBar::TrustBar(Trust &trust, QWidget *parent)
    : QWidget(parent), m_trust(trust), m_text(new ElidedLabel("trustText", this))
{
    setObjectName(QStringLiteral("trustBar"));
    setProperty("noticeKind", "error");
    setAttribute(Qt::WA_StyledBackground);
    auto *show = new QPushButton(tr("Show and revoke..."), this);
    show->setObjectName(QStringLiteral("trustShow"));
    m_text->setProperty("problem", true);
    m_text->setProperty("strong", true);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 4, 12, 4);
    layout->addWidget(m_text, 1);
    layout->addWidget(show);
    connect(show, &QPushButton::clicked, this, &TrustBar::showWanted);
    connect(&trust, &Trust::changed, this, &TrustBar::refresh);
    refresh();
}

void TrustBar::refresh()
{
    QStringList servers;
    for (const engine::TlsException &each : m_trust.options().exceptions)
        servers << shown(desk::serverText(each));
    m_text->setText(m_trust.options().acceptAnything
                        ? tr("⚠ Certificates are NOT checked at all (--tls-insecure)")
                        : tr("⚠ Certificates accepted by hand, not verified: %1")
                              .arg(servers.join(QStringLiteral(", "))));
    setAccessibleName(m_text->text());
    setVisible(m_trust.isWeakened());
}

} // namespace ui
