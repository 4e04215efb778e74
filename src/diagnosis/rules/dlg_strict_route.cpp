// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.inDialog || t.method != sip::Method::Invite || !t.finalResponse.valid() ||
            t.finalStatus / 100 != 2 ||
            !evidence.mayHave(t.finalResponse, sip::HeaderId::RecordRoute))
            continue;
        for (const auto value :
             evidence.message(t.finalResponse).values(sip::HeaderId::RecordRoute)) {
            const auto address = sip::parseNameAddress(value);
            if (!address.ok || address.uri.parameter("lr"))
                continue;
            auto &f = out.add("dlg-strict-route", Severity::Warning, Grade::Seen,
                              fmt::format("The Record-Route of {} [1] has no lr: requests of this "
                                          "dialog are rewritten for it.",
                                          shown(address.uriText)));
            f.impact = "Request-URI and Route change places at such a proxy; whoever does not know "
                       "the old way loses ACK and BYE.";
            f.evidence = {at(evidence, t.finalResponse, value, "no lr")};
            f.fixes = {{"Write ;lr into every Record-Route.", "edge proxy", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule dlg_strict_route;
const Rule dlg_strict_route{"dlg-strict-route",
                            "A proxy of the old kind in the way",
                            Severity::Warning,
                            "RFC 3261 section 16.12",
                            "200",
                            R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4>"
* 1.05 alice>bob ACK tag=b
)",
                            R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr=on>"
  1.05 alice>bob ACK tag=b
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
