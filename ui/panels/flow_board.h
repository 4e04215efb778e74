// SPDX-License-Identifier: Apache-2.0
// Every flow in a line, the time line of the chosen one, and what can be done with it. UI thread.
#pragma once

#include <optional>
#include <QTimer>
#include <QWidget>
#include <ui/focus.h>
#include <ui/models/flows_model.h>

class QLabel;
class QLineEdit;
class QPushButton;
class QSplitter;
class QTreeView;
class QTreeWidget;

namespace ui {

class FlowBoard : public QWidget
{
    Q_OBJECT
public:
    FlowBoard(Store &store, Focus &focus, Theme &theme, QWidget *parent = nullptr);
    FlowsModel &model() { return *m_model; }
    QSize sizeHint() const override;

Q_SIGNALS:
    void reRegisterWanted(engine::AccountHandle account, std::uint32_t regId);
    void pingWanted(engine::AccountHandle account, std::uint32_t regId);
    void drillWanted(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);
    void idleWanted(engine::AccountHandle account, std::uint32_t regId);
    void selfCallWanted(engine::AccountHandle account, std::uint32_t regId);
    void explainWanted(const base::FlowReport &report);
    void certificateWanted(const base::FlowReport &report);
    void unregisterWanted(engine::AccountHandle account);
    void told(const QString &sentence); // why a key did nothing

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void makeButtons();
    void makeLists();
    void lay();
    void refresh();
    void restoreChosen();
    void describe();
    void choose();
    void share();
    void showEvents();
    void openMenu(const QPoint &at);
    void openTests();
    void explain();
    void showCertificate();
    const FlowRow *chosen() const;
    QString registerText() const;
    template <class Signal> void ask(Signal signal);
    QPushButton *button(const QString &text, const char *name, void (FlowBoard::*pressed)());
    void ping();
    void registerAgain();
    void drop();
    void unregister();
    bool canAsk();

    Store &m_store;
    Focus &m_focus;
    Theme &m_theme;
    FlowsModel *m_model;
    QLabel *m_reach;
    QLineEdit *m_filter;
    QTreeView *m_view;
    QTreeWidget *m_events;
    QSplitter *m_split;
    bool m_shared = true; // by us; false: the user moved the handle
    QPushButton *m_ping, *m_register, *m_drop, *m_explain, *m_certificate, *m_more, *m_off;
    std::optional<FlowRow> m_last; // that was chosen
    QTimer m_clock;
    flows::FlowId m_shownFlow;
    std::size_t m_shownEvents = 0;
};

} // namespace ui
