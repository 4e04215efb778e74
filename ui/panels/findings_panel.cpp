// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/findings_panel.h>

#include <QHeaderView>
#include <QTreeView>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {

FindingsPanel::FindingsPanel(Focus &focus, QWidget *parent)
    : QWidget(parent), m_focus(focus), m_model(new FindingsModel(this)),
      m_view(new QTreeView(this)),
      m_empty(plainLabel(tr("Nothing found so far. Rules are run again as messages and RTP come."),
                         "noFindings", this))
{
    setObjectName(QStringLiteral("findings"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    m_view->setObjectName(QStringLiteral("findingsList"));
    m_view->setAccessibleName(tr("Findings"));
    m_view->setModel(m_model);
    m_view->setRootIsDecorated(false);
    m_view->setWordWrap(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setTabKeyNavigation(false);
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->header()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_empty->setWordWrap(true);
    m_empty->setMargin(16);
    m_empty->setProperty("muted", true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty);
    layout->addWidget(m_view, 1);
    connect(m_view, &QTreeView::clicked, this, &FindingsPanel::choose);
    connect(m_view, &QTreeView::activated, this, &FindingsPanel::choose);
    connect(&focus, &Focus::callChanged, this, [this](const CallPtr &call) {
        m_model->setCall(call);
        m_empty->setVisible(m_model->rowCount() == 0);
        m_view->setVisible(m_model->rowCount() > 0);
    });
    m_view->hide();
}

void FindingsPanel::choose(const QModelIndex &index)
{
    const auto *finding = m_model->findingAt(index.row());
    if (finding == nullptr || finding->evidence.empty())
        return;
    m_focus.jump(finding->evidence.front());
}

} // namespace ui
