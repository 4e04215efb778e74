// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <diagnosis/tls_refusal.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// No flow came to be, because we did not take what the edge showed.
bool tellsRefused(const Evidence &evidence, Findings &out)
{
    const auto refused = lastTlsTrouble(evidence, TlsTrouble::ServerCertificate);
    if (evidence.call.kind != calls::Kind::Registration || !refused.valid() ||
        !registersFlow(evidence))
        return false;
    auto &f =
        out.add("flow-tls-identity", Severity::Error, Grade::Seen,
                fmt::format("No flow to the edge came up, because its certificate was refused [1]: "
                            "{}",
                            base::printable(evidence.trace.local(refused)->sentence, false, 300)));
    f.impact = "Nothing was sent over it, so the account is not registered there. Trying again "
               "changes nothing: somebody has to act.";
    f.evidence = {at(refused, "why it was refused")};
    f.fixes = fixesOf(TlsTrouble::ServerCertificate);
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    if (tellsRefused(evidence, out))
        return;
    for (const auto *const flow : flowsOf(evidence)) {
        if (!flow->ours || flow->report.tls.empty() || flow->report.tlsVerified ||
            !base::isRegistered(flow->report.state))
            continue;
        auto &f = out.add("flow-tls-identity", Severity::Info, Grade::Seen,
                          fmt::format("The flow to {} [1] is up over TLS although the certificate "
                                      "does not prove who is there ({}).",
                                      shown(flow->report.edge), shown(flow->report.tls)));
        f.impact = "Whoever stands between could read and change the calls over this flow; a user "
                   "agent that keeps to RFC 5626 does not use such a connection again.";
        f.evidence = {at(*flow, "its certificate was not accepted")};
        f.fixes = {{"Give the edge a certificate that names its host, is not out of date and comes "
                    "from an authority that the user agents know.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_tls_identity;
const Rule flow_tls_identity{"flow-tls-identity",
                             "A flow over TLS to somebody unproven",
                             Severity::Error,
                             "RFC 5626 section 4.3, RFC 5922 section 7",
                             "494",
                             R"(
  own bob
  0.00 bob>edge flow registering call=r1
* 0.05 local failed call=r1 "The certificate names other.example.test, not edge.example.test (RFC 5922 section 7.2)."
  0.06 bob>edge REGISTER tls call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tls>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
)",
                             R"(
  own bob
  0.00 bob>edge flow registering call=r1
  0.05 local failed call=r1 "192.0.2.2:5061 did not answer the TLS handshake."
  0.06 bob>edge REGISTER tls call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tls>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.07 edge>bob 200 tls call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tls>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  0.08 bob>edge flow up tls=edge.example.test verified
)",
                             check};

} // namespace diagnosis::rules
