// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLongEnough = std::chrono::seconds(2);

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || call.state != calls::State::Failed ||
        call.finalStatus < 400 || call.finalStatus == 487 || !call.finalResponse.valid())
        return;
    const auto end = evidence.time(call.finalResponse);
    const BoundStream *longest = nullptr;
    const auto heard = [&](const BoundStream &b) {
        return std::min(b.stream->last, end) - b.stream->first;
    };
    for (const auto &bound : evidence.streams)
        if (bound.towardsCaller && bound.stream->first < end && heard(bound) > kLongEnough &&
            (longest == nullptr || heard(bound) > heard(*longest)))
            longest = &bound;
    if (longest == nullptr)
        return;
    const auto &reason = evidence.message(call.finalResponse).value(sip::HeaderId::Reason);
    auto &f = out.add(
        "em-announcement-then-fail", Severity::Info, Grade::Seen,
        fmt::format("{} of early audio came from {} [1] before the call failed with {} [2]{}.",
                    lasting(heard(*longest)), longest->stream->source.text(),
                    codeText(call.finalStatus),
                    reason.empty() ? std::string() : fmt::format(", Reason: {}", shown(reason))));
    f.impact = "The spoken announcement often says more about the cause than the code; callers who "
               "do not get the audio "
               "only see the failure.";
    f.evidence = {at(*longest->stream, "audio before the final response"),
                  at(evidence, call.finalResponse, sip::HeaderId::Reason, "how the call ended")};
    f.fixes = {{"Listen to the early audio and compare it with the code and the Reason header.",
                "operator", Action::None}};
}

} // namespace

extern const Rule em_announcement_then_fail;
const Rule em_announcement_then_fail{"em-announcement-then-fail",
                                     "Announcement, then failure",
                                     Severity::Info,
                                     "RFC 3326, RFC 3960 section 3",
                                     "183",
                                     R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
* 0.30 bob>alice rtp 150
* 4.00 bob>alice 404 tag=b "Reason: Q.850;cause=1"
  4.05 alice>bob ACK tag=b
)",
                                     R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
  0.30 bob>alice rtp 150
  4.00 bob>alice 200 tag=b answer
  4.05 alice>bob ACK tag=b
)",
                                     check,
                                     Reads::Messages};

} // namespace diagnosis::rules
