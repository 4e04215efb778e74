// SPDX-License-Identifier: Apache-2.0
// The same call again and again at a given rate: progress, a table of results, their plot and
// exports. Not modal: the ladder is watched beside it. UI thread; borrows store, theme and focus.
#pragma once

#include <desk/batch.h>
#include <functional>
#include <optional>
#include <QDialog>
#include <QTimer>
#include <set>
#include <ui/store.h>

class QDoubleSpinBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTreeWidget;
class QTreeWidgetItem;

namespace ui {

class Focus;
class PlotView;
class Theme;

class BatchDialog : public QDialog
{
    Q_OBJECT
public:
    struct Phone { // how calls are placed and ended
        std::function<base::Result<engine::CallHandle>(const desk::CallOptions &)> place;
        std::function<void(engine::CallHandle)> hangUp;
    };
    BatchDialog(Store &store, Focus &focus, Theme &theme, desk::CallOptions call, Phone phone,
                QWidget *parent = nullptr);

protected:
    void done(int result) override;

private:
    void makeFields();
    void makeList();
    void lay();
    void start();
    void stop();
    void place();
    void tick();
    void take(const desk::CallInfo &info);
    void touch(const std::vector<CallPtr> &touched);
    void measureSoon();
    void measure();
    void display();
    void displayRow(QTreeWidgetItem &item, const desk::BatchResult &result) const;
    void showLadder();
    void exportAs(const QString &format);
    desk::BatchPlan plan() const;
    bool running() const { return m_clock.isActive(); }

    Store &m_store;
    Focus &m_focus;
    Theme &m_theme;
    desk::CallOptions m_call;
    Phone m_phone;
    std::optional<desk::Batch> m_batch;           // once begun
    std::vector<QTreeWidgetItem *> m_items;       // by number, whatever the list is sorted by
    std::set<std::string, std::less<>> m_touched; // Call-IDs with news
    bool m_news = false;
    QLabel *m_text, *m_summary;
    QSpinBox *m_count;
    QDoubleSpinBox *m_rate, *m_hangUp, *m_cancelAfter;
    QProgressBar *m_progress;
    QTreeWidget *m_list;
    PlotView *m_plot;
    QPushButton *m_begin, *m_stop, *m_ladder, *m_csv, *m_json, *m_svg, *m_copy, *m_close;
    QTimer m_clock, m_pace, m_settle;
};

} // namespace ui
