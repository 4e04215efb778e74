// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/both_ways.h>
#include <diagnosis/conclude.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/suppression.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(3);
constexpr std::uint64_t kEnough = 50;

/// "200 to the UPDATE"
std::string began(const Evidence &evidence, trace::RowId row)
{
    const auto &at = evidence.trace.row(row);
    return at.status == 0
               ? methodOf(evidence.trace, row)
               : fmt::format("{} to the {}", at.status,
                             at.method == sip::Method::Invite ? std::string("re-INVITE")
                                                              : methodOf(evidence.trace, row));
}

struct Way { // since the session began
    const BoundStream *last = nullptr;
    std::uint64_t packets = 0;
};

Way wayOf(const Evidence &evidence, bool towardsCaller, base::Instant since)
{
    Way out;
    for (const auto &bound : evidence.streams) {
        const auto came = bound.towardsCaller == towardsCaller && !bound.astray
                              ? cameSince(*bound.stream, since)
                              : 0;
        out.packets += came;
        if (came != 0 && (out.last == nullptr || bound.stream->last > out.last->stream->last))
            out.last = &bound;
    }
    return out;
}

/// One side fell silent for good while the other goes on.
void oneStopped(const Evidence &evidence, const Session &session, base::Instant end, Findings &out)
{
    constexpr auto kSilence = std::chrono::seconds(10);
    const Way ways[] = {wayOf(evidence, true, session.since),
                        wayOf(evidence, false, session.since)};
    if (ways[0].last == nullptr || ways[1].last == nullptr)
        return;
    const int quiet = ways[0].last->stream->last < ways[1].last->stream->last ? 0 : 1;
    const auto &silent = *ways[quiet].last, &going = *ways[1 - quiet].last;
    const auto stopped = silent.stream->last, until = std::min(going.stream->last, end);
    if (evidence.live && !evidence.call.ended.known())
        out.recheckAt(stopped + kSilence);
    if (until - stopped < kSilence || maySuppress(evidence, silent) ||
        cameSince(*going.stream, stopped) < 5 * kEnough)
        return;
    const bool ever = ways[quiet].packets >= kEnough;
    const bool toCaller = silent.towardsCaller;
    auto &f = out.add(
        "rtp-one-way", ever ? Severity::Warning : Severity::Error,
        ownCall(evidence) ? Grade::Seen : Grade::Likely,
        fmt::format("{} sent {} towards the {} [2], the last one {} after the {} [1]; in the {} "
                    "after that RTP went the other way only [3].",
                    silent.stream->source.text(), count(ways[quiet].packets, "packet"),
                    toCaller ? "caller" : "callee", lasting(stopped - session.since),
                    session.row == evidence.call.finalResponse ? std::string("answer")
                                                               : began(evidence, session.row),
                    lasting(until - stopped)));
    conclude(f, fmt::format("The {} hears nothing from then on.", toCaller ? "caller" : "callee"),
             {at(session.row, "both directions are agreed on"),
              at(*silent.stream, "the one that stops"), at(*going.stream, "the one that goes on")},
             {{fmt::format("Look why the {} stopped sending: mute, a device that is gone, a relay "
                           "that lost its way.",
                           toCaller ? "callee" : "caller"),
               toCaller ? "callee's user agent" : "caller's user agent", Action::None},
              {"Look for a firewall session or NAT binding of that direction which ended then.",
               "NAT or firewall", Action::None}});
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.answered.known())
        return;
    const auto end = endOfTalk(evidence);
    const auto session = bothWays(evidence, end);
    if (!session)
        return;
    if (end - session->since < kPatience) {
        if (!call.ended.known())
            out.recheckAt(session->since + kPatience);
        return;
    }
    const BoundStream *heard = nullptr;
    std::uint64_t towardsCaller = 0, towardsCallee = 0, most = 0;
    for (const auto &bound : evidence.streams) {
        const auto came = bound.astray ? 0 : cameSince(*bound.stream, session->since);
        (bound.towardsCaller ? towardsCaller : towardsCallee) += came;
        if (came > most) {
            heard = &bound;
            most = came;
        }
    }
    // Exactly one direction in view may also be a capture of one direction: then its signalling is
    // one-sided too.
    if (towardsCaller != 0 && towardsCallee != 0)
        return oneStopped(evidence, *session, end, out);
    if (most < kEnough)
        return;
    const bool toCaller = towardsCaller != 0;
    auto &f = out.add(
        "rtp-one-way", Severity::Error, ownCall(evidence) ? Grade::Seen : Grade::Likely,
        fmt::format(
            "After the {} [1] {} went from {} towards the {} [2], but no RTP came back in {}.",
            session->row == call.finalResponse ? std::string("answer")
                                               : began(evidence, session->row),
            count(most, "RTP packet"), heard->stream->source.text(), toCaller ? "caller" : "callee",
            lasting(end - session->since)));
    conclude(f, fmt::format("The {} hears nothing.", toCaller ? "callee" : "caller"),
             {at(session->row, "both directions are agreed on"),
              at(*heard->stream, "the only direction")},
             {{fmt::format("Check that the {} sends media at all and where the SDP told it to.",
                           toCaller ? "caller" : "callee"),
               toCaller ? "caller's user agent" : "callee's user agent", Action::None},
              {"Let RTP pass in both directions, or relay it to where packets come from (symmetric "
               "RTP).",
               "NAT or firewall", Action::None}});
}

} // namespace

extern const Rule rtp_one_way;
const Rule rtp_one_way{"rtp-one-way",
                       "Audio in one direction only",
                       Severity::Error,
                       "RFC 3264 section 5.1, RFC 3550",
                       "200",
                       R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
* 1.05 alice>bob rtp 300
  9.00 alice>bob BYE tag=b
  9.01 bob>alice 200 tag=b
)",
                       R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 300
* 1.06 bob>alice rtp 300
  9.00 alice>bob BYE tag=b
  9.01 bob>alice 200 tag=b
)",
                       check,
                       Reads::Messages,
                       Argues::FromAbsence};

} // namespace diagnosis::rules
