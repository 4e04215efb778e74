// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/sound_panel.h>

#include <base/told_time.h>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>
#include <ui/panels/elided_label.h>
#include <ui/replay.h>
#include <ui/text.h>
#include <ui/views/sound_strip.h>

namespace ui {
namespace {

using namespace std::chrono_literals;
constexpr auto kMeasured = 50ms;                // until what was measured meanwhile shows
constexpr base::Duration kBehindAnswer = 500ms; // the answer itself is to be seen

diagnosis::EvidenceRef placeOf(trace::RowId row)
{
    diagnosis::EvidenceRef place;
    place.row = row;
    return place;
}

} // namespace

SoundPanel::SoundPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_told(new ElidedLabel("soundTold", this)),
      m_strip(new SoundStrip(theme)), m_again(new QTimer(this))
{
    m_again->setSingleShot(true);
    m_again->setInterval(kMeasured);
    connect(m_again, &QTimer::timeout, this, &SoundPanel::refresh);
    setObjectName(QStringLiteral("sound"));
    setAccessibleName(tr("Sound on the ladder's clock"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    auto *area = new QScrollArea(this);
    area->setObjectName(QStringLiteral("soundScroll"));
    area->setAccessibleName(tr("Sound of every stream"));
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setWidgetResizable(true);
    area->setWidget(m_strip);
    makeEarly();
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 6, 8, 6);
    layout->setSpacing(8);
    auto *left = new QVBoxLayout();
    left->setSpacing(2);
    left->addWidget(m_told);
    left->addWidget(area, 1);
    layout->addLayout(left, 1);
    layout->addLayout(makeControls());
    connect(&focus, &Focus::callChanged, this, &SoundPanel::refresh);
    connect(&focus, &Focus::callChanged, this, &SoundPanel::endElsewhere);
    connect(&focus, &Focus::rowChanged, this, &SoundPanel::follow);
    connectStrip();
    setFocusProxy(m_strip);
    connect(&Replay::of(store), &Replay::changed, this, &SoundPanel::played);
    connect(&Replay::of(store), &Replay::moved, this, &SoundPanel::moved);
    connect(m_strip, &SoundStrip::markWanted, this,
            [this](trace::RowId row) { m_focus.jump(placeOf(row)); });
    refresh();
}

/// What goes on sounding while another call is looked at could be stopped nowhere.
void SoundPanel::endElsewhere(const CallPtr &call, bool fresh)
{
    Replay &replay = Replay::of(m_store);
    if (fresh && replay.playing() != nullptr && !(call && replay.playsOf(call->call.id())))
        replay.stop();
}

void SoundPanel::connectStrip()
{
    connect(m_strip, &SoundStrip::wanted, this, [this](base::Instant at) {
        if (const CallPtr view = m_focus.call())
            if (const auto row = ladder::rowAt(m_store.evidence(*view), at); row.valid())
                m_focus.jump(placeOf(row));
        m_strip->setCursorAt(at); // where the finger is, not where the row stands
        if (const CallPtr view = m_focus.call();
            view && Replay::of(m_store).playsOf(view->call.id()))
            Replay::of(m_store).seek(at);
    });
    connect(m_strip, &SoundStrip::playWanted, this, &SoundPanel::togglePlay);
    connect(m_strip, &SoundStrip::laneWanted, this, [this](int lane) {
        m_lane->setCurrentIndex(m_lane->currentIndex() == lane + 1 ? 0 : lane + 1);
    });
}

void SoundPanel::makeEarly()
{
    m_told->setProperty("muted", true);
    m_early = new QPushButton(tr("Before the answer"), this);
    m_early->setObjectName(QStringLiteral("soundEarly"));
    m_early->setAccessibleName(tr("Show only what came before the answer"));
    m_early->setCheckable(true);
    connect(m_early, &QPushButton::toggled, this, &SoundPanel::refresh);
}

QLayout *SoundPanel::makeControls()
{
    m_play = new QPushButton(tr("Play"), this);
    m_play->setObjectName(QStringLiteral("soundPlay"));
    connect(m_play, &QPushButton::clicked, this, &SoundPanel::togglePlay);
    m_lane = new QComboBox(this);
    m_lane->setObjectName(QStringLiteral("soundLane"));
    m_lane->setAccessibleName(tr("What is played"));
    m_lane->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_lane->setMinimumContentsLength(12);
    connect(m_lane, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_strip->setChosenLane(index - 1); });
    auto *controls = new QVBoxLayout();
    controls->setSpacing(4);
    controls->addWidget(m_play);
    controls->addWidget(m_lane);
    controls->addWidget(m_early);
    controls->addStretch(1);
    played();
    return controls;
}

/// Names of the lanes, as long as they are others than those that stand there.
void SoundPanel::fillLanes()
{
    QStringList names{tr("All streams")};
    for (const auto &lane : m_strip->picture().lanes)
        names << shown(lane.direction) + QStringLiteral(", ") + shown(lane.codec);
    QStringList have;
    for (int i = 0; i < m_lane->count(); ++i)
        have << m_lane->itemText(i);
    if (names == have)
        return;
    const int chosen = m_lane->currentIndex();
    m_lane->clear();
    m_lane->addItems(names);
    m_lane->setCurrentIndex(names.mid(0, have.size()) == have ? std::max(0, chosen) : 0);
}

void SoundPanel::togglePlay()
{
    const CallPtr view = m_focus.call();
    if (!view)
        return;
    Replay &replay = Replay::of(m_store);
    if (replay.playsOf(view->call.id())) {
        replay.stop();
        return;
    }
    Replay::What what{view->call.id(), {}, {}};
    const auto &lanes = m_strip->picture().lanes;
    const int lane = isVisible() ? m_lane->currentIndex() - 1 : -1;
    if (lane >= 0 && static_cast<std::size_t>(lane) < lanes.size())
        what.streams = {lanes[static_cast<std::size_t>(lane)].stream->id};
    base::Instant from = m_strip->cursorAt(), last;
    for (const auto &bound : view->streams)
        if (bound.stream && (what.streams.empty() || bound.stream->id == what.streams.front()))
            last = std::max(last, bound.stream->last);
    if (!isVisible() || from >= last)
        from = {};
    replay.play(what, from);
}

void SoundPanel::played()
{
    const CallPtr view = m_focus.call();
    const bool playing = view && Replay::of(m_store).playsOf(view->call.id());
    m_play->setText(playing ? tr("Stop") : tr("Play"));
    m_play->setAccessibleName(playing ? tr("Stop playing")
                                      : tr("Play what was captured, from the line on"));
    m_play->setEnabled(view && hasSound(*view));
    m_strip->setPlaying(playing);
}

/// The line goes along with what sounds, and the ladder with the line.
void SoundPanel::moved(base::Instant at)
{
    const CallPtr view = m_focus.call();
    if (!view || !Replay::of(m_store).playsOf(view->call.id()))
        return;
    if (const auto row = ladder::rowAt(m_store.evidence(*view), at);
        row.valid() && row != m_focus.row()) {
        m_moving = true;
        m_focus.showRow(row);
        m_moving = false;
    }
    m_strip->setCursorAt(at);
}

void SoundPanel::showEvent(QShowEvent *event)
{
    refresh();
    QWidget::showEvent(event);
}

void SoundPanel::refresh()
{
    if (!isVisible())
        return; // worked out when somebody looks
    const CallPtr view = m_focus.call();
    ladder::SoundPicture picture;
    if (view)
        picture = ladder::soundPicture(m_store.evidence(*view));
    const bool any = !picture.lanes.empty();
    m_early->setEnabled(any && picture.answered.known());
    const base::Instant from = picture.from;
    const base::Instant to = m_early->isChecked() && picture.answered.known()
                                 ? std::min(picture.to, picture.answered + kBehindAnswer)
                                 : picture.to;
    QString told;
    if (!view)
        told = tr("The sound of a call shows here on the clock of its ladder.");
    else if (!any)
        told = tr("No RTP belongs to this call: there is no sound to show.");
    else if (picture.moreLanes > 0)
        told = tr("%1 not shown for want of room.")
                   .arg(counted(picture.moreLanes, tr("stream is"), tr("streams are")));
    m_told->setText(told);
    m_told->setVisible(!told.isEmpty());
    m_strip->setVisible(any);
    if (picture.measuring) // piece by piece, so that the window never waits
        m_again->start();
    m_strip->setPicture(std::move(picture), from, to);
    fillLanes();
    played();
    if (!view || !Replay::of(m_store).playsOf(view->call.id()))
        follow(m_focus.row());
}

void SoundPanel::follow(trace::RowId row)
{
    base::Instant at;
    if (m_focus.call() && row.valid() && row.value < m_store.trace().size())
        at = m_store.trace().row(row).time;
    // Somebody chose another row while it plays: it goes on there.
    if (const CallPtr view = m_focus.call();
        view && !m_moving && base::hasClock(at) && Replay::of(m_store).playsOf(view->call.id()))
        Replay::of(m_store).seek(at);
    m_strip->setCursorAt(base::hasClock(at) ? at : base::Instant{});
}

} // namespace ui
