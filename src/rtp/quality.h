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
};
/// nullptr: no figures of that codec are published for narrow-band telephony (G.722, Opus, L16).
const CodecImpairment *impairmentOf(std::string_view encoding);

struct QualityInput {
    std::string encoding;
    double loss = 0; // 0-1: packets that were not there when their time came
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

/// Of a captured stream: a receiver that waits twice the mean jitter, at least 40 ms and at most
/// 200 ms, and counts what comes later than that as lost.
Quality qualityOf(const Stream &stream, std::string_view encoding);

/// ITU-T G.107 annex B: 1 to 4.5.
double mosOf(double r);

} // namespace rtp
