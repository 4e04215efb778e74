// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/sdp_fault.h>

namespace diagnosis::rules {
namespace {

/// RFC 3264 section 6 refuses a line with port 0; fax or video may have been taken instead.
bool everythingRefused(const sip::Sdp &answer)
{
    return std::all_of(answer.media.begin(), answer.media.end(),
                       [](const auto &m) { return m.port == 0; });
}

/// An ACK or PRACK answers a late offer, and the caller answers what the callee offers later.
bool answeredByCaller(const Evidence &evidence, trace::RowId answer)
{
    const auto &row = evidence.trace.row(answer);
    return evidence.trace.tag(row.status == 0 ? row.fromTag : row.toTag) == evidence.call.fromTag;
}

bool judge(const Evidence &evidence, trace::RowId offerRow, trace::RowId answerRow, Findings &out)
{
    const auto &offer = sdpOf(evidence, offerRow), &answer = sdpOf(evidence, answerRow);
    const auto *const offered = offer.audio(), *const answered = answer.audio();
    if (offered == nullptr || answered == nullptr || offered->port == 0 ||
        (answered->port != 0 && shareCodec(*offered, *answered)) ||
        !sip::audioFault(offer).empty() || !sip::audioFault(answer).empty())
        return false;
    std::string text;
    if (answered->port == 0) {
        if (!everythingRefused(answer))
            return false;
        text = fmt::format("{} refused the audio with port 0 [2]; offered were {} [1].",
                           sender(evidence, answerRow), speechCodecs(*offered));
    } else {
        text = fmt::format("{} answered with {} [2], of which the offer names none: {} [1].",
                           sender(evidence, answerRow), speechCodecs(*answered),
                           speechCodecs(*offered));
    }
    auto &f = out.add("neg-no-common-codec", Severity::Error, Grade::Seen, std::move(text));
    f.impact = "No audio in either direction, although the signalling looks like a good call.";
    f.evidence = {at(evidence, offerRow, offered->line, "the offer"),
                  at(evidence, answerRow, answered->line, "the answer")};
    const bool byCaller = answeredByCaller(evidence, answerRow);
    f.fixes = {
        {"Offer a codec that both sides have; PCMU and PCMA are understood nearly everywhere.",
         byCaller ? "callee's user agent" : "caller's user agent",
         outgoingCall(evidence) ? Action::CallAgain : Action::None},
        {byCaller ? "Answer only with codecs of the offer."
                  : "Answer only with codecs of the offer, or refuse with 488.",
         byCaller ? "caller's user agent" : "callee's user agent", Action::None}};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence))
        if (judge(evidence, offer, answer, out))
            return;
}

} // namespace

extern const Rule neg_no_common_codec;
const Rule neg_no_common_codec{"neg-no-common-codec",
                               "Offer and answer share no codec",
                               Severity::Error,
                               "RFC 3264 section 6",
                               "488",
                               R"(
  0.00 alice>bob INVITE sdp=8,101
* 1.00 bob>alice 200 tag=b sdp=18,101
  1.05 alice>bob ACK tag=b
)",
                               R"(
  0.00 alice>bob INVITE sdp=8,18,101
  1.00 bob>alice 200 tag=b sdp=18,101
  1.05 alice>bob ACK tag=b
)",
                               check,
                               Reads::Messages};

} // namespace diagnosis::rules
