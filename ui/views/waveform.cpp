// SPDX-License-Identifier: Apache-2.0
#include <ui/views/waveform.h>

#include <algorithm>
#include <QPainter>

namespace ui {
namespace {

constexpr double kFloor = -60; // dBFS shown as nothing
constexpr int kBar = 3;        // pixels of a bar, its gap included

double share(double level)
{
    return std::clamp((level - kFloor) / -kFloor, 0.0, 1.0);
}

} // namespace

Waveform::Waveform(Theme &theme, QWidget *parent) : QWidget(parent), m_theme(theme)
{
    setObjectName(QStringLiteral("waveform"));
    setAccessibleName(tr("Waveform: nothing heard yet"));
    setMinimumHeight(40);
}

void Waveform::setLevels(std::vector<float> levels)
{
    m_levels = std::move(levels);
    const auto loud =
        std::count_if(m_levels.begin(), m_levels.end(), [](float level) { return level > -50; });
    setAccessibleName(m_levels.empty()
                          ? tr("Waveform: nothing heard yet")
                          : tr("Waveform: sound in %1 of the last %2 intervals of 20 ms")
                                .arg(loud)
                                .arg(m_levels.size()));
    update();
}

void Waveform::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Tokens &t = m_theme.tokens();
    const QRect box = rect();
    painter.fillRect(box, t.colour(Neutral::Surface));
    const int middle = box.height() / 2;
    painter.fillRect(QRect(0, middle, box.width(), 1), t.colour(Neutral::Line));
    const int reach = middle - 2; // of the loudest bar, either way
    const auto room = static_cast<std::size_t>(box.width() / kBar);
    const std::size_t from = m_levels.size() > room ? m_levels.size() - room : 0;
    for (std::size_t i = from; i < m_levels.size(); ++i) {
        const int half = std::max(1, static_cast<int>(share(m_levels[i]) * reach));
        const int x = static_cast<int>(i - from) * kBar;
        painter.fillRect(QRect(x, middle - half, kBar - 1, 2 * half),
                         t.colour(ladder::Role::EarlyMedia));
    }
}

LevelMeter::LevelMeter(Theme &theme, QWidget *parent) : QWidget(parent), m_theme(theme)
{
    setObjectName(QStringLiteral("levelMeter"));
    setAccessibleName(tr("Level: unknown"));
    setMinimumSize(80, 12);
    setMaximumHeight(16);
}

void LevelMeter::setLevel(double level, double peak, bool known)
{
    m_level = level;
    m_peak = peak;
    m_known = known;
    setAccessibleName(known ? tr("Level: %1 dB").arg(level, 0, 'f', 0) : tr("Level: unknown"));
    update();
}

void LevelMeter::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const Tokens &t = m_theme.tokens();
    painter.fillRect(rect(), t.colour(Neutral::Surface));
    painter.setPen(t.colour(Neutral::Edge));
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
    if (!m_known)
        return;
    const QRect inner = rect().adjusted(2, 2, -2, -2);
    const int width = static_cast<int>(inner.width() * share(m_level));
    painter.fillRect(QRect(inner.topLeft(), QSize(width, inner.height())),
                     t.colour(ladder::Role::EarlyMedia));
    const int peak = inner.left() + static_cast<int>((inner.width() - 2) * share(m_peak));
    painter.fillRect(QRect(peak, inner.top(), 2, inner.height()), t.colour(Neutral::Text));
}

} // namespace ui
