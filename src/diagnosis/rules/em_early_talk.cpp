// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <rtp/heard.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostDialogs = 16; // that are looked at
constexpr auto kLong = std::chrono::seconds(10);
constexpr std::uint64_t kEnough = 250; // packets of ten seconds, with pauses

/// How long somebody is heard to speak in the stream before `end`.
base::Duration speechIn(const rtp::Stream &stream, base::Instant end)
{
    base::Duration spoken{0};
    if (stream.tape)
        for (const auto &part : stream.tape->parts(end))
            if (part.what == rtp::Sound::Speech)
                spoken += part.to - part.from;
    return spoken;
}

/// Loud for that long: listening costs much, and is for those who may have something to say.
bool mayTalk(const rtp::Stream &stream, base::Instant end)
{
    if (!stream.tape || stream.arrivedBefore(end) < kEnough)
        return false;
    base::Duration loud{0};
    for (const auto &span : stream.spans)
        if (!span.silent && span.from < end)
            loud += std::min(span.to, end) - span.from;
    return loud >= kLong;
}

const BoundStream *talker(const Evidence &evidence, std::uint32_t dialog, bool towardsCaller,
                          base::Instant end)
{
    for (const auto &bound : evidence.streams)
        if (bound.stream && bound.towardsCaller == towardsCaller && !bound.astray &&
            (bound.earlyDialog == dialog || !towardsCaller) && mayTalk(*bound.stream, end))
            return &bound;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !evidence.listens)
        return;
    for (std::uint32_t i = 0; i < std::min(call.earlyDialogs.size(), kMostDialogs); ++i) {
        const auto &dialog = call.earlyDialogs[i];
        const auto end = earlyEnd(evidence, i);
        if (!dialog.firstSdp.valid() || end - dialog.since < kLong)
            continue;
        const auto *const back = talker(evidence, i, true, end);
        const auto *const forth = back != nullptr ? talker(evidence, i, false, end) : nullptr;
        if (forth == nullptr || speechIn(*forth->stream, end) < kLong ||
            speechIn(*back->stream, end) < kLong)
            continue;
        auto &f = out.add(
            "em-early-talk", Severity::Warning, Grade::Likely,
            fmt::format(
                "Both sides spoke for more than {} in early media [2][3], before any answer "
                "to the INVITE [1].",
                lasting(kLong)));
        f.impact = "A conversation that nobody bills: the gateway does not report that the callee "
                   "picked up, or somebody makes use of that.";
        f.evidence = {at(call.invite, "not answered yet"),
                      at(*back->stream, "speech of the callee"),
                      at(*forth->stream, "speech of the caller")};
        f.fixes = {
            {"Send 200 as soon as the callee has answered; look at the answer supervision of "
             "the line behind.",
             "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_early_talk;
const Rule em_early_talk{"em-early-talk",
                         "A conversation before the answer",
                         Severity::Warning,
                         "RFC 3960 section 6",
                         "183",
                         R"(
  0.00 alice>gw INVITE offer
  0.20 gw>alice 183 tag=g answer
  0.50 gw>alice rtp 1000 spoken
* 0.50 alice>gw rtp 1000 spoken
 21.00 gw>alice 200 tag=g answer
 21.05 alice>gw ACK tag=g
)",
                         R"(
  0.00 alice>gw INVITE offer
  0.20 gw>alice 183 tag=g answer
  0.50 gw>alice rtp 1000 spoken
  0.50 alice>gw rtp 1000 silent
 21.00 gw>alice 200 tag=g answer
 21.05 alice>gw ACK tag=g
)",
                         check};

} // namespace diagnosis::rules
