// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/described_first.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto ahead = mediaAhead(evidence);
    if (!ahead || offersEncrypted(evidence)) // em-rtp-before-answer-undecodable
        return;
    auto &f = out.add("em-rtp-before-answer", Severity::Info, Grade::Seen,
                      fmt::format("Audio of {} came {} before the callee's first description did "
                                  "[2]: {} until then [1].",
                                  ahead->bound->stream->source.text(), lasting(ahead->lead),
                                  count(ahead->packets, "packet")));
    f.impact = "None for a caller that plays what comes from its offer on; another one cuts the "
               "beginning off.";
    f.evidence = {at(*ahead->bound->stream, "audio before any description"),
                  at(ahead->described, "the callee's first description")};
    f.fixes = {{"Open the ports and be ready for every offered payload type before the INVITE "
                "leaves (RFC 3264 section 5.1).",
                "caller's user agent", Action::None}};
}

} // namespace

extern const Rule em_rtp_before_answer;
const Rule em_rtp_before_answer{"em-rtp-before-answer",
                                "Audio before the description",
                                Severity::Info,
                                "RFC 3264 section 5.1",
                                "183",
                                R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
* 0.50 bob>alice rtp 50
  1.20 bob>alice 183 tag=b answer
  3.00 bob>alice 200 tag=b answer
  3.05 alice>bob ACK tag=b
)",
                                R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
  1.15 bob>alice rtp 50
  1.20 bob>alice 183 tag=b answer
  3.00 bob>alice 200 tag=b answer
  3.05 alice>bob ACK tag=b
)",
                                check};

} // namespace diagnosis::rules
