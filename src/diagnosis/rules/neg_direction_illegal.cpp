// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool allowed(sip::Direction offered, sip::Direction answered)
{
    using sip::Direction;
    if (offered == Direction::SendRecv || answered == Direction::Inactive)
        return true;
    return (offered == Direction::SendOnly && answered == Direction::RecvOnly) ||
           (offered == Direction::RecvOnly && answered == Direction::SendOnly);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const offered = sdpOf(evidence, offer).audio();
        const auto *const answered = sdpOf(evidence, answer).audio();
        if (offered == nullptr || answered == nullptr || offered->port == 0 ||
            answered->port == 0 || allowed(offered->direction, answered->direction))
            continue;
        auto &f =
            out.add("neg-direction-illegal", Severity::Error, Grade::Seen,
                    fmt::format("{} was offered [1] and {} answered [2] by {}: that is no "
                                "answer to it.",
                                sip::directionText(offered->direction),
                                sip::directionText(answered->direction), sender(evidence, answer)));
        f.impact =
            "Both sides disagree who sends: hold that is not heard as hold, or one-way audio.";
        f.evidence = {at(evidence, offer, offered->line, "the offer"),
                      at(evidence, answer, answered->line, "the answer")};
        f.fixes = {
            {"Answer sendonly with recvonly or inactive, recvonly with sendonly or inactive, "
             "inactive with inactive.",
             "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_direction_illegal;
const Rule neg_direction_illegal{"neg-direction-illegal",
                                 "A direction that the offer does not allow",
                                 Severity::Error,
                                 "RFC 3264 section 6.1",
                                 "488",
                                 R"(
  0.00 alice>bob INVITE sdp=0/sendonly
* 1.00 bob>alice 200 tag=b sdp=0/sendrecv
  1.05 alice>bob ACK tag=b
)",
                                 R"(
  0.00 alice>bob INVITE sdp=0/sendonly
  1.00 bob>alice 200 tag=b sdp=0/recvonly
  1.05 alice>bob ACK tag=b
)",
                                 check,
                                 Reads::Messages};

} // namespace diagnosis::rules
