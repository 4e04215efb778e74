// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/conclude.h>
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(3);
constexpr std::uint64_t kEnough = 50;

/// Both descriptions let media pass both ways and nothing changed them since.
bool bothWays(const Evidence &evidence)
{
    const auto &call = evidence.call;
    if (call.winner >= call.earlyDialogs.size() || !hasSdp(evidence, call.invite))
        return false;
    const auto &dialog = call.earlyDialogs[call.winner];
    const auto answer = dialog.answerSdp.valid() ? dialog.answerSdp : dialog.firstSdp;
    const auto &offered = sdpOf(evidence, call.invite), &answered = sdpOf(evidence, answer);
    const auto open = [](const sip::Sdp &sdp) {
        const auto *const audio = sdp.audio();
        const auto place = audio != nullptr ? audio->endpoint() : std::nullopt;
        return place && !place->address.isUnspecified() &&
               audio->direction == sip::Direction::SendRecv;
    };
    if (!answer.valid() || !open(offered) || !open(answered))
        return false;
    return std::none_of(call.transactions.begin(), call.transactions.end(), changesSession);
}

/// What came after `start`: early media runs on into the call as one stream.
std::uint64_t since(const rtp::Stream &stream, base::Instant start)
{
    const auto came = stream.arrivals.count();
    return came - std::min(came, stream.arrivals.before(start));
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.answered.known() || !bothWays(evidence))
        return;
    const auto end = call.ended.known() ? std::min(call.ended, evidence.now) : evidence.now;
    if (end - call.answered < kPatience) {
        if (!call.ended.known())
            out.recheckAt(call.answered + kPatience);
        return;
    }
    const BoundStream *heard = nullptr;
    std::uint64_t towardsCaller = 0, towardsCallee = 0, most = 0;
    for (const auto &bound : evidence.streams) {
        const auto came = bound.astray ? 0 : since(*bound.stream, call.answered);
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
            "After the answer [1] {} went from {} towards the {} [2], but no RTP came back in {}.",
            count(most, "RTP packet"), heard->stream->source.text(), toCaller ? "caller" : "callee",
            lasting(end - call.answered)));
    conclude(f, fmt::format("The {} hears nothing.", toCaller ? "callee" : "caller"),
             {at(call.finalResponse, "the answer"), at(*heard->stream, "the only direction")},
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
