// SPDX-License-Identifier: Apache-2.0
// Offer and answer of a call as tables: what was offered, answered and sent, codec by codec, and
// how the SDP of a 200 differs from that of the 183. What was sent without being negotiated is
// marked. A click jumps to the message. UI thread.
#pragma once

#include <QWidget>
#include <ui/focus.h>
#include <ui/theme/theme.h>

class QLabel;
class QTreeWidget;
class QTreeWidgetItem;

namespace ui {

class CodecsPanel : public QWidget
{
    Q_OBJECT
public:
    CodecsPanel(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void makeTree();
    void refresh();
    QTreeWidgetItem *heading(const QString &text, trace::RowId row);

    Store &m_store;
    Focus &m_focus;
    Theme &m_theme;
    QLabel *m_empty;
    QTreeWidget *m_tree;
    QString m_shown; // what stands in the tree, to leave it alone
};

} // namespace ui
