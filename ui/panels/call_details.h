// SPDX-License-Identifier: Apache-2.0
// What an engineer may want different in the next calls: Request-URI, routes, headers, late offer,
// body, audio, times. UI thread. The dial bar keeps what was accepted.
#pragma once

#include <desk/desk.h>
#include <ui/panels/checked_dialog.h>

class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace ui {

class CallDetails : public CheckedDialog
{
public:
    explicit CallDetails(const desk::CallOptions &now, QWidget *parent = nullptr);
    /// Into what else is known of the call: what this dialog edits, nothing else.
    void apply(desk::CallOptions &options) const;
    /// The same from a call to another.
    static void carry(const desk::CallOptions &from, desk::CallOptions &to);

    /// How many of them differ from an ordinary call.
    static int different(const desk::CallOptions &options);

private:
    void makePlaces(QFormLayout *form);
    void makeWords(QFormLayout *form);
    void makeBody(QFormLayout *form);
    void makeAudio(QFormLayout *form);
    void makeTimes(QFormLayout *form);
    void addCaption(QFormLayout *form, const QString &text);
    QDialogButtonBox *makeButtons();
    void dress();
    void loadBody();
    void load(const desk::CallOptions &options);
    std::string country() const;
    QString problem() const override;
    QLabel *title(const QString &text, QWidget *buddy);

    QLineEdit *m_requestUri, *m_localAddress, *m_privacy, *m_alertInfo, *m_bodyType;
    QPlainTextEdit *m_routes, *m_headers, *m_body;
    QCheckBox *m_lateOffer, *m_earlyMedia, *m_sessionId, *m_redirects, *m_numbers, *m_events,
        *m_rtcpMux;
    QSpinBox *m_timer;
    QDoubleSpinBox *m_hangUp, *m_cancel;
    QComboBox *m_srtp, *m_ringback, *m_sending;
    QPushButton *m_bodyFile;
};

} // namespace ui
