// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 100;

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known() || evidence.streams.empty())
        return;
    const BoundStream *worst = nullptr;
    for (const auto &bound : evidence.streams)
        if (bound.certainty != Certainty::Guess && bound.stream->packets >= kEnough &&
            bound.stream->sequenceResets != 0 &&
            (worst == nullptr || bound.stream->sequenceResets > worst->stream->sequenceResets))
            worst = &bound;
    // Where early media gives way to the talk, a gateway may change its source once.
    if (worst == nullptr || (worst->early && worst->stream->sequenceResets == 1) ||
        renegotiated(evidence))
        return;
    const auto &stream = *worst->stream;
    // Once, a receiver takes it for a restart (RFC 3550 appendix A.1); again and again it does not.
    const auto severity = stream.sequenceResets == 1 ? Severity::Info : Severity::Warning;
    auto &f = out.add("rtp-seq-reset", severity, Grade::Seen,
                      fmt::format("The sequence numbers of {} [1] began anew {} while its SSRC "
                                  "stayed the same.",
                                  stream.source.text(), count(stream.sequenceResets, "time")));
    f.impact = fmt::format("The {} may take what comes for old packets and drop them: gaps, or "
                           "silence for good; encrypted media cannot be opened any more.",
                           worst->towardsCaller ? "caller" : "callee");
    f.evidence = {at(stream, "numbers that begin anew")};
    f.fixes = {{"Choose a new SSRC where another source begins, or carry the numbers on (RFC 3550 "
                "section 8).",
                "gateway or SBC", Action::None}};
}

} // namespace

extern const Rule rtp_seq_reset;
const Rule rtp_seq_reset{"rtp-seq-reset",
                         "Sequence numbers that begin anew",
                         Severity::Warning,
                         "RFC 3550 section 8 and appendix A.1",
                         "200",
                         R"(
  answered
  1.10 alice>bob rtp 400
  1.10 bob>alice rtp 200
* 5.10 bob>alice rtp 200 sequence=20000
* 9.10 bob>alice rtp 200 sequence=40000
 35.00 tick
)",
                         R"(
  answered
  1.10 alice>bob rtp 400
  1.10 bob>alice rtp 200
  5.10 bob>alice rtp 200 sequence=20000 ssrc=77
  9.10 bob>alice rtp 200 sequence=40000 ssrc=78
 35.00 tick
)",
                         check};

} // namespace diagnosis::rules
