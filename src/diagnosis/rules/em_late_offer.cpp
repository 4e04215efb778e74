// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The callee's offer in a reliable provisional makes early media possible (RFC 3262 section 5).
bool offeredEarly(const calls::EarlyDialog &dialog)
{
    for (const auto &reliable : dialog.reliables)
        if (reliable.hasSdp)
            return true;
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.invite.valid() ||
        call.winner >= call.earlyDialogs.size())
        return;
    const auto &dialog = call.earlyDialogs[call.winner];
    // In view from the caller's own INVITE on; a provisional with SDP is
    // em-late-offer-unreliable-sdp.
    if (!dialog.answerSdp.valid() || dialog.firstSdp.valid() || offeredEarly(dialog) ||
        !lacksSdp(evidence, call.invite) || !dialog.alerting)
        return;
    auto &f = out.add("em-late-offer", Severity::Info, Grade::Seen,
                      fmt::format("The INVITE [1] describes no media, and {} made the offer only "
                                  "in its answer [2]: the caller can hear nothing before its ACK.",
                                  sender(evidence, dialog.answerSdp)));
    f.impact = "No announcement or tone of the callee's side is heard, and the first words may be "
               "cut off.";
    f.evidence = {at(call.invite, "no description"), at(dialog.answerSdp, "the offer")};
    f.fixes = {{"Describe the media in the INVITE where the caller is to hear early media.",
                "caller's user agent", Action::None}};
}

} // namespace

extern const Rule em_late_offer;
const Rule em_late_offer{"em-late-offer",
                         "The offer comes with the answer",
                         Severity::Info,
                         "RFC 3261 section 13.2.1, RFC 6337",
                         "183",
                         R"(
  0.00 alice>bob INVITE
  0.20 bob>alice 180 tag=b
* 2.00 bob>alice 200 tag=b sdp=0,8
  2.05 alice>bob ACK tag=b sdp=0
)",
                         R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 180 tag=b
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
)",
                         check,
                         Reads::Messages};

} // namespace diagnosis::rules
