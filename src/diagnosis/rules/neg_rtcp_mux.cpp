// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const offered = sdpOf(evidence, offer).audio();
        const auto *const answered = sdpOf(evidence, answer).audio();
        if (offered == nullptr || answered == nullptr || answered->port == 0 ||
            !answered->attribute("rtcp-mux") || offered->attribute("rtcp-mux"))
            continue;
        auto &f = out.add("neg-rtcp-mux", Severity::Error, Grade::Seen,
                          fmt::format("{} answered a=rtcp-mux [2] to an offer without it [1].",
                                      sender(evidence, answer)));
        f.impact =
            "Its RTCP goes to the RTP port, where the offerer does not expect it: no quality "
            "reports, and some take it for damaged RTP.";
        f.evidence = {at(evidence, offer, offered->line, "the offer"),
                      at(evidence, answer, answered->line, "the answer")};
        f.fixes = {{"Put a=rtcp-mux into an answer only where the offer has it.",
                    "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_rtcp_mux;
const Rule neg_rtcp_mux{"neg-rtcp-mux",
                        "RTP and RTCP on one port without being offered",
                        Severity::Error,
                        "RFC 5761 section 5.1.1",
                        "488",
                        R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 200 tag=b answer "a=rtcp-mux"
  1.05 alice>bob ACK tag=b
)",
                        R"(
  0.00 alice>bob INVITE offer "a=rtcp-mux"
  1.00 bob>alice 200 tag=b answer "a=rtcp-mux"
  1.05 alice>bob ACK tag=b
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
