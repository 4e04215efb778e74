// SPDX-License-Identifier: Apache-2.0
// A response class as a chip: glyph and number (or word) in the role's colour, never colour alone.
// UI thread.
#pragma once

#include <ladder/roles.h>
#include <QWidget>
#include <ui/theme/theme.h>

class QPainter;

namespace ui {

class CodeChip : public QWidget
{
public:
    CodeChip(Theme &theme, QWidget *parent = nullptr);
    void setCode(int status); // 0: "request"
    void setWord(const QString &glyph, const QString &word, ladder::Role role);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Theme &m_theme;
    QString m_text;
    ladder::Role m_role = ladder::Role::Request;
};

/// Paints such a chip anywhere (list rows, strips); returns the width used.
int paintChip(QPainter &painter, const Tokens &tokens, const QRect &area, const QString &text,
              ladder::Role role);
QString chipText(int status); // "430" with its glyph before it

} // namespace ui
