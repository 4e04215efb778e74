// SPDX-License-Identifier: Apache-2.0
// Paints a row of the call list as a card of two lines: chip, parties and length, then the news. UI
// thread.
#pragma once

#include <QStyledItemDelegate>
#include <ui/theme/theme.h>

namespace ui {

class CallsModel;

class CallCard : public QStyledItemDelegate
{
public:
    CallCard(CallsModel &model, Theme &theme, QObject *parent = nullptr);
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    void paintLines(QPainter &painter, const QRect &area, const QModelIndex &index) const;

    CallsModel &m_model;
    Theme &m_theme;
};

} // namespace ui
