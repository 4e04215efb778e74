// SPDX-License-Identifier: Apache-2.0
// The findings of the call in focus, worst first; a click jumps to the first evidence. UI thread.
#pragma once

#include <QWidget>
#include <ui/focus.h>
#include <ui/models/findings_model.h>

class QLabel;
class QTreeView;

namespace ui {

class FindingsPanel : public QWidget
{
    Q_OBJECT
public:
    FindingsPanel(Focus &focus, QWidget *parent = nullptr);
    FindingsModel &model() { return *m_model; }

private:
    void choose(const QModelIndex &index);

    Focus &m_focus;
    FindingsModel *m_model;
    QTreeView *m_view;
    QLabel *m_empty;
};

} // namespace ui
