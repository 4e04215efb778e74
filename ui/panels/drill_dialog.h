// SPDX-License-Identifier: Apache-2.0
// A drill on one of our own flows: says what it breaks, begins on the user's word, and times the
// recovery against RFC 5626 while it goes on. Not modal: the ladder is watched beside it. UI
// thread; borrows the store, which outlives it.
#pragma once

#include <desk/drill_sheet.h>
#include <ladder/roles.h>
#include <optional>
#include <QDialog>
#include <QTimer>
#include <ui/store.h>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace ui {

class Theme;

class DrillDialog : public QDialog
{
    Q_OBJECT
public:
    struct Target {
        engine::AccountHandle account;
        std::uint32_t regId = 0;
        engine::Drill what = engine::Drill::Cut;
    };
    DrillDialog(Store &store, Theme &theme, Target target, QWidget *parent = nullptr);

Q_SIGNALS:
    /// The user agreed; the sheet runs from now on.
    void begun(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);

private:
    void makeList();
    void lay(QPushButton *close);
    const base::FlowReport *flow() const; // nullptr: it is not there any more
    void begin();
    void look();
    void display();
    void finish(const QString &verdict, ladder::Role role);
    void copy() const;

    Store &m_store;
    Theme &m_theme;
    Target m_target;
    std::optional<desk::DrillSheet> m_sheet; // once begun
    QLabel *m_text;
    QTreeWidget *m_list;
    QLabel *m_verdict;
    QPushButton *m_begin, *m_copy;
    QTimer m_clock; // for what does not happen
};

} // namespace ui
