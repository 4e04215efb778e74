// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/welcome_page.h>

#include <lab/lab.h>
#include <QEvent>
#include <QFontInfo>
#include <QGridLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {
namespace {

constexpr const char *kFirstStory = "early-media";
constexpr int kColumn = 720; // logical pixels; text wider than that reads badly
constexpr int kLetters = 13; // pixels high, of that text

QPushButton *button(const QString &text, const char *name, QWidget *parent)
{
    auto *out = new QPushButton(text, parent);
    out->setObjectName(QString::fromLatin1(name));
    out->setAccessibleName(text);
    return out;
}

} // namespace

WelcomePage::WelcomePage(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("welcome"));
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("welcomeScroll"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto *page = new QWidget(scroll);
    page->setObjectName(QStringLiteral("welcomeBody"));
    page->setProperty("page", true);
    page->setAttribute(Qt::WA_StyledBackground);
    auto *centre = new QHBoxLayout(page);
    auto *column = new QVBoxLayout();
    column->setContentsMargins(16, 24, 16, 24);
    column->setSpacing(24);
    column->addStretch(1);
    column->addWidget(makeHead());
    column->addWidget(makeStories());
    column->addStretch(2);
    auto *body = new QWidget(page);
    body->setObjectName(QStringLiteral("welcomeColumn"));
    body->setLayout(column);
    m_column = body;
    fitColumn();
    centre->addWidget(body);
    scroll->setWidget(page);
    outer->addWidget(scroll);
}

/// Grows with the letters: a projector's are half as large again.
void WelcomePage::fitColumn()
{
    m_column->setMaximumWidth(kColumn * QFontInfo(font()).pixelSize() / kLetters);
}

void WelcomePage::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_column != nullptr)
        fitColumn();
}

void WelcomePage::setAccount(const QString &aor)
{
    constexpr int kName = 150; // the four buttons stand in one row
    const QString who = aor.startsWith(QLatin1String("sip:")) ? aor.mid(4) : aor;
    m_account->setText(
        tr("Register %1...").arg(menuText(fontMetrics().elidedText(who, Qt::ElideMiddle, kName))));
    m_account->setAccessibleName(tr("Register %1...").arg(aor));
    m_account->setToolTip(plainTip(aor));
}

QWidget *WelcomePage::makeHead()
{
    auto *head = new QWidget(this);
    head->setObjectName(QStringLiteral("welcomeHead"));
    auto *rows = new QVBoxLayout(head);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(8);
    QLabel *title = plainLabel(tr("Hear what happens before the answer"), "welcomeTitle", head);
    title->setProperty("heading", true);
    QLabel *text = plainLabel(
        tr("Earshot shows a SIP call as a ladder while it happens, plays its early media, and "
           "explains 183, 430 and every other response with the messages that prove it."),
        "welcomeText", head);
    text->setWordWrap(true);
    text->setProperty("muted", true);
    rows->addWidget(title);
    rows->addWidget(text);
    rows->addSpacing(8);
    auto *buttons = new QHBoxLayout();
    buttons->setSpacing(8);
    m_first = button(tr("Play the 183 story"), "playFirstStory", head);
    m_first->setProperty("accent", true);
    QPushButton *open = button(tr("Open a capture..."), "openCapture", head);
    QPushButton *account = button(tr("Register an account..."), "addAccount", head);
    QPushButton *call = button(tr("Place a test call"), "placeCall", head);
    for (QPushButton *one : {m_first, open, account, call})
        buttons->addWidget(one);
    buttons->addStretch(1);
    rows->addLayout(buttons);
    rows->addWidget(plainLabel(
        tr("No account, no network and no sign-up needed: the story runs on this computer."),
        "welcomeNote", head));
    connect(m_first, &QPushButton::clicked, this, [this] { Q_EMIT storyWanted(m_firstStory); });
    connect(open, &QPushButton::clicked, this, &WelcomePage::openWanted);
    m_account = account;
    connect(account, &QPushButton::clicked, this, &WelcomePage::accountWanted);
    connect(call, &QPushButton::clicked, this, &WelcomePage::callWanted);
    return head;
}

QWidget *WelcomePage::makeStories()
{
    auto *box = new QWidget(this);
    box->setObjectName(QStringLiteral("stories"));
    auto *rows = new QVBoxLayout(box);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(8);
    QLabel *title = plainLabel(tr("Lab stories"), "storiesTitle", box);
    title->setProperty("panelTitle", true);
    rows->addWidget(title);
    auto *grid = new QGridLayout();
    grid->setSpacing(12);
    int index = 0;
    for (const lab::Scenario &story : lab::scenarios()) {
        const QString name = shown(story.name);
        if (m_firstStory.isEmpty() || story.name == kFirstStory)
            m_firstStory = name;
        grid->addWidget(makeCard(name, shown(story.title), shown(story.summary)), index / 2,
                        index % 2);
        ++index;
    }
    rows->addLayout(grid);
    m_first->setEnabled(index > 0);
    return box;
}

QWidget *WelcomePage::makeCard(const QString &name, const QString &title, const QString &summary)
{
    auto *card = new QFrame(this);
    card->setObjectName(QStringLiteral("card-") + name);
    card->setProperty("card", true);
    auto *rows = new QVBoxLayout(card);
    rows->setContentsMargins(16, 12, 16, 12);
    rows->setSpacing(6);
    QLabel *head = plainLabel(title, "storyCardTitle", card);
    head->setWordWrap(true);
    QFont strong = head->font();
    strong.setWeight(QFont::DemiBold);
    head->setFont(strong);
    QLabel *text = plainLabel(summary, "storyCardText", card);
    text->setWordWrap(true);
    text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    text->setProperty("muted", true);
    auto *play = new QPushButton(tr("Play"), card);
    play->setObjectName(QStringLiteral("play-") + name);
    play->setAccessibleName(tr("Play the story: %1").arg(title));
    connect(play, &QPushButton::clicked, this, [this, name] { Q_EMIT storyWanted(name); });
    rows->addWidget(head);
    rows->addWidget(text, 1);
    rows->addWidget(play, 0, Qt::AlignLeft);
    return card;
}

} // namespace ui
