// SPDX-License-Identifier: Apache-2.0
// Probes, repeated calls and certificates.
#include <ui/deeds.h>

#include <QMainWindow>
#include <QPointer>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/needs.h>
#include <ui/panels/batch_dialog.h>
#include <ui/panels/certificate_sheet.h>
#include <ui/panels/confirm_call.h>
#include <ui/panels/dial_bar.h>
#include <ui/panels/network_dialog.h>
#include <ui/panels/probe_dialog.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <ui/trust.h>

namespace ui {

void Deeds::probe(desk::ProbeKind kind)
{
    const desk::CallOptions now = m_parts.dial->options();
    engine::ProbeRequest like;
    like.target = now.target;
    like.from = now.from;
    like.proxy = now.proxy;
    like.transport = now.transport;
    like.localAddress = now.extras.localAddress;
    const QPointer<DeskBridge> bridge = m_parts.bridge; // may go before the dialog
    auto *dialog = new ProbeDialog(
        bridge->store(), *m_parts.focus, *m_parts.theme, kind, like,
        [bridge](const engine::ProbeRequest &request) -> base::Result<engine::ProbeHandle> {
            if (!bridge)
                return base::fail(base::ErrorCode::Internal, "The window is closing.");
            return bridge->probe(request);
        },
        m_parts.window);
    showLadder();
    dialog->show();
}

void Deeds::repeatCall()
{
    const desk::CallOptions call = m_parts.dial->options();
    if (call.target.empty()) {
        say(tr("Enter whom to call first, for example sip:alice@example.com."), true);
        m_parts.dial->focusTarget();
        return;
    }
    confirmCall(m_parts.window, *m_parts.settings, call.target, [this, call] {
        const QPointer<DeskBridge> bridge = m_parts.bridge;
        auto *dialog = new BatchDialog(
            bridge->store(), *m_parts.focus, *m_parts.theme, call,
            {[bridge](const desk::CallOptions &options) -> base::Result<engine::CallHandle> {
                 if (!bridge)
                     return base::fail(base::ErrorCode::Internal, "The window is closing.");
                 return bridge->tryPlace(options);
             },
             [bridge](engine::CallHandle each) {
                 if (bridge)
                     bridge->hangUp(each);
             }},
            m_parts.window);
        showLadder();
        dialog->show();
    });
}

void Deeds::openCertificate(std::shared_ptr<const engine::TlsReport> report)
{
    auto *sheet =
        new CertificateSheet(std::move(report), *m_parts.theme, *m_parts.trust, m_parts.window);
    connect(sheet, &CertificateSheet::notice, this, &Deeds::say);
    sheet->show();
}

void Deeds::showCertificate()
{
    const CallPtr call = m_parts.focus->call();
    if (auto report = call ? m_parts.bridge->store().tlsOf(*call->call) : nullptr)
        openCertificate(std::move(report));
    else
        say(lacking(Need::Certificate, m_parts), false);
}

void Deeds::showCertificateOf(const base::FlowReport &flow)
{
    if (auto report = m_parts.bridge->store().tlsOf(flow.remote))
        openCertificate(std::move(report));
    else
        say(tr("Flow %1 has no TLS connection yet, so there is no certificate.").arg(flow.regId),
            false);
}

void Deeds::networkSettings(QWidget *over)
{
    QWidget *parent = over != nullptr ? over : m_parts.window;
    (new NetworkDialog(*m_parts.settings, *m_parts.trust, parent))->open();
}

} // namespace ui
