// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/explain_panel.h>

#include <algorithm>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPushButton>
#include <QVBoxLayout>
#include <ui/listening.h>
#include <ui/panels/code_chip.h>
#include <ui/panels/evidence_text.h>
#include <ui/panels/light_look.h>
#include <ui/panels/offer_buttons.h>
#include <ui/text.h>

namespace ui {
namespace {

bool same(const diagnosis::Explanation &a, const diagnosis::Explanation &b)
{
    const auto fix = [](const diagnosis::Fix &x, const diagnosis::Fix &y) {
        return x.text == y.text && x.action == y.action;
    };
    const auto fact = [](const diagnosis::VerdictFact &x, const diagnosis::VerdictFact &y) {
        return x.value == y.value && x.light == y.light;
    };
    const auto verdicts = [&fact](const std::optional<diagnosis::Verdict> &x,
                                  const std::optional<diagnosis::Verdict> &y) {
        return x.has_value() == y.has_value() &&
               (!x ||
                (x->sentence == y->sentence && std::equal(x->facts.begin(), x->facts.end(),
                                                          y->facts.begin(), y->facts.end(), fact)));
    };
    const auto offer = [](const diagnosis::Offer &x, const diagnosis::Offer &y) {
        return x.text == y.text && x.possible == y.possible;
    };
    return a.code == b.code && a.title == b.title && a.summary == b.summary &&
           a.happened == b.happened && a.actor == b.actor && a.expected == b.expected &&
           a.impact == b.impact && a.article == b.article &&
           a.evidence.size() == b.evidence.size() && verdicts(a.verdict, b.verdict) &&
           std::equal(a.fixes.begin(), a.fixes.end(), b.fixes.begin(), b.fixes.end(), fix) &&
           std::equal(a.offers.begin(), a.offers.end(), b.offers.begin(), b.offers.end(), offer);
}

} // namespace

ExplainPanel::ExplainPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_theme(theme)
{
    setObjectName(QStringLiteral("explain"));
    setAccessibleName(tr("Explanation"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeCard());
    m_text = new EvidenceText(theme, this);
    m_text->setObjectName(QStringLiteral("explainText"));
    m_text->setAccessibleName(tr("What happened, impact and how to fix it"));
    layout->addWidget(m_text, 1);
    m_offers = new OfferButtons(this);
    layout->addWidget(m_offers);
    layout->addWidget(makeButtons());
    connect(m_offers, &OfferButtons::wanted, this,
            [this](const diagnosis::Offer &offer) { Q_EMIT offerWanted(offer, m_call); });
    connect(m_text, &EvidenceText::evidenceClicked, this, &ExplainPanel::follow);
    connect(&focus, &Focus::rowChanged, this, &ExplainPanel::refresh);
    connect(&focus, &Focus::callChanged, this, &ExplainPanel::refresh);
    connect(&focus, &Focus::passed, this, [this] {
        if (!m_text->textCursor().hasSelection()) // somebody is about to copy it
            refresh();
    });
    connect(&store, &Store::flowsChanged, this, &ExplainPanel::refresh);
    connect(&store.listening(), &Listening::heard, this, &ExplainPanel::refresh);
    connect(&theme, &Theme::changed, this, &ExplainPanel::write);
    write();
}

QWidget *ExplainPanel::makeCard()
{
    auto *card = new QWidget(this);
    card->setObjectName(QStringLiteral("explainCard"));
    auto *rows = new QVBoxLayout(card);
    rows->setContentsMargins(16, 12, 16, 4);
    rows->setSpacing(4);
    auto *line = new QHBoxLayout();
    line->setSpacing(8);
    m_chip = new CodeChip(m_theme, card);
    m_title = plainLabel({}, "explainTitle", card);
    m_title->setProperty("heading", true);
    m_title->setWordWrap(true);
    line->addWidget(m_chip, 0, Qt::AlignTop);
    line->addWidget(m_title, 1);
    rows->addLayout(line);
    m_summary = plainLabel({}, "explainSummary", card);
    m_summary->setProperty("muted", true);
    m_summary->setWordWrap(true);
    rows->addWidget(m_summary);
    return card;
}

QWidget *ExplainPanel::makeButtons()
{
    auto *row = new QWidget(this);
    row->setObjectName(QStringLiteral("explainButtons"));
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(16, 8, 16, 12);
    layout->setSpacing(8);
    m_fix = new QPushButton(row);
    m_fix->setObjectName(QStringLiteral("fix"));
    m_fix->setProperty("accent", true);
    m_compare = new QPushButton(row);
    m_compare->setObjectName(QStringLiteral("compareWith"));
    m_certificate = new QPushButton(tr("Certificate..."), row);
    m_certificate->setObjectName(QStringLiteral("explainCertificate"));
    m_certificate->hide(); // until there is one
    connect(m_certificate, &QPushButton::clicked, this, &ExplainPanel::certificateWanted);
    m_copy = new QPushButton(tr("Copy"), row);
    m_copy->setObjectName(QStringLiteral("copyExplanation"));
    m_copy->setAccessibleName(tr("Copy the explanation as text"));
    layout->addWidget(m_fix);
    layout->addWidget(m_compare);
    layout->addWidget(m_certificate);
    layout->addStretch(1);
    layout->addWidget(m_copy);
    connect(m_fix, &QPushButton::clicked, this, [this] { Q_EMIT fixWanted(m_action, m_call); });
    connect(m_compare, &QPushButton::clicked, this,
            [this] { Q_EMIT compareWanted(m_explanation.code); });
    connect(m_copy, &QPushButton::clicked, this, &ExplainPanel::copy);
    return row;
}

void ExplainPanel::refresh()
{
    m_call = m_focus.call();
    if (!m_call || !m_focus.row().valid())
        return;
    m_store.listening().want(m_call);
    auto fresh = diagnosis::explain(m_store.evidence(*m_call), m_focus.row(), m_call->findings);
    if (same(fresh, m_explanation)) {
        m_explanation = std::move(fresh);
        return;
    }
    m_explanation = std::move(fresh);
    write();
}

void ExplainPanel::showCode(int code)
{
    m_call = nullptr;
    m_explanation = diagnosis::explainCode(code);
    write();
}

void ExplainPanel::write()
{
    const auto &e = m_explanation;
    const bool any = !e.title.empty();
    m_chip->setVisible(any && e.code != 0);
    m_chip->setCode(e.code);
    QString title = shown(e.title);
    const QString number = QString::number(e.code) + QLatin1Char(' ');
    if (e.code != 0 && title.startsWith(number))
        title.remove(0, number.size()); // the chip says it
    m_title->setText(any ? title : tr("Nothing chosen yet"));
    m_summary->setText(
        any ? shown(e.summary)
            : tr("Choose a row of the ladder: it is explained here, with its evidence."));
    const auto first = std::find_if(e.fixes.begin(), e.fixes.end(), [](const auto &f) {
        return f.action != diagnosis::Action::None;
    });
    m_action = first == e.fixes.end() ? diagnosis::Action::None : first->action;
    const bool settings = m_action == diagnosis::Action::None && refusesOurs();
    if (settings)
        m_action = diagnosis::Action::CheckPassword; // opens the account, whatever is wrong in it
    const bool offered = std::any_of(e.offers.begin(), e.offers.end(),
                                     [](const auto &offer) { return offer.possible; });
    const QWidget *focused = window()->focusWidget();
    const bool held = focused != nullptr && m_offers->isAncestorOf(focused);
    if (held && !offered)
        m_text->setFocus(Qt::OtherFocusReason); // not to whatever comes next in the window
    m_offers->setOffers(m_call != nullptr ? e.offers : std::vector<diagnosis::Offer>{});
    m_fix->setVisible(m_action != diagnosis::Action::None && m_call != nullptr && !offered);
    m_fix->setText(settings ? tr("Account settings...") : actionText(m_action));
    m_fix->setAccessibleName(m_action == diagnosis::Action::None ? tr("No fix to run")
                                                                 : m_fix->text());
    m_compare->setVisible(e.code != 0);
    m_compare->setText(tr("Compare with %1").arg(e.code == 430 ? 183 : 430));
    if (e.code == 430 || e.code == 183)
        m_compare->setText(tr("Compare 183 and 430"));
    m_copy->setEnabled(any);
    m_certificate->setVisible(m_call != nullptr && m_store.tlsOf(*m_call->call) != nullptr);
    writeText();
}

/// A registrar's no to an account of ours: what can be changed stands in the account.
bool ExplainPanel::refusesOurs() const
{
    const int code = m_explanation.code;
    if (!m_call || m_call->call->kind != calls::Kind::Registration || code < 400)
        return false;
    return std::any_of(m_store.accounts().begin(), m_store.accounts().end(), [](const auto &each) {
        return std::any_of(each.second.flows.begin(), each.second.flows.end(), [](const auto &f) {
            return f.second.state == base::FlowState::Rejected;
        });
    });
}

void ExplainPanel::writeText()
{
    const auto &e = m_explanation;
    m_text->begin();
    writeVerdict();
    if (!e.happened.empty()) {
        m_text->heading(tr("What happened here"));
        m_text->sentences(shownLines(e.happened), e.evidence.size());
    }
    if (!e.actor.empty()) {
        m_text->heading(tr("Who acts"));
        m_text->paragraph(shown(e.actor));
    }
    if (!e.expected.empty()) {
        m_text->heading(tr("What should have happened"));
        m_text->paragraph(shown(e.expected));
    }
    if (!e.impact.empty()) {
        m_text->heading(tr("Impact"));
        m_text->paragraph(shownLines(e.impact));
    }
    writeOffers();
    if (!e.fixes.empty()) {
        m_text->heading(tr("How to fix"));
        int number = 0;
        for (const auto &fix : e.fixes) { // settings stand below the sentence
            QStringList lines = shownLines(fix.text).split(QLatin1Char('\n'));
            m_text->item(++number, lines.takeFirst(), shown(fix.party));
            m_text->lines(lines);
        }
    }
    if (!e.article.empty()) {
        m_text->heading(tr("Learn"));
        m_text->article(QString::fromStdString(e.article));
    }
    m_text->end();
}

/// What is heard after this very response: one sentence, and the facts it rests on.
void ExplainPanel::writeVerdict()
{
    const auto &verdict = m_explanation.verdict;
    if (!verdict)
        return;
    const Tokens &t = m_theme.tokens();
    m_text->heading(tr("What the caller hears"));
    m_text->paragraph(shown(verdict->sentence));
    for (const auto &fact : verdict->facts) {
        const LightLook look = lookOf(fact.light);
        m_text->checked(QString::fromUtf16(look.glyph), t.colour(look.role),
                        shown(fact.name) + QLatin1String(": ") + shownLines(fact.value),
                        m_explanation.evidence.size());
    }
}

/// One reason that holds for all of them is said once.
void ExplainPanel::writeOffers()
{
    const auto &offers = m_explanation.offers;
    if (offers.empty())
        return;
    const auto reason = [](const diagnosis::Offer &offer) {
        return offer.possible ? std::string() : offer.text.substr(offer.text.find(": ") + 2);
    };
    m_text->heading(tr("What can be done from here"));
    const std::string first = reason(offers.front());
    if (!first.empty() && std::all_of(offers.begin(), offers.end(),
                                      [&](const auto &o) { return reason(o) == first; }))
        return m_text->paragraph(tr("Nothing: %1").arg(shown(first)));
    int number = 0;
    for (const auto &offer : offers)
        m_text->item(++number, shown(offer.text),
                     offer.possible ? tr("possible") : tr("not possible"));
}

bool ExplainPanel::follow(int number)
{
    if (number < 1 || static_cast<std::size_t>(number) > m_explanation.evidence.size())
        return false;
    m_focus.jump(m_explanation.evidence[static_cast<std::size_t>(number) - 1]);
    return true;
}

void ExplainPanel::copy()
{
    QString text = shown(m_explanation.title) + QLatin1Char('\n') + shown(m_explanation.summary) +
                   QLatin1String("\n\n") + m_text->toPlainText();
    QApplication::clipboard()->setText(text);
}

void ExplainPanel::keyPressEvent(QKeyEvent *event)
{
    const int number = event->key() - Qt::Key_0;
    if (event->modifiers() == Qt::NoModifier && number >= 1 && number <= 9 && follow(number))
        return;
    QWidget::keyPressEvent(event);
}

} // namespace ui
