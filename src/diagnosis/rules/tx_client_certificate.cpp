// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/tls_refusal.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Before it: the request that was on its way when the connection was refused. With TLS 1.3 a
/// client has sent it by the time the server looks at the certificate (RFC 8446 section 4.4.2).
trace::RowId sentBefore(const Evidence &evidence, trace::RowId refused)
{
    trace::RowId sent;
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (entry.row == refused)
            break;
        if (trace::isMessage(row.kind) && row.status == 0 && row.outgoing)
            sent = entry.row;
    }
    return sent;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto refused = lastTlsTrouble(evidence, TlsTrouble::ClientCertificate);
    const auto sent = refused.valid() ? sentBefore(evidence, refused) : trace::RowId{};
    if (!sent.valid())
        return; // tx-not-sent
    auto &f =
        out.add("tx-client-certificate", Severity::Error, Grade::Seen,
                fmt::format("{} ended the TLS connection that the {} [1] was sent over [2]: {}",
                            receiver(evidence, sent), methodOf(evidence.trace, sent),
                            base::printable(evidence.trace.local(refused)->sentence, false, 300)));
    f.impact = "The server never read the request: it ends a connection of whoever does not prove "
               "who he is.";
    f.evidence = {at(sent, "sent, and not read"), at(refused, "why the connection ended")};
    f.fixes = fixesOf(TlsTrouble::ClientCertificate);
}

} // namespace

extern const Rule tx_client_certificate;
const Rule tx_client_certificate{"tx-client-certificate",
                                 "The server wants a client certificate",
                                 Severity::Error,
                                 "RFC 8446 section 4.4.2, RFC 3261 section 26.3.1",
                                 "503",
                                 R"(
  own alice
  0.00 alice>proxy INVITE tls offer
* 0.05 local failed code=503 "The peer wants a client certificate, and none was given: it closed the connection (FIN)."
)",
                                 R"(
  own alice
  0.00 alice>proxy INVITE tls offer
  0.05 local failed code=503 "192.0.2.4:5061 closed the connection (FIN) and left the request unanswered."
)",
                                 check};

} // namespace diagnosis::rules
