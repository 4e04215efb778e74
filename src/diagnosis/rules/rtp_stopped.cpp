// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/both_ways.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSilence = std::chrono::seconds(10); // longer than two sides pause at once
constexpr auto kTogether = std::chrono::seconds(2);
constexpr std::uint64_t kEnough = 50;

/// The last packet of a direction, of whatever stream.
struct Last {
    const rtp::Stream *stream = nullptr;
    std::uint64_t packets = 0;
};

void note(Last &last, const rtp::Stream &stream)
{
    last.packets += stream.packets;
    if (last.stream == nullptr || stream.last > last.stream->last)
        last.stream = &stream;
}

/// A description that holds from about then on, or that does not let media pass both ways: media
/// may have moved to where nobody looks, or is on hold.
bool changedOrHeld(const Evidence &evidence, base::Instant stopped, base::Instant end)
{
    const auto winner = evidence.call.winner;
    for (const auto &each : descriptions(evidence, winner))
        if (each.from > stopped - kTogether && each.from < end)
            return true;
    for (const bool byCaller : {true, false}) {
        const auto *const said = inForce(evidence, winner, byCaller, stopped);
        const auto *const audio = said != nullptr ? sdpOf(evidence, said->row).audio() : nullptr;
        if (audio == nullptr || audio->direction != sip::Direction::SendRecv)
            return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.answered.known() || evidence.streams.empty() ||
        call.winner >= call.earlyDialogs.size())
        return;
    Last toCaller, toCallee;
    for (const auto &bound : evidence.streams)
        if (bound.stream->last > call.answered)
            note(bound.towardsCaller ? toCaller : toCallee, *bound.stream);
    if (toCaller.packets < kEnough || toCallee.packets < kEnough)
        return;
    const auto &one = *toCaller.stream, &other = *toCallee.stream;
    const auto stopped = std::max(one.last, other.last);
    const auto end = endOfTalk(evidence);
    if (evidence.live && !call.ended.known())
        out.recheckAt(stopped + kSilence);
    const auto apart = one.last > other.last ? one.last - other.last : other.last - one.last;
    if (end - stopped < kSilence || apart > kTogether || one.bye.known() || other.bye.known() ||
        changedOrHeld(evidence, std::min(one.last, other.last), end))
        return;
    // Without a word of the call behind it, the call may as well have ended where nobody looked.
    const bool goesOn = call.last - stopped >= kSilence;
    auto &f = out.add(
        "rtp-stopped", goesOn ? Severity::Warning : Severity::Info,
        ownCall(evidence) ? Grade::Seen : Grade::Likely,
        fmt::format("The media of both sides [1][2] stopped {} after the answer, and nothing came "
                    "in the {} until {}.",
                    lasting(stopped - call.answered), lasting(end - stopped),
                    call.bye.valid()     ? "the BYE [3]"
                    : call.ended.known() ? "the call ended"
                                         : "the trace ends; nobody hung up in it"));
    f.impact = "Both hear nothing while the call goes on, and is charged for.";
    f.evidence = {at(one, "towards the caller"), at(other, "towards the callee")};
    if (call.bye.valid())
        f.evidence.push_back(at(call.bye, "hung up at last"));
    f.fixes = {{"Look at what both ways share: a media relay or gateway that dropped the call, a "
                "line or firewall session that ended then.",
                "gateway or SBC", Action::None},
               {"End the call when no media comes for long, or refresh it (RFC 4028), so that it "
                "does not stand for ever.",
                "operator", Action::None}};
}

} // namespace

extern const Rule rtp_stopped;
const Rule rtp_stopped{"rtp-stopped",
                       "Media of both sides stops within the call",
                       Severity::Warning,
                       "RFC 3264 section 5.1, RFC 3550",
                       "200",
                       R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 300
* 1.06 bob>alice rtp 300
 30.00 alice>bob BYE tag=b
 30.01 bob>alice 200 tag=b
)",
                       R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 300
  1.06 bob>alice rtp 300
  7.00 alice>bob INVITE tag=b cseq=7 sdp=0/sendonly
  7.10 bob>alice 200 sdp=0/recvonly
  7.11 alice>bob ACK tag=b cseq=7
 30.00 alice>bob BYE tag=b cseq=8
 30.01 bob>alice 200 tag=b
)",
                       check,
                       Reads::Messages,
                       Argues::FromAbsence};

} // namespace diagnosis::rules
