// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/tls_refusal.h>

#include <algorithm>

namespace diagnosis {

TlsTrouble tlsTrouble(std::string_view sentence)
{
    const auto tells = [&](std::string_view words) {
        return sentence.find(words) != std::string_view::npos;
    };
    if (tells("client certificate"))
        return TlsTrouble::ClientCertificate;
    if (tells("ertificate of ") || tells("certificate names ") || tells("another certificate"))
        return TlsTrouble::ServerCertificate;
    return tells("TLS") ? TlsTrouble::Other : TlsTrouble::None;
}

std::vector<Fix> fixesOf(TlsTrouble trouble)
{
    switch (trouble) {
    case TlsTrouble::ClientCertificate:
        return {{"Give a client certificate, with its key, that the server trusts.",
                 "caller's user agent", Action::None},
                {"Have the server trust the authority that issued it, or ask for none.", "operator",
                 Action::None}};
    case TlsTrouble::ServerCertificate:
        return {{"Have the server show a certificate that is valid, names the host that is called, "
                 "and comes with those between it and its authority.",
                 "operator", Action::None},
                {"If the authority is your own, give its certificate as the CA file.",
                 "caller's user agent", Action::None},
                {"If the owner confirms its SHA-256 fingerprint, accept this one certificate for "
                 "this server.",
                 "caller's user agent", Action::None}};
    case TlsTrouble::Other:
        return {{"Check the port, which is 5061 for TLS, and the transport.", "caller's user agent",
                 Action::None},
                {"Have the server speak TLS 1.2 or 1.3 on it, with a common cipher.", "operator",
                 Action::None}};
    default:
        return {};
    }
}

trace::RowId lastTlsTrouble(const Evidence &evidence, TlsTrouble trouble)
{
    trace::RowId found;
    for (const auto &entry : evidence.call.rows) {
        const auto *const event = evidence.trace.local(entry.row);
        if (event == nullptr || event->flow != nullptr ||
            (event->kind != base::LocalKind::SendFailed &&
             event->kind != base::LocalKind::TimedOut))
            continue;
        if (tlsTrouble(event->sentence) == trouble)
            found = entry.row;
    }
    return found;
}

bool registersFlow(const Evidence &evidence)
{
    const auto &rows = evidence.call.rows;
    return std::any_of(rows.begin(), rows.end(), [&](const auto &entry) {
        const auto *const event = evidence.trace.local(entry.row);
        return event != nullptr && event->flow != nullptr;
    });
}

} // namespace diagnosis
