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
constexpr double kDashes = 8; // pen widths after which each of Tokens::pen's patterns comes again
constexpr double kReach = 8;  // what a piece's pen, head or wave may draw beyond its geometry

bool isFilled(ladder::Role role)
{
    return role == ladder::Role::Background || role == ladder::Role::Surface ||
           role == ladder::Role::Highlight;
}

/// The part of [from, to] (either way round) that lies within [low, high], its start moved by whole
/// `period`s only, so that dashes and waves stay where they are while the picture is scrolled.
struct Part {
    double from = 0, to = 0;
};
Part partWithin(double from, double to, double low, double high, double period)
{
    if (to < from) {
        const Part mirrored = partWithin(-from, -to, -high, -low, period);
        return {-mirrored.from, -mirrored.to};
    }
    if (low > from)
        from += std::floor((low - from) / period) * period;
    return {from, std::clamp(high, from, to)};
}

double waveLength(const ladder::Line &line)
{
    const double length = line.x2 - line.x1;
    return length / std::max(1, static_cast<int>(std::abs(length) / 8));
}

QPainterPath wave(double y, Part part, double step)
{
    QPainterPath path(QPointF(part.from, y));
    if (step == 0)
        return path;
    const int waves = std::max(1, static_cast<int>(std::ceil((part.to - part.from) / step - 1e-6)));
    for (int i = 0; i < waves; ++i) {
        const double x = part.from + i * step;
        path.cubicTo(x + step / 4, y - 3, x + 3 * step / 4, y + 3, x + step, y);
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

void LadderPainter::paintRows(QPainter &painter, const QRectF &seen)
{
    if (m_scene == nullptr || m_tokens == nullptr)
        return;
    m_seen = seen;
    paintLines(painter, 0, m_scene->headLines); // lifelines run behind everything
    const auto span = m_scene->visible(seen.top(), seen.bottom());
    for (std::size_t i = span.first; i < span.last; ++i) {
        const ladder::SceneRow &row = m_scene->rows[i];
        paintRects(painter, row.firstRect, row.rects, static_cast<int>(i) == m_selected);
        paintLines(painter, row.firstLine, row.lines);
        paintTexts(painter, row.firstText, row.texts);
    }
    if (m_laid.size() > kMostLaid)
        m_laid.clear();
}

void LadderPainter::paintHeader(QPainter &painter, double left, double right)
{
    if (m_scene == nullptr || m_tokens == nullptr)
        return;
    m_seen = QRectF(left, 0, right - left, m_scene->headerHeight);
    paintRects(painter, 0, m_scene->headRects, false);
    paintTexts(painter, 0, m_scene->headTexts);
}

void LadderPainter::paintRects(QPainter &painter, std::uint32_t first, std::uint32_t count,
                               bool selected)
{
    for (std::uint32_t i = first; i < first + count && i < m_scene->rects.size(); ++i) {
        const ladder::Rect &rect = m_scene->rects[i];
        if (!isSeen(rect.x, rect.x + rect.width, rect.y, rect.y + rect.height))
            continue;
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
    for (std::uint32_t i = first; i < first + count && i < m_scene->lines.size(); ++i) {
        const ladder::Line &line = m_scene->lines[i];
        if (isSeen(std::min(line.x1, line.x2), std::max(line.x1, line.x2),
                   std::min(line.y1, line.y2), std::max(line.y1, line.y2)))
            paintLine(painter, line);
    }
}

void LadderPainter::paintLine(QPainter &painter, const ladder::Line &line)
{
    const bool lifeline = line.role == ladder::Role::Lifeline;
    const double pen = lifeline ? 1 : m_arrowWidth;
    painter.setPen(m_tokens->pen(line.role, line.style, pen));
    painter.setBrush(Qt::NoBrush);
    const QPointF from(line.x1, line.y1), to(line.x2, line.y2);
    const double left = m_seen.left() - kReach, right = m_seen.right() + kReach;
    if (line.style == ladder::LineStyle::Wave) {
        const double step = waveLength(line);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.drawPath(
            wave(line.y1, partWithin(line.x1, line.x2, left, right, std::max(1.0, std::abs(step))),
                 step));
        painter.setRenderHint(QPainter::Antialiasing, false);
    } else if (line.style == ladder::LineStyle::Double) {
        painter.drawLine(from + QPointF(0, -1.5), to + QPointF(0, -1.5));
        painter.drawLine(from + QPointF(0, 1.5), to + QPointF(0, 1.5));
    } else if (line.y1 == line.y2) { // across many lanes most of its dashes are out of sight
        const double period = kDashes * pen / painter.transform().m11(); // pens are cosmetic
        const Part part = partWithin(line.x1, line.x2, left, right, period);
        painter.drawLine(QPointF(part.from, line.y1), QPointF(part.to, line.y1));
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
    for (std::uint32_t i = first; i < first + count && i < m_scene->texts.size(); ++i) {
        if (isSeen(m_scene->texts[i]))
            paintText(painter, i);
    }
}

bool LadderPainter::isSeen(double left, double right, double top, double bottom) const
{
    return right + kReach > m_seen.left() && left - kReach < m_seen.right() &&
           bottom + kReach > m_seen.top() && top - kReach < m_seen.bottom();
}

/// A text without a room may be of any length.
bool LadderPainter::isSeen(const ladder::Text &text) const
{
    if (text.width <= 0)
        return true;
    const double before = text.align == ladder::Align::Left     ? 0
                          : text.align == ladder::Align::Centre ? text.width / 2
                                                                : text.width;
    const double left = text.x - before;
    return left < m_seen.right() && left + text.width > m_seen.left();
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
