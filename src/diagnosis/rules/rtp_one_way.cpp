// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/both_ways.h>
#include <diagnosis/conclude.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
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
    if (most < kEnough || (towardsCaller != 0 && towardsCallee != 0))
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
