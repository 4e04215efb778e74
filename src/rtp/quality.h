// SPDX-License-Identifier: Apache-2.0
// What a stream is worth to an ear: MOS by the E-model (ITU-T G.107) from loss and delay, with the
// codec's figures of ITU-T G.113 appendix I. All other inputs are the recommendation's defaults and
// echo is taken for cancelled. Pure.
#pragma once

#include <base/time.h>
#include <optional>
#include <string>
#include <string_view>

namespace rtp {

struct Stream;

/// Equipment impairment of a codec, and how well it stands loss.
struct CodecImpairment {
    std::string_view encoding;
    double ie = 0;
    std::optional<double> bpl; // none published: only a stream without loss can be judged
    std::string_view about;    // which variant the figures are of
    // Of a player that leaves a hole where a packet is missing; none: not published.
    std::optional<double> bareBpl{};
    std::string_view bareAbout{};
};
/// nullptr: no figures of that codec are published for narrow-band telephony (G.722, Opus, L16).
const CodecImpairment *impairmentOf(std::string_view encoding);

struct QualityInput {
    std::string encoding;
    std::optional<double> loss = 0; // 0-1: packets not there when their time came; none: not known
    std::uint64_t expected = 0;     // packets that this was seen of, 0: not told
    bool concealed = true;          // the player makes up for what is missing
    base::Duration jitterBuffer{0}, ptime{0};
    std::optional<base::Duration> roundTrip;
};

struct Quality { // with all that it was reckoned from
    QualityInput input;
    std::optional<double> mos, r; // none: not known, `why` says so
    double ie = 0, bpl = 0;       // of the codec
    double ieEffective = 0;       // Ie,eff: with the loss
    base::Duration delay{0};      // one way, mouth to ear as far as it is known
    double delayImpairment = 0;   // Idd
    std::string why;              // one sentence
};
Quality qualityOf(const QualityInput &input);

/// Of a captured stream, for a receiver that waits twice the mean jitter, at least 40 ms and at
/// most 200 ms, counts what comes late as lost, and conceals it as telephones do: a capture does
/// not show how it was played. What this computer sent itself was seen before the network had it,
/// so that the receiver's RTCP alone tells of it. `back`: the stream the other way, null: none;
/// round trips that were measured from the middle need both.
Quality qualityOf(const Stream &stream, std::string_view encoding, const Stream *back = nullptr);

/// ITU-T G.107 annex B: 1 to 4.5.
double mosOf(double r);

} // namespace rtp
