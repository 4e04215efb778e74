// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
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
                             Severity::Info,
                             "RFC 5626 section 4.3, RFC 5922 section 7.2",
                             "494",
                             R"(
  own bob
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
* 0.06 bob>edge flow up tls=edge.example.test
)",
                             R"(
  own bob
  0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  0.06 bob>edge flow up tls=edge.example.test verified
)",
                             check};

} // namespace diagnosis::rules
