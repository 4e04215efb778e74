// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 250;
constexpr auto kMuch = std::chrono::milliseconds(30), kTooMuch = std::chrono::milliseconds(60);

/// Of a stream whose timestamps keep the pace of its packets: else the sender is odd, not the way.
bool measurable(const rtp::Stream &stream)
{
    const auto main = *std::max_element(stream.payloadTypes.begin(), stream.payloadTypes.end());
    const bool even =
        main * std::uint64_t{50} > stream.packets * 49; // digits have times of their own
    return stream.packets >= kEnough && even && stream.sequenceResets == 0 && !paceDiffers(stream);
}

void check(const Evidence &evidence, Findings &out)
{
    const rtp::Stream *worst = nullptr;
    bool towardsCaller = true;
    for (const auto &bound : evidence.streams)
        if (bound.certainty != Certainty::Guess && measurable(*bound.stream) &&
            (worst == nullptr || bound.stream->meanJitter > worst->meanJitter)) {
            worst = bound.stream.get();
            towardsCaller = bound.towardsCaller;
        }
    if (worst == nullptr || worst->meanJitter <= kMuch)
        return;
    const bool bad = worst->meanJitter > kTooMuch;
    auto &f = out.add("rtp-jitter", bad ? Severity::Error : Severity::Warning,
                      ownCall(evidence) ? Grade::Seen : Grade::Likely,
                      fmt::format("The packets of {} [1] arrive unevenly: {} of jitter on average, "
                                  "{} at worst.",
                                  worst->source.text(), lasting(worst->meanJitter),
                                  lasting(worst->maxJitter)));
    f.impact = fmt::format("The {} hears gaps, or the words later than they are spoken: its jitter "
                           "buffer has to wait.",
                           towardsCaller ? "caller" : "callee");
    f.evidence = {at(*worst, "jitter by RFC 3550")};
    f.fixes = {{"Look for a line that is shared with bulk traffic, or Wi-Fi; give voice its own "
                "queue (DSCP EF).",
                "operator", Action::None}};
}

} // namespace

extern const Rule rtp_jitter;
const Rule rtp_jitter{"rtp-jitter",
                      "Packets arrive unevenly",
                      Severity::Error,
                      "RFC 3550 section 6.4.1",
                      "200",
                      R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 600
* 1.10 bob>alice rtp 600 shaken=90
 35.00 tick
)",
                      R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 600 shaken=9
 35.00 tick
)",
                      check};

} // namespace diagnosis::rules
