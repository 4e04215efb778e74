// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/both_ways.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLong = std::chrono::seconds(10), kVeryLong = std::chrono::seconds(30);
constexpr double kSilent = -60, kTalk = -45; // dBFS

struct Loudest {
    const BoundStream *bound = nullptr;
    double level = -96;
    bool known = false; // every stream of the direction can be judged
};

/// Of a direction within the talk.
Loudest loudestOf(const Evidence &evidence, bool towardsCaller, const Session &session,
                  base::Instant end)
{
    Loudest out;
    for (const auto &bound : evidence.streams) {
        if (bound.towardsCaller != towardsCaller || bound.stream->last <= session.since)
            continue;
        const auto cell = bound.stream->loudness.loudest(session.since, end);
        const bool judged = bound.stream->levelKnown && bound.certainty != Certainty::Guess &&
                            cell.known == rtp::Loudness::Known::Level;
        out.known = judged && (out.bound == nullptr || out.known);
        if (out.bound == nullptr || cell.level > out.level)
            out = {&bound, cell.level, out.known};
    }
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.answered.known() || evidence.streams.size() < 2)
        return;
    const auto end = endOfTalk(evidence);
    const auto session = bothWays(evidence, end);
    if (!session || end - session->since < kLong)
        return;
    const Loudest ways[] = {loudestOf(evidence, true, *session, end),
                            loudestOf(evidence, false, *session, end)};
    for (int i = 0; i < 2; ++i) {
        const auto &quiet = ways[i], &other = ways[1 - i];
        if (!quiet.known || !other.known || quiet.level > kSilent || other.level < kTalk ||
            quiet.bound->stream->outgoing) // what is sent from here is chosen here
            continue;
        const auto &stream = *quiet.bound->stream;
        const auto lasted = stream.last - std::max(stream.first, session->since);
        if (lasted < kLong)
            continue;
        auto &f = out.add(
            "rtp-level", lasted >= kVeryLong ? Severity::Warning : Severity::Info, Grade::Seen,
            fmt::format("{} sent nothing but silence for {} [1], while the other side was heard "
                        "[2].",
                        stream.source.text(), lasting(lasted)));
        f.impact = fmt::format("The {} hears nobody, though packets arrive.",
                               quiet.bound->towardsCaller ? "caller" : "callee");
        f.evidence = {at(stream, "no sound in any packet"),
                      at(*other.bound->stream, "the other side")};
        f.fixes = {
            {"Check the microphone, its mute switch and the recording device.",
             quiet.bound->towardsCaller ? "callee's user agent" : "caller's user agent",
             Action::None},
            {"Look for a gateway that joins the wrong channel, or fills in silence for media "
             "that it cannot decrypt or decode.",
             "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rtp_level;
const Rule rtp_level{"rtp-level",
                     "One side sends silence all the time",
                     Severity::Warning,
                     "RFC 3550, ITU-T G.711",
                     "200",
                     R"(
  answered
  1.10 alice>bob rtp 1800
* 1.10 bob>alice rtp 1800 silent
 38.00 alice>bob BYE tag=b
 38.05 bob>alice 200 for=BYE
)",
                     R"(
  answered
  1.10 alice>bob rtp 1800
  1.10 bob>alice rtp 1800
 38.00 alice>bob BYE tag=b
 38.05 bob>alice 200 for=BYE
)",
                     check,
                     Reads::Messages};

} // namespace diagnosis::rules
