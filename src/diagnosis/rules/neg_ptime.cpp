// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdlib>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 100;
constexpr long kTolerance = 5; // ms
constexpr long kUsual = 20;    // RFC 3551 section 4.2: of nearly every codec
constexpr long kLongest = 120; // that some codecs make of their own (RFC 7587 section 3.2.1)
constexpr long kFar = 3;       // times as long, or as short, as agreed

/// The receiver's newest description when the stream ended.
const Described *receiver(const Evidence &evidence, const BoundStream &bound)
{
    return inForce(evidence, bound.earlyDialog, bound.towardsCaller, bound.stream->last);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (stream.ptime.count() == 0 || stream.packets < kEnough ||
            bound.certainty == Certainty::Guess || runsOnAnotherClock(stream))
            continue;
        const auto *const described = receiver(evidence, bound);
        const auto *const audio =
            described != nullptr ? sdpOf(evidence, described->row).audio() : nullptr;
        // Beside video, only what goes to the audio line is audio.
        if (audio == nullptr || (sdpOf(evidence, described->row).media.size() > 1 &&
                                 audio->port != stream.destination.port))
            continue;
        const long took = std::lround(base::toSeconds(stream.ptime) * 1000);
        const bool tooLong = audio->maxptime != 0 && took > audio->maxptime + kTolerance;
        const bool other = audio->ptime != 0 && std::labs(took - audio->ptime) > kTolerance;
        const bool unsaid = audio->ptime == 0 && audio->maxptime == 0 && took > kUsual * kFar;
        if (!tooLong && !other && !unsaid)
            continue;
        const auto asked = tooLong  ? fmt::format("at most {} ms (maxptime)", audio->maxptime)
                           : unsaid ? fmt::format("no packet time, so that {} ms are usual "
                                                  "(RFC 3551)",
                                                  kUsual)
                                    : fmt::format("{} ms (ptime)", audio->ptime);
        // A packet that is somewhat shorter fits everywhere, and ptime is what the receiver would
        // like best.
        const bool bad = tooLong || took > audio->ptime || took * kFar <= audio->ptime;
        auto &f = out.add(
            "neg-ptime", bad && !(unsaid && took <= kLongest) ? Severity::Warning : Severity::Info,
            unsaid ? Grade::Likely : Grade::Seen,
            fmt::format("{} sends {} ms of audio in each packet [1]; its receiver asked for "
                        "{} [2].",
                        stream.source.text(), took, asked));
        f.impact = "Some phones and gateways play packets of another length with gaps, or not at "
                   "all.";
        f.evidence = {at(stream, "what its packets hold"),
                      at(evidence, described->row, audio->line, "what was asked for")};
        f.fixes = {{"Set the same packet time on both sides; send what the other description asks "
                    "for.",
                    "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_ptime;
const Rule neg_ptime{"neg-ptime",
                     "Packets of another length than asked for",
                     Severity::Warning,
                     "RFC 3264 section 6.1, RFC 8866 section 6.4",
                     "200",
                     R"(
  0.00 alice>bob INVITE offer "a=ptime:20"
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 300
* 1.10 bob>alice rtp 300 every=60 size=480 step=480
 35.00 tick
)",
                     R"(
  0.00 alice>bob INVITE offer "a=ptime:20"
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 300
 35.00 tick
)",
                     check};

} // namespace diagnosis::rules
