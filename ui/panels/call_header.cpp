// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/call_header.h>

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>
#include <ui/panels/code_chip.h>
#include <ui/panels/elided_label.h>
#include <ui/text.h>

namespace ui {

class CallHeader::PhaseBar : public QWidget
{
public:
    PhaseBar(Theme &theme, QWidget *parent) : QWidget(parent), m_theme(theme)
    {
        setObjectName(QStringLiteral("phases"));
        follow();
        connect(&theme, &Theme::changed, this, [this] { follow(); });
    }
    void setPhases(const Phases &phases)
    {
        m_phases = phases;
        QString words;
        for (const Part &part : parts())
            words += part.name + QLatin1Char(' ') + durationText(part.to - part.from) +
                     QLatin1String("  ");
        setAccessibleName(tr("Phases of the call: %1").arg(words));
        update();
    }

protected:
    void paintEvent(QPaintEvent *) override;

private:
    struct Part {
        QString name;
        base::Duration from, to;
        ladder::Role role;
    };
    std::vector<Part> parts() const;
    void follow() // the type's size, and two pixels of line below it
    {
        setFixedHeight(QFontMetrics(m_theme.font(FontKind::Small)).height() + 3);
    }

    Theme &m_theme;
    Phases m_phases;
};

std::vector<CallHeader::PhaseBar::Part> CallHeader::PhaseBar::parts() const
{
    using ladder::Role;
    const Phases &p = m_phases;
    std::vector<Part> out;
    const base::Duration tryingEnd = p.hasProvisional ? p.provisional
                                     : p.hasAnswer    ? p.answered
                                                      : p.ended;
    out.push_back({tr("trying"), {}, tryingEnd, Role::Muted});
    if (p.hasProvisional) {
        const QString name = p.earlyMedia.count() > 0 ? tr("early media")
                             : p.alerting             ? tr("ringing")
                                                      : tr("progress");
        out.push_back({name, p.provisional, p.hasAnswer ? p.answered : p.ended, Role::Provisional});
    }
    if (p.hasAnswer && p.ended > p.answered)
        out.push_back({tr("talk"), p.answered, p.ended, Role::Success});
    return out;
}

void CallHeader::PhaseBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontKind::Small));
    const double whole = std::max(1.0, static_cast<double>(m_phases.ended.count()));
    const Tokens &t = m_theme.tokens();
    for (const Part &part : parts()) {
        const int x0 = static_cast<int>(width() * (static_cast<double>(part.from.count()) / whole));
        const int x1 = static_cast<int>(width() * (static_cast<double>(part.to.count()) / whole));
        const QRect box(x0, 0, std::max(2, x1 - x0 - 1), height());
        painter.fillRect(box, t.tint(part.role));
        painter.fillRect(QRect(box.left(), box.bottom() - 1, box.width(), 2), t.colour(part.role));
        const QString words = part.name + QLatin1Char(' ') + durationText(part.to - part.from);
        painter.setPen(t.colour(part.role));
        for (const QString &text : {words, part.name}) {
            if (painter.fontMetrics().horizontalAdvance(text) > box.width() - 8)
                continue;
            painter.drawText(box.adjusted(4, 0, -4, -2), Qt::AlignVCenter | Qt::AlignLeft, text);
            break;
        }
    }
}

CallHeader::CallHeader(Store &store, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_chip(new CodeChip(theme, this)),
      m_title(plainLabel({}, "callTitle", this)), m_facts(new ElidedLabel("callFacts", this)),
      m_tls(new QPushButton(this)), m_bar(new PhaseBar(theme, this))
{
    setObjectName(QStringLiteral("callHeader"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    m_title->setProperty("panelTitle", true);
    m_title->setMinimumWidth(60);
    m_facts->setProperty("muted", true);
    m_tls->setObjectName(QStringLiteral("callTls"));
    m_tls->hide(); // until there is one
    m_tls->setAccessibleName(tr("TLS certificate of this call"));
    m_tls->setToolTip(plainTip(tr("What the certificate says, and how it was judged")));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 8, 16, 8);
    layout->setSpacing(6);
    auto *line = new QHBoxLayout();
    line->setSpacing(10);
    line->addWidget(m_chip);
    line->addWidget(m_title);
    line->addWidget(m_tls);
    line->addSpacing(8);
    line->addWidget(m_facts, 1);
    layout->addLayout(line);
    layout->addWidget(m_bar);
}

void CallHeader::showTls(const CallPtr &view)
{
    const auto tls = m_store.tlsOf(*view->call);
    m_tls->setVisible(tls != nullptr);
    if (!tls)
        return;
    const bool fine = tls->accepted && tls->verified;
    m_tls->setText(fine            ? tr("TLS verified")
                   : tls->accepted ? tr("⚠ TLS not verified")
                                   : tr("✕ TLS refused"));
    m_tls->setAccessibleName(tr("%1: show the certificate").arg(m_tls->text()));
    m_tls->setProperty("flat", fine);
    m_tls->setProperty("danger", !fine);
    style()->polish(m_tls);
}

void CallHeader::setCall(const CallPtr &view)
{
    const CallFacts facts = factsOf(*view, m_store);
    const Phases phases = phasesOf(*view, m_store.trace());
    m_chip->setCode(facts.code);
    m_title->setText(facts.parties);
    const bool isCall = view->call->kind == calls::Kind::Call;
    QStringList words;
    if (phases.hasProvisional && isCall)
        words << tr("PDD %1").arg(durationText(phases.provisional));
    if (phases.hasAnswer)
        words << (isCall ? tr("answered after %1") : tr("accepted after %1"))
                     .arg(durationText(phases.answered));
    if (phases.earlyMedia.count() > 0)
        words << tr("early media %1").arg(durationText(phases.earlyMedia));
    if (const auto count = view->findings.size(); count > 0)
        words << counted(count, tr("finding"), tr("findings"));
    if (!view->legs.empty())
        words << tr("%1 (F4)").arg(counted(view->legs.size(), tr("other leg"), tr("other legs")));
    if (facts.live)
        words << tr("live");
    m_facts->setText(words.join(QStringLiteral("  ·  ")));
    showTls(view);
    m_bar->setPhases(phases);
    m_bar->setVisible(isCall); // nothing rings in a registration
}

} // namespace ui
