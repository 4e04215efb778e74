// SPDX-License-Identifier: Apache-2.0
// OPTIONS with round trips, the hops to a target, bytes as they are: sent from the window, each
// answer a row that opens its ladder. Not modal. UI thread; borrows store, theme and focus.
#pragma once

#include <desk/probing.h>
#include <functional>
#include <optional>
#include <QDialog>
#include <QTimer>
#include <ui/store.h>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QTreeWidget;

namespace ui {

class Focus;
class PlotView;
class Theme;

class ProbeDialog : public QDialog
{
    Q_OBJECT
public:
    using Send = std::function<base::Result<engine::ProbeHandle>(const engine::ProbeRequest &)>;
    /// `like`: target, From, proxy, transport and local address of the probes.
    ProbeDialog(Store &store, Focus &focus, Theme &theme, desk::ProbeKind kind,
                engine::ProbeRequest like, Send send, QWidget *parent = nullptr);

protected:
    void done(int result) override;

private:
    void makeFields(desk::ProbeKind kind);
    QWidget *makeOptionsPage();
    QWidget *makeTracePage();
    QWidget *makeRawPage();
    void makeList();
    void lay();
    void choose();
    void loadBytes();
    void start();
    void stop();
    void tick(); // sends what is due
    void take(const engine::ProbeEvent &event);
    void display();
    void showLadder();
    void complain(const QString &sentence);
    base::Result<desk::ProbePlan> plan() const;
    std::string callIdOf(std::size_t line) const;
    desk::ProbeKind kind() const;
    bool running() const { return m_clock.isActive(); }

    Store &m_store;
    Focus &m_focus;
    Theme &m_theme;
    engine::ProbeRequest m_like;
    Send m_send;
    std::optional<desk::Probing> m_probing; // once begun
    std::string m_loaded;                   // bytes of a file, sent instead of what was typed
    QComboBox *m_kind;
    QLineEdit *m_target;
    QStackedWidget *m_pages;
    QSpinBox *m_count = nullptr, *m_hops = nullptr;
    QDoubleSpinBox *m_interval = nullptr, *m_wait;
    QPlainTextEdit *m_bytes = nullptr;
    QLabel *m_warning = nullptr;
    QCheckBox *m_consent = nullptr;
    QLabel *m_route, *m_verdict;
    QTreeWidget *m_list;
    PlotView *m_plot;
    QPushButton *m_begin, *m_cancel, *m_ladder, *m_copy, *m_close;
    QTimer m_clock;
};

} // namespace ui
