// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/call_card.h>

#include <QPainter>
#include <ui/models/calls_model.h>
#include <ui/panels/code_chip.h>

namespace ui {
namespace {

constexpr int kHeight = 58, kMargin = 10;

} // namespace

CallCard::CallCard(CallsModel &model, Theme &theme, QObject *parent)
    : QStyledItemDelegate(parent), m_model(model), m_theme(theme)
{
}

QSize CallCard::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {240, qRound(kHeight * m_theme.zoom())};
}

void CallCard::paint(QPainter *painter, const QStyleOptionViewItem &option,
                     const QModelIndex &index) const
{
    const Tokens &t = m_theme.tokens();
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    painter->fillRect(option.rect, t.colour(selected ? Neutral::Selection : Neutral::Background));
    if (selected) {
        const bool focused = option.state.testFlag(QStyle::State_HasFocus);
        painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())),
                          t.colour(focused ? Neutral::Focus : Neutral::Edge));
    }
    painter->setPen(t.colour(Neutral::Line));
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    paintLines(*painter, option.rect.adjusted(kMargin, 8, -kMargin, -8), index);
    painter->restore();
}

void CallCard::paintLines(QPainter &painter, const QRect &area, const QModelIndex &index) const
{
    const CallFacts *facts = m_model.factsAt(index.row());
    if (facts == nullptr)
        return;
    const Tokens &t = m_theme.tokens();
    const QFont strong = m_theme.font(FontKind::Strong), small = m_theme.font(FontKind::Small);
    const int line = QFontMetrics(strong).height() + 2;
    painter.setFont(strong);
    const QString chip = facts->code == 0
                             ? facts->glyph
                             : facts->glyph + QLatin1Char(' ') + QString::number(facts->code);
    const int chipWidth =
        paintChip(painter, t, QRect(area.topLeft(), QSize(90, line + 2)), chip, facts->role);

    painter.setFont(small);
    const QString lasted = durationText(lengthOf(*facts, base::now()));
    const QString length = facts->live ? QStringLiteral("● %1").arg(lasted) : lasted;
    const int lengthWidth = painter.fontMetrics().horizontalAdvance(length);
    const QRect above(area.left() + chipWidth + 8, area.top(), area.width() - chipWidth - 8,
                      line + 2);
    QRect below(area.left(), area.top() + line + 4, area.width(), area.height() - line - 4);
    // In a narrow list the names have the first line for themselves.
    const bool beside =
        QFontMetrics(strong).horizontalAdvance(facts->parties) + lengthWidth + 10 <= above.width();
    QRect names = above;
    (beside ? names : below).adjust(0, 0, -lengthWidth - 10, 0);
    painter.setPen(t.colour(facts->live ? Neutral::Focus : Neutral::Muted));
    painter.drawText(QRect(area.right() - lengthWidth, beside ? above.top() : below.top(),
                           lengthWidth + 1, beside ? above.height() : below.height()),
                     Qt::AlignVCenter, length);

    painter.setFont(strong);
    painter.setPen(t.colour(Neutral::Text));
    painter.drawText(
        names, Qt::AlignVCenter | Qt::AlignLeft,
        painter.fontMetrics().elidedText(facts->parties, Qt::ElideRight, names.width()));

    painter.setFont(small);
    using ladder::Role;
    const bool bad = facts->errors > 0 || facts->unverified, odd = facts->warnings > 0;
    painter.setPen(bad   ? t.colour(Role::FindingError)
                   : odd ? t.colour(Role::FindingWarning)
                         : t.colour(Neutral::Muted));
    const QString second = (bad   ? QStringLiteral("! ")
                            : odd ? QStringLiteral("~ ")
                                  : QString()) +
                           facts->second;
    painter.drawText(below, Qt::AlignVCenter | Qt::AlignLeft,
                     painter.fontMetrics().elidedText(second, Qt::ElideRight, below.width()));
}

} // namespace ui
