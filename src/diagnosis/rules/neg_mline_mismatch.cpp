// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/sdp_fault.h>

namespace diagnosis::rules {
namespace {

/// What is wrong, one clause; empty: nothing. Line for line, a refused one has port 0.
std::string mismatch(const sip::Sdp &offer, const sip::Sdp &answer)
{
    if (offer.media.size() != answer.media.size())
        return fmt::format("{} stand against {}", count(answer.media.size(), "media line"),
                           count(offer.media.size(), "offered one"));
    for (std::size_t i = 0; i < offer.media.size(); ++i)
        if (!base::equalsNoCase(offer.media[i].type, answer.media[i].type))
            return fmt::format("line {} is {} where {} was offered", i + 1,
                               shown(answer.media[i].type), shown(offer.media[i].type));
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto why = mismatch(sdpOf(evidence, offer), sdpOf(evidence, answer));
        // What cannot be read is neg-sdp-malformed's.
        if (why.empty() || !sip::audioFault(sdpOf(evidence, answer)).empty())
            continue;
        auto &f = out.add("neg-mline-mismatch", Severity::Error, Grade::Seen,
                          fmt::format("The description in the {} of {} [2] does not answer the one "
                                      "in the {} [1] line for line: {}.",
                                      messageText(evidence, answer), sender(evidence, answer),
                                      messageText(evidence, offer), why));
        f.impact = "The offerer cannot tell which answer belongs to which stream; many drop the "
                   "call or one of its media.";
        f.evidence = {at(evidence, offer, evidence.message(offer).sdp(), "the offer"),
                      at(evidence, answer, evidence.message(answer).sdp(), "the answer")};
        f.fixes = {{"Answer every media line in its place, with port 0 where it is refused.",
                    "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_mline_mismatch;
const Rule neg_mline_mismatch{"neg-mline-mismatch",
                              "An answer does not match the lines of its offer",
                              Severity::Error,
                              "RFC 3264 section 6",
                              "488",
                              R"(
  0.00 alice>bob INVITE offer "m=video 6000 RTP/AVP 34"
* 1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
)",
                              R"(
  0.00 alice>bob INVITE offer "m=video 6000 RTP/AVP 34"
  1.00 bob>alice 200 tag=b answer "m=video 0 RTP/AVP 34"
  1.05 alice>bob ACK tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
