// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/both_ways.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(3);

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    // A capture of the signalling alone shows the same: only where media of this call was seen
    // before, or where the sockets are ours.
    const bool ours = hearing(evidence) == Hearing::Own;
    if (call.kind != calls::Kind::Call || !call.answered.known() ||
        (evidence.streams.empty() && !ours))
        return;
    const auto end = endOfTalk(evidence);
    const auto session = bothWays(evidence, end);
    // Behind a later exchange media may have moved to where nobody looks.
    if (!session || session->since != call.answered)
        return;
    if (end - session->since < kPatience) {
        if (!call.ended.known())
            out.recheckAt(session->since + kPatience);
        return;
    }
    const BoundStream *before = nullptr; // of the branch that answered: its way is in view
    for (const auto &bound : evidence.streams) {
        if (cameSince(*bound.stream, session->since) != 0 || bound.stream->last > session->since)
            return;
        before = bound.earlyDialog == call.winner ? &bound : before;
    }
    if (before == nullptr && !ours)
        return;
    auto &f =
        out.add("rtp-none", Severity::Error, gradeOf(hearing(evidence)),
                fmt::format("Media may pass both ways since the {} [1], but no RTP came from "
                            "either side in {}{}.",
                            messageText(evidence, session->row), lasting(end - session->since),
                            before != nullptr ? ", though some had come before [2]" : ""));
    f.impact = "Both sides hear nothing.";
    f.evidence = {at(session->row, "both directions are agreed on")};
    if (before != nullptr)
        f.evidence.push_back(at(*before->stream, "came before"));
    f.fixes = {{"Check what both ways share: a relay that does not start, a firewall that lets no "
                "RTP through.",
                "NAT or firewall", Action::None},
               {"Check that each side sends from the moment of the answer, also before it receives "
                "anything.",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule rtp_none;
const Rule rtp_none{"rtp-none",
                    "No audio at all",
                    Severity::Error,
                    "RFC 3264 section 5.1, RFC 3550",
                    "200",
                    R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
* 0.30 bob>alice rtp 50
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
  9.00 alice>bob BYE tag=b
  9.05 bob>alice 200 for=BYE
)",
                    R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
  0.30 bob>alice rtp 50
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
  2.10 bob>alice rtp 300 sequence=50
  2.10 alice>bob rtp 300
  9.00 alice>bob BYE tag=b
  9.05 bob>alice 200 for=BYE
)",
                    check,
                    Reads::Messages,
                    Argues::FromAbsence};

} // namespace diagnosis::rules
