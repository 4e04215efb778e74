// SPDX-License-Identifier: Apache-2.0
// Who would hear what of this call before the answer: our own decision by RFC 3960, and what other
// phones make of the same messages. A line per phone, below it every change with its reason; a
// click jumps to what made the phone change, Play lets the phone be heard. UI thread.
#pragma once

#include <diagnosis/ears.h>
#include <QWidget>
#include <ui/focus.h>

class QLabel;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace ui {

class EarsPanel : public QWidget
{
    Q_OBJECT
public:
    EarsPanel(Store &store, Focus &focus, QWidget *parent = nullptr);

protected:
    void showEvent(QShowEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void refresh();
    void fill(const diagnosis::Evidence &evidence, const std::vector<diagnosis::EarEvent> &events);
    void choose(QTreeWidgetItem *item);
    QLayout *makeControls();
    void togglePlay();
    void played();
    void moved(base::Instant at);
    int phoneOf(const QTreeWidgetItem *item) const; // -1: none

    Store &m_store;
    Focus &m_focus;
    QLabel *m_empty;
    QTreeWidget *m_tree;
    QPushButton *m_play = nullptr;
    QLabel *m_told = nullptr; // what is played
    QTreeWidgetItem *m_sounding = nullptr;
    std::vector<diagnosis::EvidenceRef> m_places; // by the number that an item keeps
    QString m_shown;                              // what stands in the tree, to leave it alone
};

} // namespace ui
