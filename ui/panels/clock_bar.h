// SPDX-License-Identifier: Apache-2.0
// How far the clock of one of several files runs ahead of the first one's, as it was estimated, and
// a place to say it better. Rows never change once they are published, so that the files are read
// again for it, in a window of their own. UI thread.
#pragma once

#include <functional>
#include <QStringList>
#include <QWidget>
#include <ui/store.h>
#include <utility>

class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace ui {

class ClockBar : public QWidget
{
public:
    explicit ClockBar(Store &store, QWidget *parent = nullptr);

    /// Gets what Earshot is to be started with: the files, and the offsets that were given.
    void setReadAgain(std::function<void(const QStringList &)> readAgain);
    /// Shows that file of the store; the first has no other to be compared with.
    void choose(std::size_t file);
    void refresh();

private:
    void fill();
    void again(bool given);

    Store &m_store;
    std::function<void(const QStringList &)> m_readAgain;
    std::size_t m_file = 1, m_shown = 0;
    std::pair<std::uint64_t, base::Duration> m_known{}; // messages and offset that are shown
    QLabel *m_told, *m_name;
    QDoubleSpinBox *m_offset;
    QPushButton *m_apply, *m_estimate;
};

} // namespace ui
