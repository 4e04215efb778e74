// SPDX-License-Identifier: Apache-2.0
// The one door for foreign text into widgets: control characters, NUL and bidi overrides become
// visible escapes, and labels never guess rich text. UI thread.
#pragma once

#include <QLabel>
#include <QString>
#include <string_view>

class QWidget;

namespace ui {

/// One line, safe to show.
QString shown(std::string_view foreign);
/// Keeps line ends.
QString shownLines(std::string_view foreign);
/// For menu entries and button texts: an ampersand stays an ampersand.
QString menuText(const QString &text);
/// Tooltips guess rich text; this one is escaped, so that it shows as it was written.
QString plainTip(const QString &text);
/// The words of such a tip.
QString tipText(const QString &tip);
/// "1 call", "2 calls"
QString counted(qulonglong count, const QString &one, const QString &many);
/// "12 804", "2.1 M": short enough for a status line, grouped so that it can be read.
QString quantity(double count);
std::string toStd(const QString &text);
/// sip: or sips: with a host.
bool isSipUri(const QString &text);
/// Trimmed, without the empty ones.
QStringList linesOf(const QString &text);

/// Names what Qt makes by itself inside of named combo boxes: their lists and edits.
/// Tab goes through `widgets` in this order, not in the order of their making.
void orderTabs(std::initializer_list<QWidget *> widgets);
void nameInternals(QWidget *window);

/// A label that takes text as it is. `name` becomes its objectName.
QLabel *plainLabel(const QString &text, const char *name, QWidget *parent = nullptr);

} // namespace ui
