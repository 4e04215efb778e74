// SPDX-License-Identifier: Apache-2.0
// A column of a list as a table entry: its title and how it reads a row. data() only looks up; no
// switch anywhere.
#pragma once

#include <QObject>
#include <QString>
#include <QVariant>
#include <span>
#include <ui/text.h>

namespace ui {

template <class Row> struct Column {
    const char *id;
    const char *title;
    QString (*text)(const Row &row);
    QString (*tip)(const Row &row); // plain text, may be nullptr
    Qt::Alignment alignment;
    double (*key)(const Row &row) = nullptr; // what it is sorted by; nullptr: its text
};

/// A model's data() for one cell.
template <class Row> QVariant cell(const Column<Row> &column, const Row &row, int role)
{
    if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole)
        return column.text(row);
    if (role == Qt::ToolTipRole && column.tip != nullptr)
        return plainTip(column.tip(row));
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(column.alignment);
    return {};
}

/// A model's headerData(), empty for what is no column's title.
template <class Row>
QVariant columnTitle(std::span<const Column<Row>> columns, int section, Qt::Orientation orientation,
                     int role)
{
    const auto index = static_cast<std::size_t>(section);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || index >= columns.size())
        return {};
    return QObject::tr(columns[index].title);
}

} // namespace ui
