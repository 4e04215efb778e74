// SPDX-License-Identifier: Apache-2.0
// Replays a Scene with a QPainter: the window's ladder, PNG and print. Keeps laid-out texts of the
// scene at hand. UI thread; forgets everything when the scene or the theme changes.
#pragma once

#include <ladder/scene.h>
#include <QFont>
#include <QRectF>
#include <QStaticText>
#include <ui/theme/tokens.h>
#include <unordered_map>

class QPainter;

namespace ui {

class LadderPainter
{
public:
    struct Fonts {
        QFont strong, small;
    };
    void setFonts(const Fonts &fonts);
    void setTokens(const Tokens &tokens);
    void setScene(const ladder::Scene *scene); // borrowed
    /// The row whose plain fills take the selection's colour; -1: none.
    void setSelected(int row) { m_selected = row; }
    /// Of arrows, in the Scene's units.
    void setArrowWidth(double width) { m_arrowWidth = width; }

    /// Lifelines and rows, of both what touches `seen`, in scene coordinates.
    void paintRows(QPainter &painter, const QRectF &seen);
    /// The lanes' names, at the scene's top; those that touch [left, right).
    void paintHeader(QPainter &painter, double left, double right);

private:
    void paintRects(QPainter &painter, std::uint32_t first, std::uint32_t count, bool selected);
    void paintLines(QPainter &painter, std::uint32_t first, std::uint32_t count);
    void paintTexts(QPainter &painter, std::uint32_t first, std::uint32_t count);
    void paintLine(QPainter &painter, const ladder::Line &line);
    void paintHead(QPainter &painter, const ladder::Line &line);
    void paintText(QPainter &painter, std::uint32_t index);
    const QFont &fontOf(const ladder::Text &text) const;
    bool isSeen(double left, double right, double top, double bottom) const;
    bool isSeen(const ladder::Text &text) const;

    struct Laid {
        QStaticText text;
        double width = 0, ascent = 0;
    };
    const ladder::Scene *m_scene = nullptr;
    const Tokens *m_tokens = nullptr;
    Fonts m_fonts;
    int m_selected = -1;
    double m_arrowWidth = 1.5;
    QRectF m_seen; // of the paint that is under way
    std::unordered_map<std::uint32_t, Laid> m_laid;
};

} // namespace ui
