// SPDX-License-Identifier: Apache-2.0
// The call list: filter box, one two-line card per call, the counter of what is folded away. UI
// thread.
#pragma once

#include <QTimer>
#include <QWidget>
#include <ui/focus.h>
#include <ui/models/calls_model.h>
#include <ui/theme/theme.h>

class QLabel;
class QLineEdit;
class QPushButton;
class QTreeView;

namespace ui {

class CallList : public QWidget
{
    Q_OBJECT
public:
    CallList(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);

    CallsModel &model() { return *m_model; }
    QTreeView *view() { return m_view; }
    void focusFilter();
    void filter(const QString &words);
    void setWide(bool wide); // shows every column

Q_SIGNALS:
    void opened(); // Enter on a call: the ladder takes the keys
    void keyTyped(const QString &key);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void makeView(Theme &theme);
    void applyFilter();
    void applyCounts();
    QString countsText() const;
    void followFocus();
    void choose(const QModelIndex &index);

    Focus &m_focus;
    CallsModel *m_model;
    QLineEdit *m_filter;
    QLabel *m_error, *m_counts;
    QPushButton *m_others;
    QTreeView *m_view = nullptr;
    QTimer m_clock; // live calls grow longer by themselves
    bool m_following = false;
};

} // namespace ui
