// SPDX-License-Identifier: Apache-2.0
#include <rtp/quality.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <cmath>
#include <fmt/format.h>
#include <rtp/stream_table.h>

namespace rtp {
namespace {

using namespace std::chrono_literals;
constexpr double kBest = 93.2; // Ro - Is with every input at its default (G.107 table 2)
constexpr base::Duration kShortestWait = 40ms, kLongestWait = 200ms;

// ITU-T G.113 appendix I, tables I.1 and I.2.
constexpr std::array<CodecImpairment, 6> kImpairments{{
    {"PCMU", 0, 25.1, "G.711 with loss concealment (G.711 appendix I)"},
    {"PCMA", 0, 25.1, "G.711 with loss concealment (G.711 appendix I)"},
    {"G729", 11, 19.0, "G.729A with VAD"},
    {"G723", 15, 16.1, "G.723.1 at 6.3 kbit/s with VAD"},
    {"GSM-EFR", 5, 10.0, "GSM 06.60"},
    {"GSM", 20, std::nullopt, "GSM 06.10"},
}};

/// Idd: delay alone, without echo. Nothing up to 100 ms.
double delayImpairment(base::Duration oneWay)
{
    const double ms = base::toMilliseconds(oneWay);
    if (ms <= 100)
        return 0;
    const double x = std::log2(ms / 100);
    return 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) -
                 3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
}

std::string explain(const Quality &quality, const CodecImpairment &codec)
{
    const std::string trip = quality.input.roundTrip
                                 ? fmt::format("half of {:.0f} ms round trip",
                                               base::toMilliseconds(*quality.input.roundTrip))
                                 : "the network's own delay is not known";
    return fmt::format(
        "MOS {:.1f} (R {:.0f}): {:.1f} % lost costs {:.0f}, {:.0f} ms delay costs {:.0f} ({} ms "
        "jitter buffer, {}); figures of {}.",
        *quality.mos, *quality.r, 100 * quality.input.loss, quality.ieEffective,
        base::toMilliseconds(quality.delay), quality.delayImpairment,
        quality.input.jitterBuffer / 1ms, trip, codec.about);
}

} // namespace

const CodecImpairment *impairmentOf(std::string_view encoding)
{
    const auto *const found =
        std::find_if(kImpairments.begin(), kImpairments.end(), [encoding](const auto &each) {
            return base::equalsNoCase(each.encoding, encoding);
        });
    return found == kImpairments.end() ? nullptr : &*found;
}

double mosOf(double r)
{
    if (r <= 0)
        return 1;
    if (r >= 100)
        return 4.5;
    return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

Quality qualityOf(const QualityInput &input)
{
    Quality out;
    out.input = input;
    out.input.loss = std::clamp(input.loss, 0.0, 1.0);
    out.delay = input.jitterBuffer + input.ptime + input.roundTrip.value_or(0ns) / 2;
    out.delayImpairment = delayImpairment(out.delay);
    const CodecImpairment *codec = impairmentOf(input.encoding);
    if (codec == nullptr) {
        out.why = input.encoding.empty()
                      ? "The codec is not known, so no MOS can be reckoned."
                      : fmt::format("ITU-T G.113 has no figures of {} for the E-model, so no MOS "
                                    "can be reckoned.",
                                    base::printable(input.encoding, false, 40));
        return out;
    }
    out.ie = out.ieEffective = codec->ie;
    out.bpl = codec->bpl.value_or(0);
    if (out.input.loss > 0) {
        if (!codec->bpl) {
            out.why = fmt::format("ITU-T G.113 does not say how {} stands loss, and packets were "
                                  "lost, so no MOS can be reckoned.",
                                  codec->about);
            return out;
        }
        const double percent = 100 * out.input.loss; // lost at random: BurstR is 1
        out.ieEffective = codec->ie + (95 - codec->ie) * percent / (percent + *codec->bpl);
    }
    out.r = std::max(0.0, kBest - out.delayImpairment - out.ieEffective);
    out.mos = mosOf(*out.r);
    out.why = explain(out, *codec);
    return out;
}

Quality qualityOf(const Stream &stream, std::string_view encoding)
{
    QualityInput input;
    input.encoding = std::string(encoding);
    const std::uint64_t missing = stream.lost + std::min(stream.late, stream.packets);
    if (stream.expected > 0)
        input.loss = static_cast<double>(missing) / static_cast<double>(stream.expected);
    input.jitterBuffer = std::clamp(2 * stream.meanJitter, base::Duration(kShortestWait),
                                    base::Duration(kLongestWait));
    input.ptime = stream.ptime;
    for (const RemoteReport &report : stream.reports)
        if (report.roundTrip)
            input.roundTrip = report.roundTrip;
    return qualityOf(input);
}

} // namespace rtp
