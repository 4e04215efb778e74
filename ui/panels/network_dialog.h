// SPDX-License-Identifier: Apache-2.0
// How certificates are judged, our own certificate, what was accepted by hand, and the ports of
// RTP. UI thread; borrows settings and trust.
#pragma once

#include <engine/engine.h>
#include <ui/panels/checked_dialog.h>

class QFormLayout;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace ui {

class Settings;
class Trust;

class NetworkDialog : public CheckedDialog
{
    Q_OBJECT
public:
    NetworkDialog(Settings &settings, Trust &trust, QWidget *parent = nullptr);

    static constexpr const char *kDnsSetting = "network/dns";   // "192.0.2.53"; empty: the system's
    static constexpr const char *kPortsSetting = "media/ports"; // "40000-40019"; empty: any

private:
    QString problem() const override;
    void makeForm(QFormLayout *form);
    QLineEdit *fileField(const char *name, const QString &spoken, const QString &hint);
    QWidget *withBrowse(QLineEdit *field, const QString &title);
    void list(); // what was accepted by hand
    void revoke();
    void keep();
    engine::TlsOptions entered() const;

    Settings &m_settings;
    Trust &m_trust;
    QLineEdit *m_ca, *m_certificate, *m_key, *m_ports, *m_dns;
    QTreeWidget *m_accepted;
    QPushButton *m_revoke;
};

} // namespace ui
