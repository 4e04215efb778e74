// SPDX-License-Identifier: Apache-2.0
#include <ui/theme/theme.h>

namespace ui {
namespace {

// Colours stand as @name and sizes as #number (logical pixels at zoom 1).
constexpr const char *kSheet = R"(
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @focus; }
QToolTip { background: @background; color: @text; border: 1px solid @edge; padding: 4px; }
QMenuBar { background: @surface; border-bottom: 1px solid @line; }
QMenuBar::item { padding: 4px 8px; background: transparent; }
QMenuBar::item:selected { background: @selection; }
QMenu { background: @background; border: 1px solid @edge; padding: 4px 0; }
QMenu::item { padding: 4px 24px 4px 24px; }
QMenu::item:selected { background: @selection; color: @text; }
QMenu::item:disabled { color: @muted; }
QMenu::separator { height: 1px; background: @line; margin: 4px 0; }
QStatusBar { background: @surface; border-top: 1px solid @line; }
QStatusBar::item { border: 0; }
QDockWidget { font-weight: 600; }
QDockWidget::title { background: @surface; padding: 6px 12px; border-bottom: 1px solid @line; }
QDockWidget::close-button, QDockWidget::float-button { background: transparent; border: 0; padding: 2px; }
QTabBar::tab { background: @surface; color: @muted; padding: 6px 7px; border: 0; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @text; border-bottom: 2px solid @focus; background: @background; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:focus { color: @focus; background: @selection; }
QPushButton, QToolButton[button="true"] { background: @background; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 4px 12px; min-height: 18px; }
QPushButton:hover, QToolButton[button="true"]:hover { background: @selection; border-color: @focus; }
QPushButton:pressed, QPushButton:checked, QToolButton[button="true"]:checked { background: @selection; border-color: @focus; }
QPushButton:focus, QToolButton[button="true"]:focus { border: 2px solid @focus; padding: 3px 11px; }
QPushButton:disabled, QToolButton[button="true"]:disabled { color: @muted; border-color: @line; background: @surface; }
QPushButton[accent="true"] { background: @focus; color: @onsolid; border-color: @focus; font-weight: 600; }
QPushButton[accent="true"]:hover { background: @focushover; }
QPushButton[accent="true"]:focus { border: 2px solid @text; }
QPushButton[accent="true"]:disabled { background: @line; color: @muted; border-color: @line; }
QPushButton[danger="true"] { color: @error; border-color: @error; font-weight: 600; background: @errortint; }
QPushButton[flat="true"] { border-color: transparent; background: transparent; color: @focus; padding: 4px 6px; }
QPushButton[flat="true"]:hover { background: @selection; }
QPushButton[flat="true"]:focus { border: 2px solid @focus; padding: 3px 5px; }
QLineEdit, QAbstractSpinBox, QPlainTextEdit[field="true"], QPlainTextEdit[grows="true"] { background: @background; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 3px 8px; min-height: 20px; selection-background-color: @focus; selection-color: @onsolid; }
QPlainTextEdit[field="true"] { min-height: 52px; max-height: 52px; }
QPlainTextEdit[field="true"]:focus, QPlainTextEdit[grows="true"]:focus { border: 2px solid @focus; padding: 2px 7px; }
QPlainTextEdit[bytes="true"] { background: @background; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 3px 8px; }
QPlainTextEdit[bytes="true"]:focus { border: 2px solid @focus; padding: 2px 7px; }
QProgressBar { background: @surface; border: 1px solid @line; border-radius: 6px; text-align: center; min-height: 18px; color: @text; }
QProgressBar::chunk { background: @selection; border-radius: 5px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QLabel[strong="true"] { font-weight: 600; }
QLabel[problem="true"] { color: @error; }
QLineEdit:focus, QAbstractSpinBox:focus { border: 2px solid @focus; padding: 2px 7px; }
QLineEdit:disabled { background: @surface; color: @muted; border-color: @line; }
QComboBox { background: @background; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 3px 4px 3px 8px; min-height: 20px; }
QComboBox:focus { border: 2px solid @focus; padding: 2px 3px 2px 7px; }
QComboBox:disabled { color: @muted; border-color: @line; }
QComboBox::drop-down { border: 0; width: 18px; }
QComboBox::down-arrow { image: url(:/ui/arrow-@scheme.svg); width: 10px; height: 10px; }
QComboBox QLineEdit, QAbstractSpinBox QLineEdit { border: 0; padding: 0; min-height: 0; background: transparent; }
QComboBox QLineEdit:focus, QAbstractSpinBox QLineEdit:focus { border: 0; padding: 0; }
QComboBox QAbstractItemView { background: @background; border: 1px solid @edge; selection-background-color: @selection; selection-color: @text; }
QAbstractScrollArea { border: 0; background: @background; }
QTreeView { background: @background; border: 0; }
QTreeView::item { border: 0; }
QTreeView::item:selected { background: @selection; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid @edge; border-radius: 3px; background: @background; }
QCheckBox::indicator:checked { background: @focus; image: url(:/ui/check-@scheme.svg); }
QCheckBox::indicator:focus { border: 2px solid @focus; }
QHeaderView::section { background: @surface; color: @muted; border: 0; border-bottom: 1px solid @line; padding: 4px 8px; }
QTextBrowser, QPlainTextEdit { selection-background-color: @focus; selection-color: @onsolid; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @handle; border-radius: 4px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: @edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QLabel[muted="true"] { color: @muted; }
QLabel[caption="true"] { color: @muted; font-size: #11px; font-weight: 600; }
QLabel[heading="true"] { font-size: #20px; font-weight: 600; }
QLabel[panelTitle="true"] { font-size: #15px; font-weight: 600; }
QWidget[bar="true"] { background: @surface; border-bottom: 1px solid @line; }
QWidget[page="true"] { background: @background; }
QFrame[card="true"] { background: @surface; border: 1px solid @line; border-radius: 8px; }
QWidget[noticeKind="info"] { background: @selection; border-bottom: 1px solid @focus; }
QWidget[noticeKind="error"] { background: @errortint; border-bottom: 1px solid @error; }
)";

struct Replacement {
    const char *name;
    QColor colour;
};

} // namespace

QString Theme::styleSheet() const
{
    const Tokens &t = tokens();
    const QColor focus = t.colour(Neutral::Focus);
    // Longer names first, so that @focus does not eat @focushover.
    const Replacement replacements[] = {
        {"@background", t.colour(Neutral::Background)},
        {"@surface", t.colour(Neutral::Surface)},
        {"@selection", t.colour(Neutral::Selection)},
        {"@focushover", mixed(focus, t.colour(Neutral::Text), 0.2)},
        {"@focus", focus},
        {"@onsolid", t.onSolid()},
        {"@errortint", t.tint(ladder::Role::ServerError)},
        {"@error", t.colour(ladder::Role::ServerError)},
        {"@handle", mixed(t.colour(Neutral::Line), t.colour(Neutral::Edge), 0.4)},
        {"@muted", t.colour(Neutral::Muted)},
        {"@text", t.colour(Neutral::Text)},
        {"@edge", t.colour(Neutral::Edge)},
        {"@line", t.colour(Neutral::Line)},
    };
    QString sheet = QString::fromLatin1(kSheet);
    sheet.replace(QLatin1String("@scheme"),
                  m_scheme == Scheme::Light ? QLatin1String("light") : QLatin1String("dark"));
    for (const Replacement &r : replacements)
        sheet.replace(QLatin1String(r.name), r.colour.name());
    for (const int size : {11, 15, 20})
        sheet.replace(QStringLiteral("#%1px").arg(size),
                      QStringLiteral("%1px").arg(qRound(size * m_zoom)));
    return sheet;
}

} // namespace ui
