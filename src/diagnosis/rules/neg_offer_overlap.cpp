// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Both by the same sender in the same dialog, on the same hop.
bool sameSide(const Evidence &evidence, const calls::Transaction &a, const calls::Transaction &b)
{
    const auto &one = evidence.trace.row(a.request), &other = evidence.trace.row(b.request);
    return one.fromTag == other.fromTag && one.toTag == other.toTag && a.pair == b.pair &&
           a.cseq != b.cseq;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto offers = laterOffers(evidence);
    for (const auto *const first : offers)
        for (const auto *const second : offers) {
            // What never ended in this trace may have ended where the capture has a hole.
            if (first == second || !sameSide(evidence, *first, *second) ||
                !first->finalResponse.valid() || second->started <= first->started ||
                second->started >= first->finished)
                continue;
            auto &f = out.add(
                "neg-offer-overlap", Severity::Error, Grade::Seen,
                fmt::format("{} sent a second offer in its {} [2] before its {} [1] was answered "
                            "[3], {} later.",
                            sender(evidence, second->request), methodOf(evidence, *second),
                            methodOf(evidence, *first),
                            lasting(first->finished - second->started)));
            f.impact = "The peer refuses the second with 491 or 500, or both sides end with other "
                       "ideas of the session.";
            f.evidence = {at(first->request, "the first offer"),
                          at(second->request, "a second one"),
                          at(first->finalResponse, "its answer")};
            f.fixes = {{"Wait for the answer to an offer before the next one is sent.",
                        "sender of the message", Action::None}};
            return;
        }
}

} // namespace

extern const Rule neg_offer_overlap;
const Rule neg_offer_overlap{"neg-offer-overlap",
                             "A second offer before the first was answered",
                             Severity::Error,
                             "RFC 3264 section 4, RFC 3311 section 5.1",
                             "491",
                             R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
* 9.10 alice>bob UPDATE tag=b cseq=3 offer
* 9.20 bob>alice 500 for=UPDATE
  9.40 bob>alice 200 answer for=INVITE
  9.45 alice>bob ACK tag=b cseq=2
)",
                             R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
  9.40 bob>alice 200 answer for=INVITE
  9.45 alice>bob ACK tag=b cseq=2
  9.50 alice>bob UPDATE tag=b cseq=3 offer
  9.60 bob>alice 200 answer for=UPDATE
)",
                             check};

} // namespace diagnosis::rules
