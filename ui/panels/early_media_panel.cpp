// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/early_media_panel.h>

#include <algorithm>
#include <ladder/words.h>
#include <QComboBox>
#include <QGridLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <ui/listening.h>
#include <ui/models/call_facts.h>
#include <ui/panels/light_look.h>
#include <ui/replay.h>
#include <ui/text.h>
#include <ui/views/waveform.h>

namespace ui {
namespace {

constexpr std::size_t kMostFacts = 8;

void paintLabel(QLabel *label, const QColor &colour)
{
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, colour);
    label->setPalette(palette);
}

/// In a low window the panel gets as low as its controls; the rest can be scrolled to.
QScrollArea *scrolled(QWidget *inside)
{
    auto *area = new QScrollArea(inside->parentWidget());
    area->setObjectName(QStringLiteral("earlyMediaScroll"));
    area->setAccessibleName(QObject::tr("Why early media is heard or not"));
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidgetResizable(true);
    area->setWidget(inside);
    return area;
}

} // namespace

EarlyMediaPanel::EarlyMediaPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_theme(theme),
      m_state(plainLabel({}, "earlyMediaState", this)),
      m_figures(plainLabel({}, "earlyMediaFigures", this)), m_level(new LevelMeter(theme, this)),
      m_wave(new Waveform(theme, this))
{
    setObjectName(QStringLiteral("earlyMedia"));
    setAccessibleName(tr("Early media"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 16, 10);
    layout->setSpacing(20);
    auto *left = new QVBoxLayout();
    left->setSpacing(6);
    left->addWidget(makeControls());
    left->addWidget(m_wave, 1);
    m_figures->setProperty("muted", true);
    m_state->setWordWrap(true); // what it says is never cut: a second line costs less
    m_figures->setWordWrap(true);
    left->addWidget(m_figures);
    layout->addLayout(left, 3);
    layout->addWidget(scrolled(makeChecks()), 3);
    connect(&focus, &Focus::callChanged, this, &EarlyMediaPanel::refresh);
    connect(&focus, &Focus::passed, this, &EarlyMediaPanel::refresh);
    connect(&store.listening(), &Listening::heard, this, &EarlyMediaPanel::refresh);
    connect(&store, &Store::ownCallChanged, this, &EarlyMediaPanel::refresh);
    connect(&store, &Store::mediaChanged, this, &EarlyMediaPanel::refresh);
    connect(&Replay::of(store), &Replay::changed, this, &EarlyMediaPanel::refresh);
    connect(&theme, &Theme::changed, this, &EarlyMediaPanel::refresh);
    refresh();
}

QWidget *EarlyMediaPanel::makeControls()
{
    auto *row = new QWidget(this);
    row->setObjectName(QStringLiteral("earlyMediaControls"));
    auto *layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_play = new QPushButton(tr("Mute"), row);
    m_play->setObjectName(QStringLiteral("play"));
    m_record = new QPushButton(tr("Record"), row);
    m_record->setObjectName(QStringLiteral("record"));
    m_record->setAccessibleName(tr("Record what is heard"));
    layout->addWidget(m_state, 3);
    layout->addWidget(m_level, 1);
    layout->addWidget(m_play);
    layout->addWidget(m_record);
    connect(m_play, &QPushButton::clicked, this, &EarlyMediaPanel::toggleMute);
    connect(m_record, &QPushButton::clicked, this, &EarlyMediaPanel::toggleRecord);
    return row;
}

QWidget *EarlyMediaPanel::makeChecks()
{
    auto *box = new QWidget(this);
    box->setObjectName(QStringLiteral("earlyMediaChecks"));
    box->setProperty("page", true);
    box->setAttribute(Qt::WA_StyledBackground);
    m_checks = new QGridLayout(box);
    m_checks->setContentsMargins(0, 0, 0, 0);
    m_checks->setHorizontalSpacing(8);
    m_checks->setVerticalSpacing(2);
    m_verdict = plainLabel({}, "earlyMediaVerdict", box);
    m_verdict->setWordWrap(true);
    m_dialogs = new QComboBox(box);
    m_dialogs->setObjectName(QStringLiteral("earlyDialogs"));
    m_dialogs->setAccessibleName(tr("Early dialog to hear"));
    m_dialogs->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    connect(m_dialogs, &QComboBox::activated, this,
            [this](int index) { listenTo(static_cast<std::uint32_t>(index)); });
    m_checks->addWidget(m_dialogs, 0, 0, 1, 2, Qt::AlignLeft);
    m_checks->addWidget(m_verdict, 1, 0, 1, 2);
    for (std::size_t i = 0; i < kMostFacts; ++i) {
        QLabel *glyph = plainLabel({}, "checkGlyph", box), *text = plainLabel({}, "checkText", box);
        text->setWordWrap(true);
        glyph->setAlignment(Qt::AlignTop);
        m_checks->addWidget(glyph, static_cast<int>(i) + 2, 0);
        m_checks->addWidget(text, static_cast<int>(i) + 2, 1);
        m_facts.emplace_back(glyph, text);
    }
    m_checks->setColumnStretch(1, 1);
    m_checks->setRowStretch(static_cast<int>(kMostFacts) + 2, 1);
    return box;
}

const desk::CallInfo *EarlyMediaPanel::own() const
{
    return m_focus.call() ? m_store.ownCall(m_focus.call()->call->callId) : nullptr;
}

bool EarlyMediaPanel::live() const
{
    const desk::CallInfo *info = own();
    return info != nullptr && !desk::isOver(*info);
}

std::uint32_t EarlyMediaPanel::dialogIndex() const
{
    const auto count = m_focus.call()->call->earlyDialogs.size();
    const int chosen = m_dialogs->currentIndex();
    return chosen >= 0 && static_cast<std::size_t>(chosen) < count
               ? static_cast<std::uint32_t>(chosen)
               : 0;
}

void EarlyMediaPanel::listenTo(std::uint32_t dialog)
{
    if (static_cast<int>(dialog) >= m_dialogs->count())
        return;
    m_dialogs->setCurrentIndex(static_cast<int>(dialog));
    if (live())
        Q_EMIT chooseWanted(own()->handle, toStd(m_dialogs->currentData().toString()));
    refresh();
}

void EarlyMediaPanel::hear(std::uint32_t dialog)
{
    listenTo(dialog);
    if (!live())
        togglePlay();
}

void EarlyMediaPanel::listenToNext()
{
    if (m_dialogs->count() > 0)
        listenTo(static_cast<std::uint32_t>((m_dialogs->currentIndex() + 1) % m_dialogs->count()));
}

/// What is played changes by itself too: with the answer, with media of another fork.
void EarlyMediaPanel::followHeard(const desk::CallInfo &info)
{
    if (!info.media || info.media->toTag == m_heard)
        return;
    m_heard = info.media->toTag;
    const int at = m_heard.empty() ? -1 : m_dialogs->findData(QString::fromStdString(m_heard));
    if (at >= 0)
        m_dialogs->setCurrentIndex(at);
}

void EarlyMediaPanel::refresh()
{
    const CallPtr view = m_focus.call();
    const desk::CallInfo *info = own();
    const bool goesOn = live();
    m_record->setEnabled(goesOn);
    m_record->setVisible(info != nullptr);
    if (view)
        refreshDialogs(*view->call);
    if (goesOn)
        followHeard(*info);
    m_dialogs->setVisible(m_dialogs->count() > 1);
    refreshPlay(view, goesOn);
    if (info != nullptr && info->media)
        refreshOwn(*info);
    else if (view)
        refreshCaptured(*view);
    else
        m_state->setText(tr("No call yet"));
    m_store.listening().want(view);
    if (view)
        refreshChecks(*view);
    else
        m_verdict->setText(tr(
            "What is heard before the answer shows here: level, loss, jitter, and why it is silent "
            "if it is."));
}

void EarlyMediaPanel::refreshDialogs(const calls::Call &call)
{
    QStringList tags;
    for (const auto &dialog : call.earlyDialogs)
        tags << QString::fromStdString(dialog.toTag);
    QStringList have;
    for (int i = 0; i < m_dialogs->count(); ++i)
        have << m_dialogs->itemData(i).toString();
    if (tags == have)
        return;
    // The first that is there to hear stays chosen while others come; another call begins anew.
    const bool same = !have.isEmpty() && tags.mid(0, have.size()) == have;
    const int chosen = same ? m_dialogs->currentIndex() : 0;
    if (!same)
        m_heard.clear();
    m_dialogs->clear();
    int number = 0;
    for (const QString &tag : tags)
        m_dialogs->addItem(
            tr("early dialog %1 (%2)").arg(++number).arg(shown(ladder::tagText(toStd(tag)))), tag);
    m_dialogs->setCurrentIndex(tags.isEmpty() ? -1 : chosen);
}

void EarlyMediaPanel::refreshOwn(const desk::CallInfo &info)
{
    const media::Status &status = *info.media;
    m_wave->setLevels(status.waveform);
    m_level->setLevel(status.level, status.peak, status.packets > 0);
    QString state = tr("waiting for RTP");
    if (status.playing)
        state = status.device == "none" ? tr("arriving, no audio output")
                : m_muted               ? tr("arriving, muted")
                                        : tr("playing through %1").arg(shown(status.device));
    if (info.stage >= desk::CallInfo::Stage::Ended)
        state = tr("ended");
    if (!status.recording.empty())
        state += tr(", recording");
    m_state->setText(state);
    m_state->setToolTip(plainTip(shown(status.why))); // why this is heard, or nothing
    m_record->setText(status.recording.empty() ? tr("Record") : tr("Stop recording"));
    QString words = figures(shown(status.codec), status.packets, status.lost, status.jitter,
                            status.level, status.packets > 0);
    base::Packet newest; // its marks alone
    newest.dscp = status.dscp < 0 ? base::kNoDscp : static_cast<std::uint8_t>(status.dscp);
    newest.hops = static_cast<std::uint8_t>(std::clamp(status.ttl, 0, 255));
    rtp::Marking marking;
    marking.add(newest);
    if (const auto marked = rtp::markingText(marking); !marked.empty() && status.packets > 0)
        words += QStringLiteral("  ·  ") + shown(marked);
    m_figures->setText(words);
    m_figures->setToolTip(plainTip(tr("late %1, duplicates %2, wrong payload type %3, sent %4\n%5")
                                       .arg(status.late)
                                       .arg(status.duplicates)
                                       .arg(status.wrongPayloadType)
                                       .arg(status.sent)
                                       .arg(shown(status.recording))));
}

void EarlyMediaPanel::refreshChecks(const session::CallView &view)
{
    diagnosis::Verdict verdict;
    if (view.call->earlyDialogs.empty())
        verdict.sentence = toStd(
            tr("No provisional response with a To-tag yet: there is no early dialog to hear."));
    else
        verdict = diagnosis::earlyMediaVerdict(m_store.evidence(view), dialogIndex());
    m_verdict->setText(shown(verdict.sentence));
    const Tokens &t = m_theme.tokens();
    for (std::size_t i = 0; i < m_facts.size(); ++i) {
        const auto &[glyph, text] = m_facts[i];
        const bool used = i < verdict.facts.size();
        glyph->setVisible(used);
        text->setVisible(used);
        if (!used)
            continue;
        const LightLook look = lookOf(verdict.facts[i].light);
        glyph->setText(QString::fromUtf16(look.glyph));
        paintLabel(glyph, t.colour(look.role));
        const QString words =
            shown(verdict.facts[i].name) + QLatin1String(": ") + shown(verdict.facts[i].value);
        text->setText(words);
        text->setToolTip(plainTip(words));
    }
}

void EarlyMediaPanel::toggleMute()
{
    if (!live()) {
        togglePlay();
    } else if (const auto *info = own()) {
        m_muted = !m_muted;
        Q_EMIT muteWanted(info->handle, m_muted);
        refresh();
    }
}

void EarlyMediaPanel::toggleRecord()
{
    if (const auto *info = own())
        Q_EMIT recordWanted(info->handle, !info->media || info->media->recording.empty());
}

} // namespace ui
