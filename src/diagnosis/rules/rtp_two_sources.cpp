// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kTogether = std::chrono::seconds(2); // a change of source overlaps for less
constexpr std::uint64_t kEnough = 75;               // packets of each meanwhile
constexpr std::size_t kMost = 64;                   // streams that are compared

std::size_t mainType(const rtp::Stream &stream)
{
    const auto &types = stream.payloadTypes;
    return static_cast<std::size_t>(std::max_element(types.begin(), types.end()) - types.begin());
}

/// Who sends more than one source on purpose says so (RFC 5576, RFC 9143).
bool announcesSources(const Evidence &evidence)
{
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(), [&](const auto &r) {
        if (r.original.valid() || !hasSdp(evidence, r.row))
            return false;
        const auto text = sdpOf(evidence, r.row).text;
        return text.find("a=ssrc") != std::string_view::npos ||
               text.find("a=group:BUNDLE") != std::string_view::npos;
    });
}

std::uint64_t cameWithin(const rtp::Stream &stream, base::Instant from, base::Instant until)
{
    return stream.arrivedBefore(until) -
           std::min(stream.arrivedBefore(until), stream.arrivedBefore(from));
}

/// How long both sent to one place from one port, since the answer; zero: not both at once.
base::Duration together(const Evidence &evidence, const BoundStream &one, const BoundStream &other)
{
    const auto &a = *one.stream, &b = *other.stream;
    if (one.towardsCaller != other.towardsCaller || a.source != b.source ||
        a.destination != b.destination || a.ssrc == b.ssrc || mainType(a) != mainType(b))
        return {};
    const auto from = std::max({a.first, b.first, evidence.call.answered});
    auto until = std::min(a.last, b.last);
    if (evidence.call.ended.known())
        until = std::min(until, evidence.call.ended);
    if (until - from < kTogether || cameWithin(a, from, until) < kEnough ||
        cameWithin(b, from, until) < kEnough)
        return {};
    return until - from;
}

void tell(const BoundStream &one, const BoundStream &other, base::Duration lasted, Findings &out)
{
    auto &f = out.add("rtp-two-sources", Severity::Warning, Grade::Likely,
                      fmt::format("{} sends two streams of payload type {} to {} at the same time, "
                                  "for {}: SSRC {:08X} [1] and {:08X} [2].",
                                  one.stream->source.text(), mainType(*one.stream),
                                  one.stream->destination.text(), lasting(lasted), one.stream->ssrc,
                                  other.stream->ssrc));
    f.impact = fmt::format("A telephone that takes one source plays half of it, or jumps between "
                           "the two: the {} hears a garble.",
                           one.towardsCaller ? "caller" : "callee");
    f.evidence = {at(*one.stream, "one"), at(*other.stream, "the other")};
    f.fixes = {{"Send one source per audio line, or mix what is to be heard: look for an "
                "announcement or music that was not stopped, or a second leg on the same port.",
                "gateway or SBC", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    const auto streams = evidence.streams.first(std::min(kMost, evidence.streams.size()));
    for (std::size_t i = 1; i < streams.size(); ++i) {
        if (streams[i].astray || streams[i].certainty == Certainty::Guess)
            continue;
        for (std::size_t k = 0; k < i; ++k) {
            const auto lasted = together(evidence, streams[k], streams[i]);
            if (lasted.count() == 0)
                continue;
            if (!announcesSources(evidence))
                tell(streams[k], streams[i], lasted, out);
            return;
        }
    }
}

} // namespace

extern const Rule rtp_two_sources;
const Rule rtp_two_sources{"rtp-two-sources",
                           "Two sources of audio on one port",
                           Severity::Warning,
                           "RFC 3550 sections 3 and 8",
                           "200",
                           R"(
  answered
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 300
* 2.00 bob>alice rtp 250 ssrc=77
  9.00 alice>bob BYE tag=b
  9.05 bob>alice 200 for=BYE
)",
                           R"(
  answered
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 300
* 1.50 bob>alice UPDATE tag=b reverse cseq=5 sdp=0@bob "a=ssrc:20 cname:x" "a=ssrc:77 cname:x"
* 1.55 alice>bob 200 for=UPDATE sdp=0@alice
  2.00 bob>alice rtp 250 ssrc=77
  9.00 alice>bob BYE tag=b
  9.05 bob>alice 200 for=BYE
)",
                           check};

} // namespace diagnosis::rules
