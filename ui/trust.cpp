// SPDX-License-Identifier: Apache-2.0
#include <ui/trust.h>

#include <algorithm>
#include <base/text.h>
#include <ui/bridge/desk_bridge.h>
#include <ui/settings.h>
#include <ui/text.h>

namespace ui {

Trust::Trust(Settings &settings, DeskBridge &bridge, QObject *parent)
    : QObject(parent), m_settings(settings), m_bridge(bridge), m_options(settings.tls())
{
    // What the program was started with counts before what was kept.
    const engine::TlsOptions &given = bridge.givenTls();
    m_options.acceptAnything = given.acceptAnything;
    if (!given.caFile.empty())
        m_options.caFile = given.caFile;
    if (!given.certificate.empty()) {
        m_options.certificate = given.certificate;
        m_options.key = given.key;
    }
    for (const engine::TlsException &each : given.exceptions)
        if (std::find(m_options.exceptions.begin(), m_options.exceptions.end(), each) ==
            m_options.exceptions.end())
            m_options.exceptions.push_back(each);
}

void Trust::begin()
{
    if (const auto ok = m_bridge.setTls(m_options); !ok) {
        Q_EMIT problem(tr("%1 The system's authorities are used, and no certificate of our own. "
                          "Choose the files again under Call, Network and certificates.")
                           .arg(shown(ok.error().sentence)));
        m_options.caFile.clear();
        m_options.certificate.clear();
        m_options.key.clear();
        static_cast<void>(m_bridge.setTls(m_options)); // without files nothing can be wrong
    }
    Q_EMIT changed();
}

base::Result<void> Trust::change(const engine::TlsOptions &options)
{
    if (const auto ok = m_bridge.setTls(options); !ok)
        return ok;
    m_options = options;
    m_settings.setTls(m_options);
    Q_EMIT changed();
    return {};
}

const engine::TlsException *Trust::exceptionFor(const engine::TlsReport &report) const
{
    const auto at =
        std::find_if(m_options.exceptions.begin(), m_options.exceptions.end(),
                     [&](const engine::TlsException &each) {
                         const auto address = base::Address::parse(each.host);
                         const bool host = base::equalsNoCase(each.host, report.name) ||
                                           (address && *address == report.remote.address);
                         return host && (each.port == 0 || each.port == report.remote.port);
                     });
    return at == m_options.exceptions.end() ? nullptr : &*at;
}

base::Result<void> Trust::accept(const engine::TlsReport &report)
{
    auto options = m_options;
    const std::string host = report.name.empty() ? report.remote.address.text() : report.name;
    std::erase_if(options.exceptions, [&](const engine::TlsException &each) {
        return base::equalsNoCase(each.host, host) &&
               (each.port == report.remote.port || each.port == 0);
    });
    options.exceptions.push_back({host, report.remote.port, report.fingerprint});
    return change(options);
}

void Trust::revoke(const engine::TlsException &exception)
{
    auto options = m_options;
    std::erase(options.exceptions, exception);
    if (const auto ok = change(options); !ok)
        Q_EMIT problem(shown(ok.error().sentence));
}

} // namespace ui
