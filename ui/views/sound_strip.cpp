// SPDX-License-Identifier: Apache-2.0
#include <ui/views/sound_strip.h>

#include <algorithm>
#include <cmath>
#include <QFontMetrics>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <ui/text.h>

namespace ui {
namespace {

using namespace std::chrono_literals;
constexpr double kFloor = -60;           // dBFS shown as nothing
constexpr int kLabelWidth = 176;         // of a lane's name
constexpr int kHead = 20, kAxis = 20;    // height of the marks' names and of the time scale
constexpr int kLeastLane = 20;           // of a lane
constexpr int kTwoLines = 30;            // height from which a lane's name takes two lines
constexpr int kLane = 34;                // height that a lane asks for
constexpr int kLeastTick = 70;           // pixels between two numbers of the scale
constexpr base::Duration kPacket = 60ms; // a packet sounds until the next, mostly sooner than this

double share(double level)
{
    return std::clamp((level - kFloor) / -kFloor, 0.0, 1.0);
}

/// 1, 2 or 5 times a power of ten: seconds from one number of the scale to the next.
double niceStep(double least)
{
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least)
            return factor * power;
    return 10 * power;
}

QString since(base::Duration elapsed, int decimals)
{
    return QStringLiteral("+%1 s").arg(base::toSeconds(elapsed), 0, 'f', decimals);
}

/// What one column of pixels sounds like; a packet's sound reaches to the next one.
rtp::Loudness::Cell heard(const rtp::Loudness &loudness, base::Instant from, base::Instant to)
{
    const auto cell = loudness.loudest(from, to);
    return cell.known == rtp::Loudness::Known::Nothing ? loudness.loudest(from - kPacket, to)
                                                       : cell;
}

} // namespace

SoundStrip::SoundStrip(Theme &theme, QWidget *parent) : QWidget(parent), m_theme(theme)
{
    setObjectName(QStringLiteral("soundStrip"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    describe();
}

QSize SoundStrip::sizeHint() const
{
    const int lanes = std::max(1, static_cast<int>(m_picture.lanes.size()));
    return {640, kHead + kAxis + lanes * kLane};
}

QSize SoundStrip::minimumSizeHint() const
{
    const int lanes = std::max(1, static_cast<int>(m_picture.lanes.size()));
    return {240, kHead + kAxis + lanes * kLeastLane};
}

QRect SoundStrip::plot() const
{
    return rect().adjusted(kLabelWidth, kHead, -12, -kAxis);
}

int SoundStrip::xOf(base::Instant at) const
{
    const QRect box = plot();
    const double all = std::max(1e-3, base::toSeconds(m_to - m_from));
    return box.left() + static_cast<int>(std::lround(std::clamp(
                            base::toSeconds(at - m_from) / all * box.width(), -1e6, 1e6)));
}

base::Instant SoundStrip::timeAt(int x) const
{
    const QRect box = plot();
    const double part =
        std::clamp(static_cast<double>(x - box.left()) / std::max(1, box.width()), 0.0, 1.0);
    return m_from + base::Duration{static_cast<std::int64_t>(
                        static_cast<double>((m_to - m_from).count()) * part)};
}

void SoundStrip::setPicture(ladder::SoundPicture picture, base::Instant from, base::Instant to)
{
    m_picture = std::move(picture);
    m_from = from;
    m_to = to;
    updateGeometry();
    describe();
    update();
}

void SoundStrip::setCursorAt(base::Instant at)
{
    m_cursor = at;
    describe();
    update();
}

void SoundStrip::setChosenLane(int lane)
{
    m_chosen = lane;
    update();
}

void SoundStrip::setPlaying(bool playing)
{
    m_playing = playing;
    describe();
    update();
}

void SoundStrip::describe()
{
    if (m_picture.lanes.empty()) {
        setAccessibleName(tr("Sound on the ladder's clock: no RTP"));
        return;
    }
    QString name =
        tr("Sound on the ladder's clock: %1, %2 s")
            .arg(counted(m_picture.lanes.size() + m_picture.moreLanes, tr("stream"), tr("streams")))
            .arg(base::toSeconds(m_to - m_from), 0, 'f', 1);
    if (m_cursor.known())
        name +=
            (m_playing ? tr(", playing") : tr(", at %1").arg(since(m_cursor - m_picture.from, 3)));
    setAccessibleName(name);
}

void SoundStrip::drawLane(QPainter &painter, const ladder::SoundLane &lane, const QRect &box,
                          bool chosen) const
{
    const Tokens &t = m_theme.tokens();
    if (chosen)
        painter.fillRect(2, box.top() + 2, 3, box.height() - 4, t.colour(Neutral::Focus));
    painter.setPen(t.colour(Neutral::Text));
    const QRect name(8, box.top(), kLabelWidth - 16, box.height());
    const QFontMetrics metrics(painter.font());
    const auto fitted = [&](const QString &text) {
        return metrics.elidedText(text, Qt::ElideRight, name.width());
    };
    if (box.height() >= kTwoLines) {
        const int half = name.height() / 2;
        painter.drawText(name.adjusted(0, 0, 0, -half), Qt::AlignLeft | Qt::AlignBottom,
                         fitted(shown(lane.direction)));
        painter.setPen(t.colour(Neutral::Muted));
        painter.drawText(name.adjusted(0, half, 0, 0), Qt::AlignLeft | Qt::AlignTop,
                         fitted(shown(lane.codec)));
    } else {
        painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                         fitted(shown(lane.direction) + QStringLiteral(", ") + shown(lane.codec)));
    }
    painter.fillRect(box.left(), box.center().y(), box.width(), 1, t.colour(Neutral::Line));
    const int reach = std::max(2, box.height() / 2 - 2);
    const auto &loudness = lane.loudness;
    base::Instant from = timeAt(box.left());
    for (int x = box.left(); x < box.right(); ++x) {
        const base::Instant to = std::max(timeAt(x + 1), from + base::Duration{1});
        const auto cell = heard(loudness, from, to);
        // Sound of the part before the answer is early media; the line tells where that ends.
        const bool early = lane.early && (!m_picture.answered.known() || from < m_picture.answered);
        const QColor colour = t.colour(early ? ladder::Role::EarlyMedia : ladder::Role::Media);
        const int middle = box.center().y();
        if (cell.known == rtp::Loudness::Known::Level) {
            const int tall = std::max(1, static_cast<int>(share(cell.level) * reach));
            painter.fillRect(x, middle - tall, 1, 2 * tall, colour);
        } else if (cell.known == rtp::Loudness::Known::Arrived && x % 4 != 3) {
            painter.fillRect(x, middle - 3, 1, 6,
                             colour); // it came; how loud, only a decoder knows
        }
        from = to;
    }
}

void SoundStrip::drawAxis(QPainter &painter, const QRect &box) const
{
    const Tokens &t = m_theme.tokens();
    const double all = base::toSeconds(m_to - m_from);
    if (all <= 0 || box.width() < kLeastTick)
        return;
    const double step = niceStep(std::max(0.001, all * kLeastTick / box.width()));
    const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step))), 0, 3);
    const double first = base::toSeconds(m_from - m_picture.from);
    painter.setPen(t.colour(Neutral::Muted));
    for (double at = std::ceil(first / step) * step; at <= first + all; at += step) {
        const int x = xOf(m_picture.from + base::Duration{static_cast<std::int64_t>(at * 1e9)});
        painter.fillRect(x, box.bottom(), 1, 4, t.colour(Neutral::Edge));
        painter.drawText(QRect(x - kLeastTick / 2, box.bottom() + 4, kLeastTick, kAxis - 4),
                         Qt::AlignHCenter | Qt::AlignTop,
                         QStringLiteral("%1 s").arg(at, 0, 'f', decimals));
    }
}

void SoundStrip::drawMarks(QPainter &painter, const QRect &box) const
{
    const Tokens &t = m_theme.tokens();
    const QFontMetrics metrics(painter.font());
    int free = 0; // where the next name may begin
    for (const auto &mark : m_picture.marks) {
        if (!inside(mark.at))
            continue;
        const int x = xOf(mark.at);
        painter.setPen(t.pen(mark.role, ladder::LineStyle::Dashed, 1));
        painter.drawLine(x, box.top() - 3, x, box.bottom());
        const QString text = shown(mark.text);
        const int width = metrics.horizontalAdvance(text);
        // The first stands before its line, where there is room: the next ones are often close.
        const int wanted = free == 0 ? x - width - 3 : x + 2;
        const int left = std::clamp(wanted, 0, std::max(0, this->width() - width));
        if (left < free)
            continue;
        painter.setPen(t.colour(mark.role));
        painter.drawText(QRect(left, 0, width + 2, kHead - 3), Qt::AlignLeft | Qt::AlignVCenter,
                         text);
        free = left + width + 8;
    }
    if (m_cursor.known() && inside(m_cursor)) {
        painter.fillRect(xOf(m_cursor) - 1, box.top() - 4, 3, box.height() + 4,
                         t.colour(Neutral::Focus));
    }
}

void SoundStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Tokens &t = m_theme.tokens();
    painter.fillRect(rect(), t.colour(Neutral::Background));
    if (m_picture.lanes.empty())
        return;
    const QRect box = plot();
    painter.fillRect(box, t.colour(Neutral::Surface));
    const int lanes = static_cast<int>(m_picture.lanes.size());
    for (int i = 0; i < lanes; ++i) {
        const int top = box.top() + box.height() * i / lanes;
        const int bottom = box.top() + box.height() * (i + 1) / lanes;
        drawLane(painter, m_picture.lanes[static_cast<std::size_t>(i)],
                 QRect(box.left(), top, box.width(), bottom - top), i == m_chosen);
    }
    drawAxis(painter, box);
    drawMarks(painter, box);
    if (hasFocus()) {
        painter.setPen(t.colour(Neutral::Focus));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void SoundStrip::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_picture.lanes.empty())
        return;
    const QRect box = plot();
    const int lanes = static_cast<int>(m_picture.lanes.size());
    const int height = event->pos().y() - box.top();
    if (event->pos().x() >= box.left())
        Q_EMIT wanted(timeAt(event->pos().x()));
    else if (height >= 0 && height < box.height())
        Q_EMIT laneWanted(height * lanes / box.height());
}

void SoundStrip::mouseMoveEvent(QMouseEvent *event)
{
    if (m_picture.lanes.empty())
        return;
    if (event->buttons().testFlag(Qt::LeftButton) && event->pos().x() >= plot().left())
        Q_EMIT wanted(timeAt(event->pos().x()));
    else
        QToolTip::showText(event->globalPosition().toPoint(), tipAt(event->pos()), this);
}

QString SoundStrip::tipAt(const QPoint &place) const
{
    const QRect box = plot();
    if (!box.contains(place))
        return plainTip(
            tr("Click or drag to find the message of a moment; Left and Right go from "
               "mark to mark, Space plays from there. Click the name of a stream to play "
               "it alone."));
    const base::Instant from = timeAt(place.x()), to = timeAt(place.x() + 1);
    QStringList lines{since(from - m_picture.from, 2)};
    for (const auto &lane : m_picture.lanes) {
        const auto cell = heard(lane.loudness, from, std::max(to, from + base::Duration{1}));
        QString what = tr("nothing comes");
        if (cell.known == rtp::Loudness::Known::Level)
            what = cell.level <= kFloor ? tr("silence") : tr("%1 dBFS").arg(cell.level, 0, 'f', 0);
        else if (cell.known == rtp::Loudness::Known::Arrived)
            what = tr("packets come, not decoded here");
        lines << tr("%1: %2").arg(shown(lane.direction), what);
    }
    return plainTip(lines.join(QLatin1Char('\n')));
}

void SoundStrip::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Left)
        step(-1);
    else if (event->key() == Qt::Key_Right)
        step(1);
    else if (event->key() == Qt::Key_Space)
        Q_EMIT playWanted();
    else if ((event->key() == Qt::Key_Up && m_chosen > 0) ||
             (event->key() == Qt::Key_Down &&
              m_chosen + 1 < static_cast<int>(m_picture.lanes.size())))
        Q_EMIT laneWanted(m_chosen + (event->key() == Qt::Key_Up ? -1 : 1));
    else
        QWidget::keyPressEvent(event);
}

/// To the next mark, seen from the cursor.
void SoundStrip::step(int direction)
{
    const auto &marks = m_picture.marks;
    if (marks.empty())
        return;
    const auto later = [](const auto &mark, base::Instant at) { return mark.at < at; };
    const auto next = direction > 0 ? std::lower_bound(marks.begin(), marks.end(),
                                                       m_cursor + base::Duration{1}, later)
                                    : std::lower_bound(marks.begin(), marks.end(), m_cursor, later);
    if (direction > 0 && next != marks.end())
        Q_EMIT markWanted(next->row);
    else if (direction < 0 && next != marks.begin())
        Q_EMIT markWanted(std::prev(next)->row);
}

} // namespace ui
