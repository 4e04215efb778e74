// SPDX-License-Identifier: Apache-2.0
// The bottom line: what was counted, what was dropped, how far a file is read. UI thread.
#pragma once

#include <QElapsedTimer>
#include <QWidget>
#include <ui/store.h>

class QLabel;
class QProgressBar;
class QPushButton;

namespace ui {

class StatusLine : public QWidget
{
    Q_OBJECT
public:
    explicit StatusLine(Store &store, QWidget *parent = nullptr);

Q_SIGNALS:
    void cancelWanted();

private:
    void refresh();
    void refreshImport(const session::ImportState &import);
    QString lostText(const session::Update &update) const;
    QString readingText(const session::ImportState &import) const;
    QString readText(const session::ImportState &import) const;

    Store &m_store;
    QLabel *m_state, *m_counts, *m_lost;
    QProgressBar *m_progress;
    QPushButton *m_cancel;
    QElapsedTimer m_since; // the import under way
    qint64 m_took = 0;     // ms of the last one
};

} // namespace ui
