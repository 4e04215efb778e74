// SPDX-License-Identifier: Apache-2.0
// The test-call bar: from, to, how; Call and Hang up. UI thread; places calls through the bridge.
#pragma once

#include <desk/desk.h>
#include <QWidget>
#include <ui/store.h>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace ui {

class DeskBridge;
class Focus;
class Settings;

class DialBar : public QWidget
{
    Q_OBJECT
public:
    DialBar(DeskBridge &bridge, Focus &focus, Settings &settings, QWidget *parent = nullptr);

    void call();
    void hangUp(); // the call in focus if it is ours, else the newest one under way
    void setTarget(const QString &target);
    void fill(const desk::CallOptions &like); // everything but account, proxy and credentials
    void openDetails();
    engine::CallHandle liveCall() const; // as hangUp() takes it; invalid: none
    void focusTarget();
    void focusPassword();
    void addAccountWanted(const QString &aor);
    desk::CallOptions options() const;

Q_SIGNALS:
    void begun(); // the user asked for a call; whether it can be placed is not known yet
    void notice(const QString &sentence, bool isError);
    void accountWanted(const QString &aor); // one used before; empty: another

private:
    QWidget *makeFirstRow();
    QWidget *makeSecondRow();
    void fillFrom();
    void applyCalls();
    void showDetails();
    void remember() const;

    DeskBridge &m_bridge;
    Focus &m_focus;
    Settings &m_settings;
    QComboBox *m_from = nullptr, *m_to = nullptr, *m_reliable = nullptr, *m_transport = nullptr;
    QLineEdit *m_codecs = nullptr, *m_proxy = nullptr, *m_user = nullptr, *m_password = nullptr;
    QPushButton *m_call = nullptr, *m_hangUp = nullptr, *m_more = nullptr,
                *m_detailsButton = nullptr;
    QWidget *m_second = nullptr;
    std::size_t m_withAccounts = 0; // registered ones, when From was filled
    desk::CallOptions m_details;    // of it only what CallDetails edits
};

} // namespace ui
