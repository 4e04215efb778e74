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
constexpr std::uint64_t kEnough = 25; // packets: half a second of 20 ms, one lost is 4 %

// ITU-T G.113 appendix I, tables I.1 and I.2.
constexpr std::array<CodecImpairment, 6> kImpairments{{
    {"PCMU", 0, 25.1, "G.711 with loss concealment (G.711 appendix I)", 4.3,
     "G.711 without loss concealment"},
    {"PCMA", 0, 25.1, "G.711 with loss concealment (G.711 appendix I)", 4.3,
     "G.711 without loss concealment"},
    {"G729", 11, 19.0, "G.729A with VAD", std::nullopt, "G.729A without loss concealment"},
    {"G723", 15, 16.1, "G.723.1 at 6.3 kbit/s with VAD", std::nullopt,
     "G.723.1 without loss concealment"},
    {"GSM-EFR", 5, 10.0, "GSM 06.60", std::nullopt, "GSM 06.60 without loss concealment"},
    {"GSM", 20, std::nullopt, "GSM 06.10", std::nullopt, "GSM 06.10 without loss concealment"},
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

std::string explain(const Quality &quality, std::string_view about)
{
    const std::string trip = quality.input.roundTrip
                                 ? fmt::format("half of {:.0f} ms round trip",
                                               base::toMilliseconds(*quality.input.roundTrip))
                                 : "the network's own delay is not known";
    return fmt::format(
        "MOS {:.1f} (R {:.0f}): {:.1f} % lost costs {:.0f}, {:.0f} ms delay costs {:.0f} ({} ms "
        "jitter buffer, {}); figures of {}.",
        *quality.mos, *quality.r, 100 * *quality.input.loss, quality.ieEffective,
        base::toMilliseconds(quality.delay), quality.delayImpairment,
        quality.input.jitterBuffer / 1ms, trip, about);
}

/// Why no MOS can be told whatever the codec, empty: one can.
std::string whyNot(const QualityInput &input)
{
    if (!input.loss)
        return "This was sent from here, and the receiver did not say by RTCP what arrived of it, "
               "so no MOS can be reckoned.";
    if (input.expected != 0 && input.expected < kEnough)
        return fmt::format("{} packet{} are too few for a MOS.", input.expected,
                           input.expected == 1 ? "" : "s");
    return {};
}

std::optional<base::Duration> lastTrip(const Stream *stream)
{
    std::optional<base::Duration> out;
    if (stream != nullptr)
        for (const RemoteReport &report : stream->reports)
            out = report.roundTrip ? report.roundTrip : out;
    return out;
}

/// A report's trip goes from where the packets were seen to the receiver and back: of our own calls
/// all the way for what we send and none of it for what we receive, of captures a part.
std::optional<base::Duration> wholeTrip(const Stream &stream, const Stream *back)
{
    if (stream.origin != base::Origin::Capture)
        return lastTrip(stream.outgoing ? &stream : back);
    const auto there = lastTrip(&stream), here = lastTrip(back);
    return there && here ? std::optional(*there + *here) : std::nullopt;
}

/// Loss and jitter as the receiver of our own stream has them.
void takeReports(const Stream &stream, QualityInput &input)
{
    input.loss.reset();
    input.expected = 0;
    if (stream.reports.empty())
        return;
    const RemoteReport &last = stream.reports.back();
    // What had been sent by then: packets go at a steady pace.
    const double span = base::toSeconds(stream.last - stream.first);
    const double share =
        span > 0 ? std::clamp(base::toSeconds(last.at - stream.first) / span, 0.0, 1.0) : 1.0;
    const double sent = static_cast<double>(stream.expected) * share;
    if (sent < 1)
        return;
    input.expected = static_cast<std::uint64_t>(sent);
    input.loss = std::max(0, last.lost) / sent;
    input.jitterBuffer = 2 * last.jitter;
}

/// Whose count the loss is, for it differs from what the same report says of its last interval.
std::string countedBy(const RemoteReport &last, std::uint64_t expected)
{
    return fmt::format(" The loss is the receiver's own count by RTCP: {} of about {} packets in "
                       "all, {:.1f} % of those since its report before, and no more than that is "
                       "known of what came too late there.",
                       std::max(0, last.lost), expected, 100 * last.fractionLost);
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
    if (input.loss)
        out.input.loss = std::clamp(*input.loss, 0.0, 1.0);
    out.delay = input.jitterBuffer + input.ptime + input.roundTrip.value_or(0ns) / 2;
    out.delayImpairment = delayImpairment(out.delay);
    out.why = whyNot(input);
    if (!out.why.empty())
        return out;
    const CodecImpairment *codec = impairmentOf(input.encoding);
    if (codec == nullptr) {
        out.why = input.encoding.empty()
                      ? "The codec is not known, so no MOS can be reckoned."
                      : fmt::format("ITU-T G.113 has no figures of {} for the E-model, so no MOS "
                                    "can be reckoned.",
                                    base::printable(input.encoding, false, 40));
        return out;
    }
    const auto bpl = input.concealed ? codec->bpl : codec->bareBpl;
    const auto about = input.concealed ? codec->about : codec->bareAbout;
    out.ie = out.ieEffective = codec->ie;
    out.bpl = bpl.value_or(0);
    if (*out.input.loss > 0) {
        if (!bpl) {
            out.why = fmt::format("ITU-T G.113 does not say how {} stands loss, and packets were "
                                  "lost, so no MOS can be reckoned.",
                                  about);
            return out;
        }
        const double percent = 100 * *out.input.loss; // lost at random: BurstR is 1
        out.ieEffective = codec->ie + (95 - codec->ie) * percent / (percent + *bpl);
    }
    out.r = std::max(0.0, kBest - out.delayImpairment - out.ieEffective);
    out.mos = mosOf(*out.r);
    out.why = explain(out, about);
    return out;
}

Quality qualityOf(const Stream &stream, std::string_view encoding, const Stream *back)
{
    QualityInput input;
    input.encoding = std::string(encoding);
    input.expected = stream.expected;
    input.ptime = stream.ptime;
    input.jitterBuffer = 2 * stream.meanJitter;
    if (stream.outgoing)
        takeReports(stream, input);
    else if (stream.expected > 0)
        input.loss = static_cast<double>(stream.lost + std::min(stream.late, stream.packets)) /
                     static_cast<double>(stream.expected);
    input.jitterBuffer =
        std::clamp(input.jitterBuffer, base::Duration(kShortestWait), base::Duration(kLongestWait));
    input.roundTrip = wholeTrip(stream, back);
    Quality out = qualityOf(input);
    if (stream.outgoing && !stream.reports.empty() && out.mos)
        out.why += countedBy(stream.reports.back(), input.expected);
    return out;
}

} // namespace rtp
