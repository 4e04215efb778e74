// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 250; // packets: five seconds
constexpr double kMuch = 0.01, kTooMuch = 0.05;

/// Packets that are missing though there was time to send them: a sender that begins anew, behind a
/// pause or without one, leaves numbers out that it never sent.
std::uint64_t missing(const rtp::Stream &stream)
{
    if (stream.sequenceResets != 0 || stream.expected < kEnough || stream.ptime.count() <= 0)
        return 0;
    const auto fits = static_cast<std::uint64_t>((stream.last - stream.first) / stream.ptime) + 1;
    const auto pause = static_cast<std::uint64_t>(stream.maxGap / stream.ptime);
    const bool sent = stream.expected <= fits + fits / 20;
    return sent && stream.lost > pause ? stream.lost - pause : 0;
}

double lossOf(const rtp::Stream &stream)
{
    return stream.expected == 0
               ? 0
               : static_cast<double>(missing(stream)) / static_cast<double>(stream.expected);
}

void check(const Evidence &evidence, Findings &out)
{
    const BoundStream *worst = nullptr;
    for (const auto &bound : evidence.streams)
        if (bound.certainty != Certainty::Guess &&
            (worst == nullptr || lossOf(*bound.stream) > lossOf(*worst->stream)))
            worst = &bound;
    if (worst == nullptr || lossOf(*worst->stream) <= kMuch)
        return;
    const auto &stream = *worst->stream;
    const double loss = lossOf(stream);
    auto &f = out.add("rtp-loss", loss > kTooMuch ? Severity::Error : Severity::Warning,
                      ownCall(evidence) ? Grade::Seen : Grade::Likely,
                      fmt::format("{} of {} that {} sent are missing here ({:.1f} %) [1].",
                                  missing(stream), count(stream.expected, "packet"),
                                  stream.source.text(), loss * 100));
    f.impact = fmt::format("The {} hears gaps{}.", worst->towardsCaller ? "caller" : "callee",
                           loss > kTooMuch ? " and hardly understands" : "");
    f.evidence = {at(stream, "numbers that are missing")};
    f.fixes = {{"Look for a full line, Wi-Fi or a policer between the sender and here; give voice "
                "its own queue (DSCP EF).",
                "operator", Action::None},
               {"Make sure that the capture itself lost nothing: its own count of dropped packets.",
                "who captures", Action::None}};
}

} // namespace

extern const Rule rtp_loss;
const Rule rtp_loss{"rtp-loss",
                    "Packets of the audio are missing",
                    Severity::Error,
                    "RFC 3550 appendix A.3",
                    "200",
                    R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 100
* 3.30 bob>alice rtp 90 sequence=110
* 5.30 bob>alice rtp 90 sequence=210
* 7.30 bob>alice rtp 90 sequence=310
* 9.30 bob>alice rtp 90 sequence=410
 35.00 tick
)",
                    R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 600
  1.10 bob>alice rtp 100
  3.30 bob>alice rtp 90 sequence=100
  5.30 bob>alice rtp 90 sequence=190
  7.30 bob>alice rtp 90 sequence=280
  9.30 bob>alice rtp 90 sequence=370
 35.00 tick
)",
                    check};

} // namespace diagnosis::rules
