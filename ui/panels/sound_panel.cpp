// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/sound_panel.h>

#include <base/told_time.h>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>
#include <ui/panels/elided_label.h>
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
    layout->addWidget(m_early, 0, Qt::AlignTop);
    connect(&focus, &Focus::callChanged, this, &SoundPanel::refresh);
    connect(&focus, &Focus::rowChanged, this, &SoundPanel::follow);
    connect(m_strip, &SoundStrip::wanted, this, [this](base::Instant at) {
        if (const CallPtr view = m_focus.call())
            if (const auto row = ladder::rowAt(m_store.evidence(*view), at); row.valid())
                m_focus.jump(placeOf(row));
        m_strip->setCursorAt(at); // where the finger is, not where the row stands
    });
    connect(m_strip, &SoundStrip::markWanted, this,
            [this](trace::RowId row) { m_focus.jump(placeOf(row)); });
    refresh();
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
    follow(m_focus.row());
}

void SoundPanel::follow(trace::RowId row)
{
    base::Instant at;
    if (m_focus.call() && row.valid() && row.value < m_store.trace().size())
        at = m_store.trace().row(row).time;
    m_strip->setCursorAt(base::hasClock(at) ? at : base::Instant{});
}

} // namespace ui
