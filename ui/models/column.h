// SPDX-License-Identifier: Apache-2.0
// A column of a list as a table entry: its title and how it reads a row. data() only looks up; no
// switch anywhere.
#pragma once

#include <functional>
#include <QString>
#include <QVariant>
#include <span>

namespace ui {

template <class Row> struct Column {
    const char *id;
    const char *title;
    QString (*text)(const Row &row);
    QString (*tip)(const Row &row); // plain text, may be nullptr
    Qt::Alignment alignment;
};

} // namespace ui
