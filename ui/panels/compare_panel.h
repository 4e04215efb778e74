// SPDX-License-Identifier: Apache-2.0
// Any two response codes side by side; 183 and 430 to begin with. UI thread.
#pragma once

#include <QWidget>
#include <ui/store.h>
#include <ui/theme/theme.h>

class QComboBox;
class QPushButton;
class QScrollArea;

namespace ui {

class ComparePanel : public QWidget
{
    Q_OBJECT
public:
    ComparePanel(Store &store, Theme &theme, QWidget *parent = nullptr);
    void compare(int left, int right);
    int left() const;
    int right() const;

Q_SIGNALS:
    void callsWanted(const QString &filter); // that have one of the two

private:
    QComboBox *makeChoice(const char *name, const QString &spoken, int code);
    void swap();
    void copy();
    void fill();
    void addRow(int row, const QString &aspect, const QString &left, const QString &right);
    std::array<std::size_t, 2> count(int left, int right) const;

    Store &m_store;
    Theme &m_theme;
    QComboBox *m_left, *m_right;
    QWidget *m_body = nullptr;
    QPushButton *m_show = nullptr;
    QScrollArea *m_scroll;
};

} // namespace ui
