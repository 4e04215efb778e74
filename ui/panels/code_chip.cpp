// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/code_chip.h>

#include <QPainter>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kPadding = 8;

} // namespace

QString chipText(int status)
{
    const QString glyph = shown(ladder::glyphOfStatus(status));
    return status == 0 ? glyph : glyph + QLatin1Char(' ') + QString::number(status);
}

int paintChip(QPainter &painter, const Tokens &tokens, const QRect &area, const QString &text,
              ladder::Role role)
{
    const int width =
        std::min(area.width(), painter.fontMetrics().horizontalAdvance(text) + 2 * kPadding);
    const QRectF box = QRectF(area.x(), area.y(), width, area.height()).adjusted(1, 1, -1, -1);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(tokens.colour(role), 1.5));
    painter.setBrush(tokens.tint(role));
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2);
    painter.setPen(tokens.colour(role));
    painter.drawText(box, Qt::AlignCenter, text);
    painter.restore();
    return width;
}

CodeChip::CodeChip(Theme &theme, QWidget *parent) : QWidget(parent), m_theme(theme)
{
    setObjectName(QStringLiteral("codeChip"));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void CodeChip::setCode(int status)
{
    setWord(shown(ladder::glyphOfStatus(status)), status == 0 ? QString() : QString::number(status),
            ladder::roleOfStatus(status));
}

void CodeChip::setWord(const QString &glyph, const QString &word, ladder::Role role)
{
    m_text = word.isEmpty() ? glyph : glyph + QLatin1Char(' ') + word;
    m_role = role;
    setAccessibleName(word + QLatin1String(", ") + shown(ladder::roleName(role)));
    updateGeometry();
    update();
}

QSize CodeChip::sizeHint() const
{
    const QFontMetrics metrics(m_theme.font(FontKind::Strong));
    return {metrics.horizontalAdvance(m_text) + 2 * kPadding, metrics.height() + 8};
}

void CodeChip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setFont(m_theme.font(FontKind::Strong));
    paintChip(painter, m_theme.tokens(), rect(), m_text, m_role);
}

} // namespace ui
