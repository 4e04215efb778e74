// SPDX-License-Identifier: Apache-2.0
// Above the ladder: who calls whom, how long each phase took, as words and as a bar. UI thread.
#pragma once

#include <QWidget>
#include <ui/models/call_facts.h>
#include <ui/theme/theme.h>

class QLabel;

namespace ui {

class CodeChip;

class CallHeader : public QWidget
{
public:
    CallHeader(Store &store, Theme &theme, QWidget *parent = nullptr);
    void setCall(const CallPtr &view);

private:
    class PhaseBar;
    Store &m_store;
    CodeChip *m_chip;
    QLabel *m_title, *m_facts;
    PhaseBar *m_bar;
};

} // namespace ui
