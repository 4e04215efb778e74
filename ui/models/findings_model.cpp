// SPDX-License-Identifier: Apache-2.0
#include <ui/models/findings_model.h>

namespace ui {
namespace {

bool sameFindings(const CallPtr &a, const CallPtr &b)
{
    if (!a || !b || a->call.id() != b->call.id() || a->findings.size() != b->findings.size())
        return false;
    for (std::size_t i = 0; i < a->findings.size(); ++i) {
        if (a->findings[i].rule != b->findings[i].rule ||
            a->findings[i].text != b->findings[i].text)
            return false;
    }
    return true;
}

} // namespace

int FindingsModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || !m_view ? 0 : static_cast<int>(m_view->findings.size());
}

int FindingsModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(findingColumns().size());
}

QVariant FindingsModel::data(const QModelIndex &index, int role) const
{
    const diagnosis::Finding *finding = index.isValid() ? findingAt(index.row()) : nullptr;
    if (finding == nullptr || index.column() >= columnCount())
        return {};
    return cell<FindingRow>(findingColumns()[static_cast<std::size_t>(index.column())],
                            {*finding, *m_view}, role);
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    return columnTitle(findingColumns(), section, orientation, role);
}

void FindingsModel::setCall(const CallPtr &view)
{
    if (sameFindings(m_view, view)) { // keep selection and scroll position while the call goes on
        m_view = view;
        return;
    }
    beginResetModel();
    m_view = view;
    endResetModel();
}

const diagnosis::Finding *FindingsModel::findingAt(int row) const
{
    if (!m_view || row < 0 || static_cast<std::size_t>(row) >= m_view->findings.size())
        return nullptr;
    return &m_view->findings[static_cast<std::size_t>(row)];
}

} // namespace ui
