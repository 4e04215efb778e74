// SPDX-License-Identifier: Apache-2.0
// Above the ladder: who calls whom, how long each phase took, as words and as a bar. UI thread.
#pragma once

#include <QWidget>
#include <ui/models/call_facts.h>
#include <ui/theme/theme.h>

class QLabel;
class QPushButton;

namespace ui {

class CodeChip;

class CallHeader : public QWidget
{
public:
    CallHeader(Store &store, Theme &theme, QWidget *parent = nullptr);
    /// Also after a TLS handshake: it says how the certificate was judged.
    void setCall(const CallPtr &view);
    QPushButton *certificate() const { return m_tls; } // pressed: it wants to be seen

private:
    void showTls(const CallPtr &view);
    class PhaseBar;
    Store &m_store;
    CodeChip *m_chip;
    QLabel *m_title, *m_facts;
    QPushButton *m_tls;
    PhaseBar *m_bar;
};

} // namespace ui
