// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/payloads.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnoughPackets = 3;

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &bound : evidence.streams) {
        if (!bound.towardsCaller || !bound.early || bound.astray ||
            bound.certainty == Certainty::Guess)
            continue;
        const auto end = earlyEnd(evidence, bound.earlyDialog);
        for (const auto &payload : payloadsBefore(evidence, bound, end)) {
            if (payload.foreign < kEnoughPackets)
                continue;
            const auto wanted = wantedBefore(evidence, bound, end);
            const std::string what = messageText(evidence, wanted.row);
            auto &f = out.add(
                "em-wrong-pt", Severity::Error, Grade::Seen,
                fmt::format("{} sent {} of early audio with payload type {} [1], but {} names {} "
                            "[2].",
                            bound.stream->source.text(), count(payload.foreign, "packet"),
                            payload.type,
                            what == "INVITE" ? std::string("the offer")
                                             : fmt::format("the caller's description ({})", what),
                            wanted.types));
            f.impact =
                "The caller cannot decode this audio and hears silence or noise before the answer.";
            const auto *const audio = sdpOf(evidence, wanted.row).audio();
            f.evidence = {at(*bound.stream, fmt::format("payload type {}", payload.type)),
                          at(evidence, wanted.row,
                             audio != nullptr ? audio->line : std::string_view(),
                             "the payload types the caller can receive")};
            f.fixes = {{"Send with the payload type numbers of the offer.", "gateway or SBC",
                        Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule em_wrong_pt;
const Rule em_wrong_pt{"em-wrong-pt",
                       "Early audio with a payload type that was not offered",
                       Severity::Error,
                       "RFC 3264 section 5.1",
                       "183",
                       R"(
  0.00 alice>bob INVITE sdp=0,8
  0.20 bob>alice 183 tag=b sdp=8
* 0.30 bob>alice rtp 20 pt=18
  2.00 bob>alice 200 tag=b sdp=8
)",
                       R"(
  0.00 alice>bob INVITE sdp=0,8
  0.20 bob>alice 183 tag=b sdp=8
  0.30 bob>alice rtp 20 pt=8
  2.00 bob>alice 200 tag=b sdp=8
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
