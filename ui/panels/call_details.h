// SPDX-License-Identifier: Apache-2.0
// What an engineer may want different in the next calls: Request-URI, routes, headers, late offer,
// SRTP and the like. UI thread. The dial bar keeps what was accepted.
#pragma once

#include <desk/desk.h>
#include <ui/panels/checked_dialog.h>

class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace ui {

class CallDetails : public CheckedDialog
{
public:
    explicit CallDetails(const desk::CallOptions &now, QWidget *parent = nullptr);
    /// Into what else is known of the call: late offer, SRTP, what we send and extras, nothing
    /// else.
    void apply(desk::CallOptions &options) const;

    /// How many of them differ from an ordinary call.
    static int different(const desk::CallOptions &options);

private:
    void makeForm(QFormLayout *form);
    void load(const desk::CallOptions &options);
    QString problem() const override;
    QLabel *title(const QString &text, QWidget *buddy);

    QLineEdit *m_requestUri, *m_localAddress, *m_privacy, *m_alertInfo;
    QPlainTextEdit *m_routes, *m_headers;
    QCheckBox *m_lateOffer, *m_earlyMedia, *m_sessionId, *m_redirects, *m_numbers;
    QSpinBox *m_timer;
    QComboBox *m_srtp, *m_sending;
};

} // namespace ui
