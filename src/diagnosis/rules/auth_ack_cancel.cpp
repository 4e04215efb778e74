// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Cancel || (t.finalStatus != 401 && t.finalStatus != 407) ||
            !t.request.valid() || !t.finalResponse.valid() || evidence.call.finalStatus == 487)
            continue;
        auto &f =
            out.add("auth-ack-cancel", Severity::Warning, Grade::Seen,
                    fmt::format("{} asks for credentials [2] for a CANCEL [1], which cannot be "
                                "sent again with any: it needs the number of its INVITE.",
                                sender(evidence, t.finalResponse)));
        f.impact = "The call is not cancelled: the callee's telephone goes on ringing.";
        f.evidence = {at(t.request, "the CANCEL"), at(t.finalResponse, "challenged")};
        f.fixes = {{"Take a CANCEL that matches its INVITE without credentials (RFC 3261 section "
                    "22.1).",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule auth_ack_cancel;
const Rule auth_ack_cancel{"auth-ack-cancel",
                           "Credentials for a CANCEL",
                           Severity::Warning,
                           "RFC 3261 section 22.1",
                           "407",
                           R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 180 tag=b
  3.00 alice>proxy CANCEL
* 3.01 proxy>alice 407 tag=p for=CANCEL "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\""
)",
                           R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 180 tag=b
  3.00 alice>proxy CANCEL
  3.01 proxy>alice 200 tag=p for=CANCEL
  3.02 proxy>alice 487 tag=b for=INVITE
  3.03 alice>proxy ACK tag=b
)",
                           check};

} // namespace diagnosis::rules
