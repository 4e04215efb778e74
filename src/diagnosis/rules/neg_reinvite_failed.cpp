// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Others have rules of their own, are no refusal, or are repeated by their sender.
bool toldElsewhere(int status)
{
    constexpr std::array kOthers{401, 407, 408, 422, 430, 481, 487, 491};
    return std::find(kOthers.begin(), kOthers.end(), status) != kOthers.end();
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &refused : evidence.call.transactions) {
        if (refused.method != sip::Method::Invite || !refused.inDialog ||
            refused.finalStatus < 400 || toldElsewhere(refused.finalStatus) ||
            !refused.request.valid() || !refused.finalResponse.valid())
            continue;
        auto &f = out.add(
            "neg-reinvite-failed", Severity::Warning, Grade::Seen,
            fmt::format("{} refused the re-INVITE [1] with {} [2]; the session stays as "
                        "it was.",
                        sender(evidence, refused.finalResponse), codeText(refused.finalStatus)));
        f.impact = "Hold, transfer or a new media address did not take effect; a side that acts as "
                   "if it had is not heard.";
        f.evidence = {at(refused.request, "the change"), at(refused.finalResponse, "refused")};
        f.fixes = {{"Go back to the session before, on both sides, and try with what the peer "
                    "accepts.",
                    std::string(senderRole(evidence, refused)), Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_reinvite_failed;
const Rule neg_reinvite_failed{"neg-reinvite-failed",
                               "A change within the call was refused",
                               Severity::Warning,
                               "RFC 6141, RFC 3261 section 14.1",
                               "488",
                               R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
* 9.05 bob>alice 488 tag=b
  9.10 alice>bob ACK tag=b cseq=2
)",
                               R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
  9.05 bob>alice 491 tag=b
  9.10 alice>bob ACK tag=b cseq=2
)",
                               check,
                               Reads::Messages};

} // namespace diagnosis::rules
