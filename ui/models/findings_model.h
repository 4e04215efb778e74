// SPDX-License-Identifier: Apache-2.0
// The findings of one call, worst first, as the diagnosis sorted them. UI thread.
#pragma once

#include <QAbstractTableModel>
#include <ui/models/column.h>
#include <ui/store.h>

namespace ui {

struct FindingRow {
    const diagnosis::Finding &finding;
    const session::CallView &view;
};
std::span<const Column<FindingRow>> findingColumns(); // columns/finding_columns.cpp

class FindingsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setCall(const CallPtr &view);
    const diagnosis::Finding *findingAt(int row) const;
    const CallPtr &view() const { return m_view; }

private:
    CallPtr m_view;
};

} // namespace ui
