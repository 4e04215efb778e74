// SPDX-License-Identifier: Apache-2.0
// What the painter leaves out because it is out of sight is really out of sight.
#include <gui/gui_support.h>
#include <QPainter>
#include <ui/theme/theme.h>
#include <ui/views/ladder_painter.h>

namespace {

constexpr int kWidth = 3000, kHeight = 700;

/// Lines of every style both ways across many lanes, chips and texts of every alignment.
ladder::Scene wideScene()
{
    using ladder::Align, ladder::LineStyle, ladder::Role, ladder::Weight;
    ladder::Scene scene;
    scene.width = kWidth;
    scene.height = kHeight;
    scene.headerHeight = 40;
    for (int i = 0; i < 20; ++i) {
        const double x = 77 + i * 150;
        scene.rects.push_back({x - 60, 5, 120, 30, Role::Lifeline, {}});
        scene.texts.push_back({x, 25, 110, Align::Centre, Weight::Bold, Role::Text, "lane", {}});
        scene.lines.push_back(
            {x, 35, x, kHeight - 10.0, Role::Lifeline, LineStyle::Solid, false, {}});
    }
    scene.headRects = scene.headTexts = scene.headLines = 20;
    double y = 40;
    for (const LineStyle style : {LineStyle::Solid, LineStyle::Dashed, LineStyle::Double,
                                  LineStyle::Wave, LineStyle::Dotted}) {
        for (const bool right : {true, false}) {
            for (const double reach : {3.0, 140.0, 2800.0}) {
                ladder::SceneRow row;
                row.y = y;
                row.height = 22;
                row.firstRect = static_cast<std::uint32_t>(scene.rects.size());
                row.firstLine = static_cast<std::uint32_t>(scene.lines.size());
                row.firstText = static_cast<std::uint32_t>(scene.texts.size());
                row.rects = row.lines = 1;
                row.texts = 3;
                // No half pixels, whose rounding depends on where a line is cut.
                const double from = right ? 90.25 : 90.25 + reach;
                const double to = right ? 90.25 + reach : 90.25;
                scene.rects.push_back({reach, y + 2, 90, 18, Role::FindingError, {}});
                scene.lines.push_back({from, y + 11, to, y + 11, Role::Request, style, true, {}});
                for (const Align align : {Align::Left, Align::Centre, Align::Right})
                    scene.texts.push_back(
                        {reach, y + 14, 100, align, Weight::Normal, Role::Text, "183 ringing", {}});
                scene.rows.push_back(row);
                y += 22;
            }
        }
    }
    return scene;
}

} // namespace

class LadderPainterTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    static void initMain() { gui::useOwnFolders(); }
    void init() { gui::failOnWarnings(); }

    void aPartLooksAsInTheWhole_data()
    {
        QTest::addColumn<double>("zoom");
        QTest::addColumn<QPoint>("corner");
        for (const double zoom : {1.0, 1.5}) {
            for (const QPoint corner : {QPoint(0, 0), QPoint(83, 60), QPoint(211, 333),
                                        QPoint(1500, 41), QPoint(2555, 399)})
                QTest::addRow("zoom %g at %d,%d", zoom, corner.x(), corner.y())
                    << zoom << corner * zoom;
        }
    }

    void aPartLooksAsInTheWhole()
    {
        QFETCH(double, zoom);
        QFETCH(QPoint, corner);
        const auto scene = wideScene();
        ui::Theme theme;
        ui::LadderPainter painter;
        painter.setTokens(theme.tokens());
        painter.setFonts(
            {theme.fontAt(ui::FontKind::Strong, 1), theme.fontAt(ui::FontKind::Small, 1)});
        painter.setScene(&scene);
        const QSize size(420, 290);
        const auto painted = [&](const QRectF &seen) {
            QImage image(size, QImage::Format_RGB32);
            image.fill(Qt::white);
            QPainter canvas(&image);
            canvas.translate(-corner);
            canvas.scale(zoom, zoom);
            painter.paintRows(canvas, seen);
            painter.paintHeader(canvas, seen.left(), seen.right());
            return image;
        };
        const QRectF part(QPointF(corner) / zoom, QSizeF(size) / zoom);
        const QImage whole = painted(QRectF(0, 0, kWidth, kHeight));
        const QImage seen = painted(part);
        int differing = 0;
        for (int y = 0; y < size.height(); ++y) {
            for (int x = 0; x < size.width(); ++x)
                differing += seen.pixel(x, y) != whole.pixel(x, y) ? 1 : 0;
        }
        QCOMPARE(differing, 0);
        QVERIFY(painted(QRectF(-500, -500, 10, 10)) != whole); // it does leave something out
    }
};

QTEST_MAIN(LadderPainterTest)
#include "ladder_painter_test.moc"
