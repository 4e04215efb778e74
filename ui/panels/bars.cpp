// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/bars.h>

#include <algorithm>
#include <desk/story_pace.h>
#include <QAbstractItemView>
#include <QAccessible>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>
#include <sip/uri.h>
#include <ui/focus.h>
#include <ui/panels/elided_label.h>
#include <ui/text.h>
#include <utility>

namespace ui {
namespace {

constexpr int kMostNotices = 3;
constexpr int kNewsMs = 15000; // what is no error leaves by itself

QHBoxLayout *barLayout(QWidget *bar)
{
    bar->setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(16, 6, 12, 6);
    layout->setSpacing(8);
    return layout;
}

QPushButton *button(const QString &text, const char *name, QWidget *parent)
{
    auto *out = new QPushButton(text, parent);
    out->setObjectName(QString::fromLatin1(name));
    out->setAccessibleName(text);
    return out;
}

/// The name and the address a From header gives, without tags and parameters.
QString callerOf(const std::string &from)
{
    const sip::NameAddress who = sip::parseNameAddress(from);
    if (!who.ok || !who.uri.ok)
        return shown(from);
    const QString address = shown(who.uri.address());
    return who.display.empty() ? address
                               : QStringLiteral("%1 (%2)").arg(shown(who.display), address);
}

void alert(QWidget *widget, const QString &sentence)
{
    widget->setAccessibleName(sentence);
    QAccessibleEvent event(widget, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

} // namespace

NoticeBar::NoticeBar(QWidget *parent) : QWidget(parent), m_rows(new QVBoxLayout(this))
{
    setObjectName(QStringLiteral("notices"));
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(0);
    hide();
}

void NoticeBar::add(const QString &sentence, bool isError, const QString &topic, const Act &act)
{
    if (sentences().contains(sentence))
        return; // it still stands there
    const QList<QWidget *> standing = m_notices;
    for (QWidget *notice : standing) {
        if (!topic.isEmpty() && notice->property("topic") == topic)
            drop(notice);
    }
    while (m_notices.size() >= kMostNotices)
        drop(m_notices.front());
    auto *notice = new QWidget(this);
    notice->setProperty("topic", topic);
    notice->setObjectName(QStringLiteral("notice"));
    notice->setProperty("noticeKind", isError ? "error" : "info");
    QHBoxLayout *layout = barLayout(notice);
    QLabel *glyph =
        plainLabel(isError ? QStringLiteral("!") : QStringLiteral("i"), "noticeGlyph", notice);
    glyph->setProperty("panelTitle", true);
    QLabel *text = plainLabel(sentence, "noticeText", notice);
    text->setWordWrap(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    QPushButton *close = button(tr("Dismiss"), "dismissNotice", notice);
    close->setProperty("flat", true);
    layout->addWidget(glyph);
    layout->addWidget(text, 1);
    if (act.run) {
        QPushButton *does = button(act.text, "noticeAct", notice);
        layout->addWidget(does);
        connect(does, &QPushButton::clicked, this, [this, notice, run = act.run] {
            drop(notice);
            run();
        });
    }
    layout->addWidget(close);
    connect(close, &QPushButton::clicked, this, [this, notice] { drop(notice); });
    if (!isError) {
        auto *news = new QTimer(notice);
        news->setSingleShot(true);
        connect(news, &QTimer::timeout, this, [this, notice] { drop(notice); });
        news->start(kNewsMs);
    }
    m_rows->addWidget(notice);
    m_notices.append(notice);
    setVisible(true);
    alert(notice, sentence);
}

void NoticeBar::dismiss(const QString &sentence)
{
    const auto at = sentences().indexOf(sentence);
    if (at >= 0)
        drop(m_notices[at]);
}

void NoticeBar::dismissNewest()
{
    if (!m_notices.isEmpty())
        drop(m_notices.back());
}

void NoticeBar::dismissErrors()
{
    const QList<QWidget *> all = m_notices;
    for (QWidget *notice : all) {
        if (notice->property("noticeKind") == QLatin1String("error"))
            drop(notice);
    }
}

void NoticeBar::drop(QWidget *notice)
{
    m_notices.removeAll(notice);
    m_rows->removeWidget(notice);
    notice->hide();
    notice->deleteLater();
    setVisible(!m_notices.isEmpty());
}

QStringList NoticeBar::sentences() const
{
    QStringList out;
    for (const QWidget *notice : m_notices)
        out << notice->findChild<QLabel *>(QStringLiteral("noticeText"))->text();
    return out;
}

IncomingBar::IncomingBar(Store &store, QWidget *parent)
    : QWidget(parent), m_text(new ElidedLabel("incomingText", this))
{
    setObjectName(QStringLiteral("incoming"));
    setProperty("noticeKind", "info");
    barLayout(this)->addWidget(m_text, 1);
    auto *answers = act(tr("Answer"), "answer", tr("200 with our description (Ctrl+Shift+A)"));
    answers->setProperty("accent", true);
    auto *early = act(tr("Early media"), "answerEarly",
                      tr("183 with our description before the answer (Ctrl+Alt+A)"));
    auto *declines = act(tr("Decline"), "decline", tr("603 Decline (Ctrl+Shift+D)"));
    auto *code = act(tr("Decline with..."), "declineWith",
                     tr("A final response code of your choice (Ctrl+Alt+D)"));
    auto *elsewhere = act(tr("Redirect..."), "redirect", tr("302 to another address (Ctrl+Alt+R)"));
    connect(answers, &QPushButton::clicked, this, &IncomingBar::answer);
    connect(early, &QPushButton::clicked, this, &IncomingBar::earlyWanted);
    connect(declines, &QPushButton::clicked, this, &IncomingBar::decline);
    connect(code, &QPushButton::clicked, this, &IncomingBar::declineWanted);
    connect(elsewhere, &QPushButton::clicked, this, &IncomingBar::redirectWanted);
    connect(&store, &Store::ownCallChanged, this,
            [this](const desk::CallInfo &call) { apply(call); });
    hide();
}

QPushButton *IncomingBar::act(const QString &text, const char *name, const QString &tip)
{
    auto *out = button(text, name, this);
    out->setToolTip(plainTip(tip));
    out->setAccessibleDescription(tip);
    layout()->addWidget(out);
    return out;
}

void IncomingBar::apply(const desk::CallInfo &call)
{
    using Stage = desk::CallInfo::Stage;
    const bool rings =
        call.incoming && (call.stage == Stage::Calling || call.stage == Stage::Ringing ||
                          call.stage == Stage::Early);
    if (rings && call.handle != m_done) {
        m_call = call.handle;
        m_text->setText(tr("Incoming call from %1").arg(callerOf(call.from)));
        if (!isVisible())
            alert(this, m_text->text());
        show();
    } else if (call.handle == m_call) {
        m_call = {};
        hide();
    }
}

engine::CallHandle IncomingBar::take()
{
    if (m_call.valid())
        m_done = m_call;
    hide();
    return std::exchange(m_call, {});
}

void IncomingBar::answer()
{
    if (const auto call = take(); call.valid())
        Q_EMIT answered(call);
}

void IncomingBar::decline()
{
    if (const auto call = take(); call.valid())
        Q_EMIT declined(call);
}

StoryBar::StoryBar(Store &store, Focus &focus, QWidget *parent)
    : QWidget(parent), m_store(store), m_step(plainLabel({}, "storyStep", this)),
      m_title(plainLabel({}, "storyTitle", this)), m_caption(plainLabel({}, "storyCaption", this)),
      m_pace(new QComboBox(this)), m_further(button(tr("Next step"), "storyNext", this)),
      m_stop(button(tr("Stop"), "storyStop", this)),
      m_close(button(tr("Close"), "storyClose", this))
{
    setObjectName(QStringLiteral("story"));
    setProperty("noticeKind", "info");
    QHBoxLayout *layout = barLayout(this);
    m_step->setProperty("muted", true);
    m_title->setProperty("muted", true);
    m_caption->setWordWrap(true);
    m_caption->setProperty("strong", true);
    auto *words = new QVBoxLayout();
    words->setSpacing(2);
    auto *head = new QHBoxLayout();
    head->addWidget(m_step);
    head->addWidget(m_title, 1);
    words->addLayout(head);
    words->addWidget(m_caption);
    layout->addLayout(words, 1);
    layout->addWidget(m_further);
    layout->addWidget(m_pace);
    layout->addWidget(m_stop);
    layout->addWidget(m_close);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        if (m_running)
            Q_EMIT stopWanted();
        else
            Q_EMIT againWanted(m_name);
    });
    connect(m_close, &QPushButton::clicked, this, &QWidget::hide);
    makePace();
    connect(&store, &Store::storyChanged, this, &StoryBar::apply);
    connect(&focus, &Focus::callChanged, this, &StoryBar::leave);
    hide();
}

void StoryBar::makePace()
{
    m_pace->setObjectName(QStringLiteral("storyPace"));
    m_pace->setAccessibleName(tr("How fast the story is told"));
    m_pace->setToolTip(plainTip(tr("Each step stands as long as its caption takes to read, twice "
                                   "as long, no longer than it takes, or until Space is pressed")));
    m_pace->addItems({tr("To read along"), tr("Slowly"), tr("At once"), tr("Step by step")});
    m_pace->view()->setMinimumHeight(m_pace->count() * m_pace->sizeHint().height());
    m_further->setProperty("accent", true);
    m_further->setToolTip(plainTip(tr("Space in the ladder does the same")));
    connect(m_further, &QPushButton::clicked, this, [] { desk::storyPace().next(); });
    connect(m_pace, &QComboBox::currentIndexChanged, this, [this](int index) {
        desk::storyPace().set(static_cast<desk::StoryPace::Kind>(index));
        m_further->setVisible(stepsByHand());
        if (stepsByHand())
            m_further->setFocus(Qt::OtherFocusReason);
        Q_EMIT paceChosen(index);
    });
    setPace(0);
}

void StoryBar::setPace(int index)
{
    m_pace->setCurrentIndex(std::clamp(index, 0, m_pace->count() - 1));
    desk::storyPace().set(static_cast<desk::StoryPace::Kind>(m_pace->currentIndex()));
    m_further->setVisible(stepsByHand());
}

bool StoryBar::stepsByHand() const
{
    return m_running && m_pace->currentIndex() == static_cast<int>(desk::StoryPace::Kind::ByHand);
}

/// A story that has ended says nothing of a call of another.
void StoryBar::leave(const CallPtr &call)
{
    const std::uint32_t id = call->call.id().value;
    if (!m_running && (id < m_first || id >= m_next))
        hide();
}

void StoryBar::apply(const desk::StoryState &story)
{
    const bool fresh = story.running && !m_running, ended = !story.running && m_running;
    const bool hadKeys = m_further->hasFocus() || m_stop->hasFocus();
    const auto next = m_store.calls().empty() ? 0 : m_store.calls().back()->call.id().value + 1;
    if (fresh)
        m_first = next;
    if (story.running || m_running)
        m_next = next;
    m_running = story.running;
    m_name = shown(story.name);
    m_step->setText(
        tr("Step %1 of %2  ·  ").arg(std::min(story.step + 1, story.steps)).arg(story.steps));
    m_title->setText(shown(story.title));
    QString caption = shown(story.caption);
    if (!story.running)
        caption = story.error.empty()
                      ? tr("The story has ended. The ladder and its explanation stay.")
                      : shown(story.error);
    m_caption->setText(caption);
    m_step->setVisible(story.running);
    m_stop->setText(story.running ? tr("Stop") : tr("Play again"));
    m_stop->setAccessibleName(story.running ? tr("Stop the story") : tr("Play the story again"));
    m_further->setVisible(stepsByHand());
    m_close->setVisible(!story.running);
    m_close->setAccessibleName(tr("Close the story's caption"));
    if (fresh)
        show();
    // One press of Space too many neither stops a story nor begins it anew.
    if (stepsByHand() && (fresh || hadKeys))
        m_further->setFocus(Qt::OtherFocusReason);
    else if (ended && hadKeys)
        m_close->setFocus(Qt::OtherFocusReason);
    setAccessibleName(caption);
}

} // namespace ui
