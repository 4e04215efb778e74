// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !lacksSdp(evidence, call.invite))
        return;
    for (const auto &dialog : call.earlyDialogs) {
        const bool loose = dialog.firstSdp.valid() && !evidence.trace.row(dialog.firstSdp).reliable;
        if (!loose)
            continue;
        auto &f = out.add("em-late-offer-unreliable-sdp", Severity::Warning, Grade::Seen,
                          fmt::format("The INVITE [1] has no description, and {} puts one into an "
                                      "unreliable {} [2]: an offer may only stand in a reliable "
                                      "response.",
                                      sender(evidence, dialog.firstSdp),
                                      codeText(evidence.trace.row(dialog.firstSdp).status)));
        f.impact = "The caller has no way to answer it, so early media cannot be set up by it.";
        f.evidence = {at(call.invite, "a late offer is asked for"),
                      at(evidence, dialog.firstSdp, evidence.message(dialog.firstSdp).sdp(),
                         "the description")};
        f.fixes = {{"Send it reliably (100rel), or wait for the 200.", "callee's user agent",
                    Action::None},
                   {"Put the offer into the INVITE where early media is wanted.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_late_offer_unreliable_sdp;
const Rule em_late_offer_unreliable_sdp{"em-late-offer-unreliable-sdp",
                                        "An offer in a response that may get lost",
                                        Severity::Warning,
                                        "RFC 6337 section 2.2",
                                        "183",
                                        R"(
  0.00 alice>bob INVITE
* 0.20 bob>alice 183 tag=b offer
  2.00 bob>alice 200 tag=b offer
  2.05 alice>bob ACK tag=b answer
)",
                                        R"(
  0.00 alice>bob INVITE
  0.20 bob>alice 180 tag=b
  2.00 bob>alice 200 tag=b offer
  2.05 alice>bob ACK tag=b answer
)",
                                        check,
                                        Reads::Messages};

} // namespace diagnosis::rules
