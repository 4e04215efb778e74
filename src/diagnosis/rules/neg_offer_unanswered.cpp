// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// A reliable response has the answer, or the offer, before the 2xx.
bool reliablyDescribed(const Evidence &evidence, const calls::Transaction &invite,
                       std::uint32_t toTag)
{
    return std::any_of(invite.responses.begin(), invite.responses.end(), [&](trace::RowId row) {
        const auto &each = evidence.trace.row(row);
        return each.reliable && each.toTag == toTag && hasSdp(evidence, row);
    });
}

/// The ACKs to that 2xx on its hop; empty if one has a description, or cannot be read to its end.
trace::RowId bareAck(const Evidence &evidence, const calls::Transaction &invite)
{
    const auto tag = evidence.trace.row(invite.finalResponse).toTag;
    trace::RowId bare;
    for (const auto &each : evidence.call.transactions) {
        if (each.method != sip::Method::Ack || each.cseq != invite.cseq || !each.request.valid() ||
            evidence.trace.row(each.request).toTag != tag)
            continue;
        if (!lacksSdp(evidence, each.request))
            return {};
        if (each.pair == invite.pair && !bare.valid())
            bare = each.request;
    }
    return bare;
}

/// RFC 3261 section 13.2.2.4: an offer in the 2xx is answered in the ACK.
bool inTwoHundred(const Evidence &evidence, const calls::Transaction &invite, Findings &out)
{
    const auto offer = invite.finalResponse;
    if (!lacksSdp(evidence, invite.request) || !evidence.describesMedia(offer) ||
        reliablyDescribed(evidence, invite, evidence.trace.row(offer).toTag))
        return false;
    const auto ack = bareAck(evidence, invite);
    if (!ack.valid())
        return false;
    auto &f = out.add("neg-offer-unanswered", Severity::Error, Grade::Seen,
                      fmt::format("{} offered in its {} [1] after an INVITE without a description, "
                                  "and the ACK [2] has no answer.",
                                  sender(evidence, offer), codeText(invite.finalStatus)));
    f.impact = "The callee does not know where to send to, and by which codec: the call is silent "
               "or ended.";
    f.evidence = {at(evidence, offer, evidence.message(offer).sdp(), "the offer"),
                  at(ack, "no answer in it")};
    f.fixes = {{"Put the answer into the ACK; where the offer does not suit, answer it and send "
                "BYE.",
                "sender of the INVITE", Action::None}};
    return true;
}

/// RFC 3311 section 5.2 and RFC 3261 section 14.2: the 2xx has the answer. A PRACK offers where the
/// INVITE did (RFC 3262 section 5), else it may have the answer itself.
bool inRequest(const Evidence &evidence, const calls::Transaction &of, Findings &out)
{
    if (!evidence.describesMedia(of.request) || !lacksSdp(evidence, of.finalResponse) ||
        (of.method == sip::Method::Prack && lacksSdp(evidence, evidence.call.invite)) ||
        (of.method == sip::Method::Invite &&
         reliablyDescribed(evidence, of, evidence.trace.row(of.finalResponse).toTag)))
        return false;
    const auto name =
        of.method == sip::Method::Invite ? std::string("re-INVITE") : methodOf(evidence, of);
    auto &f = out.add("neg-offer-unanswered", Severity::Error, Grade::Seen,
                      fmt::format("{} offered in its {} [1], and the {} of {} [2] has no answer.",
                                  sender(evidence, of.request), name, codeText(of.finalStatus),
                                  sender(evidence, of.finalResponse)));
    f.impact =
        "The offer stays open: a hold, another address or codec does not take effect, and no "
        "other offer may follow in this dialog.";
    f.evidence = {at(evidence, of.request, evidence.message(of.request).sdp(), "the offer"),
                  at(of.finalResponse, "no answer in it")};
    f.fixes = {{fmt::format("Put the answer into the 2xx to {}.", name), "sender of the 2xx",
                Action::None},
               {"Change the session by re-INVITE where the peer answers that as it should.",
                "sender of the offer", Action::None}};
    if (of.method == sip::Method::Invite)
        f.fixes.pop_back();
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &each : evidence.call.transactions) {
        const bool invite = each.method == sip::Method::Invite;
        if (each.finalStatus / 100 != 2 || !each.finalResponse.valid() || !each.request.valid())
            continue;
        if (invite && inTwoHundred(evidence, each, out))
            return;
        // The initial INVITE: em-200-no-answer.
        if ((each.method == sip::Method::Update || each.method == sip::Method::Prack ||
             (invite && each.inDialog)) &&
            inRequest(evidence, each, out))
            return;
    }
}

} // namespace

extern const Rule neg_offer_unanswered;
const Rule neg_offer_unanswered{"neg-offer-unanswered",
                                "An offer without an answer",
                                Severity::Error,
                                "RFC 3261 section 13.2.2.4, RFC 3311 section 5.2",
                                "200",
                                R"(
  0.00 alice>bob INVITE
  1.00 bob>alice 200 tag=b offer
* 1.05 alice>bob ACK tag=b
)",
                                R"(
  0.00 alice>bob INVITE
  1.00 bob>alice 200 tag=b offer
  1.05 alice>bob ACK tag=b answer
)",
                                check,
                                Reads::Messages};

} // namespace diagnosis::rules
