// SPDX-License-Identifier: Apache-2.0
// Which certificates are taken: the authorities, our own certificate, and those that the user
// accepted by hand, one server each. Keeps them in the settings and tells the engine. UI thread;
// borrows settings and bridge.
#pragma once

#include <base/result.h>
#include <engine/engine.h>
#include <QObject>

namespace ui {

class DeskBridge;
class Settings;

class Trust : public QObject
{
    Q_OBJECT
public:
    Trust(Settings &settings, DeskBridge &bridge, QObject *parent = nullptr);
    /// What was kept takes effect. A file that is not there any more is told by problem().
    void begin();

    const engine::TlsOptions &options() const { return m_options; }
    /// Kept, and in force for handshakes from now on. Errors: a file that cannot be read; then
    /// nothing changes.
    base::Result<void> change(const engine::TlsOptions &options);
    /// That very certificate, for that server, in place of any accepted for it before.
    base::Result<void> accept(const engine::TlsReport &report);
    void revoke(const engine::TlsException &exception);
    /// The exception a handshake was, or would be, let through by; nullptr: none.
    const engine::TlsException *exceptionFor(const engine::TlsReport &report) const;
    /// Something is taken without verification.
    bool isWeakened() const { return m_options.acceptAnything || !m_options.exceptions.empty(); }

Q_SIGNALS:
    void changed();
    void problem(const QString &sentence);

private:
    Settings &m_settings;
    DeskBridge &m_bridge;
    engine::TlsOptions m_options;
};

} // namespace ui
