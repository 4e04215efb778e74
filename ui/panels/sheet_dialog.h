// SPDX-License-Identifier: Apache-2.0
// A measurement on one of our own flows, as a dialog: says what it does, begins on the user's word,
// shows a line for each figure while it goes on, and a verdict at its end. Not modal: the ladder is
// watched beside it. UI thread; borrows the store, which outlives it.
#pragma once

#include <desk/drill_sheet.h>
#include <ladder/roles.h>
#include <QDialog>
#include <QTimer>
#include <ui/store.h>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace ui {

class Theme;

struct FlowTarget {
    engine::AccountHandle account;
    std::uint32_t regId = 0;
};

class SheetDialog : public QDialog
{
    Q_OBJECT
protected:
    struct Line {
        QStringList cells;
        int coloured = -1; // column; -1: none
        ladder::Role role = ladder::Role::Text;
    };
    struct Verdict {
        QString text;
        ladder::Role role = ladder::Role::Text;
    };
    /// `name`: of the dialog and, before "Begin", "List" and so on, of its parts.
    SheetDialog(Store &store, Theme &theme, FlowTarget target, const QString &name,
                QWidget *parent);
    /// The columns of the list; the first takes the room there is.
    void setColumns(const QString &accessibleName, const QStringList &headers);
    /// What may be chosen before it begins, below the text; shown until then.
    void addChoice(QWidget *choice);
    /// To be called at the end of the constructor and after each change.
    void display();
    /// Where the measurement goes on, look() is called after changes and twice a second.
    void setRunning(bool running);
    bool running() const { return m_clock.isActive(); }
    const base::FlowReport *flow() const; // nullptr: it is not there any more
    const FlowTarget &target() const { return m_target; }
    Store &store() const { return m_store; }

    virtual QString consent(const base::FlowReport &flow) const = 0;
    virtual QString unable() const = 0; // said where the flow is not up
    virtual bool begun() const = 0;
    virtual void begin(const base::FlowReport &flow) = 0;
    virtual void look(const base::FlowReport *flow) = 0;
    virtual std::vector<Line> lines() const = 0;
    virtual Verdict verdict() const = 0; // once begun
    virtual std::string table() const = 0;

private:
    void lay();
    void start();
    void lookAgain();
    void finish(const Verdict &verdict);

    Store &m_store;
    Theme &m_theme;
    FlowTarget m_target;
    QLabel *m_text;
    QWidget *m_choice = nullptr;
    QTreeWidget *m_list;
    QLabel *m_verdict;
    QPushButton *m_begin, *m_copy, *m_close;
    QTimer m_clock; // for what does not happen
};

ladder::Role roleOf(desk::DrillVerdict verdict);

} // namespace ui
