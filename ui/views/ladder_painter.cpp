// SPDX-License-Identifier: Apache-2.0
#include <ui/views/ladder_painter.h>

#include <cmath>
#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <ui/text.h>

namespace ui {
namespace {

constexpr std::size_t kMostLaid = 20000; // texts kept; scrolling far starts anew
constexpr double kHeadLength = 9, kHeadHalf = 4.5;

bool isFilled(ladder::Role role)
{
    return role == ladder::Role::Background || role == ladder::Role::Surface ||
           role == ladder::Role::Highlight;
}

QPainterPath wave(const ladder::Line &line)
{
    QPainterPath path(QPointF(line.x1, line.y1));
    const double length = line.x2 - line.x1;
    const int waves = std::max(1, static_cast<int>(std::abs(length) / 8));
    const double step = length / waves;
    for (int i = 0; i < waves; ++i) {
        const double x = line.x1 + i * step;
        path.cubicTo(x + step / 4, line.y1 - 3, x + 3 * step / 4, line.y1 + 3, x + step, line.y1);
    }
    return path;
}

} // namespace

void LadderPainter::setFonts(const Fonts &fonts)
{
    m_fonts = fonts;
    m_laid.clear();
}

void LadderPainter::setTokens(const Tokens &tokens)
{
    m_tokens = &tokens;
}

void LadderPainter::setScene(const ladder::Scene *scene)
{
    m_scene = scene;
    m_laid.clear();
}

void LadderPainter::paintRows(QPainter &painter, double y0, double y1)
{
    if (m_scene == nullptr || m_tokens == nullptr)
        return;
    paintLines(painter, 0, m_scene->headLines); // lifelines run behind everything
    const auto span = m_scene->visible(y0, y1);
    for (std::size_t i = span.first; i < span.last; ++i) {
        const ladder::SceneRow &row = m_scene->rows[i];
        paintRects(painter, row.firstRect, row.rects, static_cast<int>(i) == m_selected);
        paintLines(painter, row.firstLine, row.lines);
        paintTexts(painter, row.firstText, row.texts);
    }
    if (m_laid.size() > kMostLaid)
        m_laid.clear();
}

void LadderPainter::paintHeader(QPainter &painter)
{
    if (m_scene == nullptr || m_tokens == nullptr)
        return;
    paintRects(painter, 0, m_scene->headRects, false);
    paintTexts(painter, 0, m_scene->headTexts);
}

void LadderPainter::paintRects(QPainter &painter, std::uint32_t first, std::uint32_t count,
                               bool selected)
{
    for (std::uint32_t i = first; i < first + count && i < m_scene->rects.size(); ++i) {
        const ladder::Rect &rect = m_scene->rects[i];
        const QRectF area(rect.x, rect.y, rect.width, rect.height);
        if (isFilled(rect.role)) {
            painter.fillRect(area, selected ? m_tokens->colour(Neutral::Selection)
                                            : m_tokens->colour(rect.role));
            continue;
        }
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(m_tokens->pen(rect.role, ladder::LineStyle::Solid, 1));
        const bool lane = rect.role == ladder::Role::Lifeline;
        painter.setBrush(lane ? m_tokens->colour(ladder::Role::Background)
                              : m_tokens->tint(rect.role));
        const double radius = std::min(4.0, rect.height / 2);
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
        painter.setRenderHint(QPainter::Antialiasing, false);
    }
}

void LadderPainter::paintLines(QPainter &painter, std::uint32_t first, std::uint32_t count)
{
    for (std::uint32_t i = first; i < first + count && i < m_scene->lines.size(); ++i)
        paintLine(painter, m_scene->lines[i]);
}

void LadderPainter::paintLine(QPainter &painter, const ladder::Line &line)
{
    const bool lifeline = line.role == ladder::Role::Lifeline;
    painter.setPen(m_tokens->pen(line.role, line.style, lifeline ? 1 : m_arrowWidth));
    painter.setBrush(Qt::NoBrush);
    const QPointF from(line.x1, line.y1), to(line.x2, line.y2);
    if (line.style == ladder::LineStyle::Wave) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.drawPath(wave(line));
        painter.setRenderHint(QPainter::Antialiasing, false);
    } else if (line.style == ladder::LineStyle::Double) {
        painter.drawLine(from + QPointF(0, -1.5), to + QPointF(0, -1.5));
        painter.drawLine(from + QPointF(0, 1.5), to + QPointF(0, 1.5));
    } else {
        painter.drawLine(from, to);
    }
    if (line.arrow)
        paintHead(painter, line);
}

void LadderPainter::paintHead(QPainter &painter, const ladder::Line &line)
{
    const double angle = std::atan2(line.y2 - line.y1, line.x2 - line.x1);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(line.x2, line.y2);
    painter.rotate(angle * 180 / M_PI);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_tokens->colour(line.role));
    const QPointF head[] = {{0, 0}, {-kHeadLength, -kHeadHalf}, {-kHeadLength, kHeadHalf}};
    painter.drawPolygon(head, 3);
    painter.restore();
}

void LadderPainter::paintTexts(QPainter &painter, std::uint32_t first, std::uint32_t count)
{
    for (std::uint32_t i = first; i < first + count && i < m_scene->texts.size(); ++i)
        paintText(painter, i);
}

const QFont &LadderPainter::fontOf(const ladder::Text &text) const
{
    const bool strong = text.weight == ladder::Weight::Bold;
    return strong ? m_fonts.strong : m_fonts.small;
}

void LadderPainter::paintText(QPainter &painter, std::uint32_t index)
{
    const ladder::Text &text = m_scene->texts[index];
    const QFont &font = fontOf(text);
    auto [at, fresh] = m_laid.try_emplace(index);
    Laid &laid = at->second;
    if (fresh) {
        const QFontMetricsF metrics(font);
        QString words =
            QString::fromUtf8(text.text.data(), static_cast<qsizetype>(text.text.size()));
        if (text.width > 0)
            words = metrics.elidedText(words, Qt::ElideRight, text.width + 1);
        laid.width = metrics.horizontalAdvance(words);
        laid.ascent = metrics.ascent();
        laid.text.setTextFormat(Qt::PlainText);
        laid.text.setText(words);
        laid.text.prepare({}, font);
    }
    double x = text.x;
    if (text.align == ladder::Align::Centre)
        x -= laid.width / 2;
    if (text.align == ladder::Align::Right)
        x -= laid.width;
    painter.setFont(font);
    painter.setPen(m_tokens->colour(text.role));
    painter.drawStaticText(QPointF(x, text.y - laid.ascent), laid.text);
}

} // namespace ui
