// SPDX-License-Identifier: Apache-2.0
// What a TLS handshake came to: the peer's certificate, how it was judged and why, and what can be
// done about a refusal. Not modal. UI thread; borrows theme and trust.
#pragma once

#include <engine/engine.h>
#include <memory>
#include <QDialog>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace ui {

class Theme;
class Trust;

class CertificateSheet : public QDialog
{
    Q_OBJECT
public:
    CertificateSheet(std::shared_ptr<const engine::TlsReport> report, Theme &theme, Trust &trust,
                     QWidget *parent = nullptr);

    /// What to do about that refusal, or about an override; empty: nothing.
    static QString advice(const engine::TlsReport &report);
    /// "verified", "NOT verified, accepted by hand", "refused".
    static QString outcome(const engine::TlsReport &report);

Q_SIGNALS:
    void notice(const QString &sentence, bool isError);

private:
    void lay();
    void fill();
    void display(); // what depends on the exceptions that hold now
    void askToAccept();
    void accepted();
    QString asText() const;

    std::shared_ptr<const engine::TlsReport> m_report;
    Theme &m_theme;
    Trust &m_trust;
    QLabel *m_outcome, *m_reason, *m_advice;
    QTreeWidget *m_list;
    QPushButton *m_accept, *m_revoke, *m_copy, *m_close;
};

} // namespace ui
