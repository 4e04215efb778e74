// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &dialog : evidence.call.earlyDialogs) {
        const auto row = dialog.firstSdp;
        if (!row.valid() || evidence.trace.row(row).status != 180)
            continue;
        auto &f = out.add("em-180-with-sdp", Severity::Info, Grade::Seen,
                          fmt::format("{} rings with a description of media in its 180 [1]: early "
                                      "media may come, as after a 183.",
                                      sender(evidence, row)));
        f.impact =
            "A telephone that looks for early media in 183 alone plays its own ringback over "
            "an announcement.";
        f.evidence = {at(evidence, row, evidence.message(row).sdp(), "media in the 180")};
        f.fixes = {{"Take a description in any 101-199 for early media; ring until RTP comes.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_180_with_sdp;
const Rule em_180_with_sdp{"em-180-with-sdp",
                           "Ringing that carries media",
                           Severity::Info,
                           "RFC 3261 section 13.2.1",
                           "180",
                           R"(
  0.00 alice>bob INVITE offer
* 0.10 bob>alice 180 tag=b answer
  0.20 bob>alice rtp 200
  5.00 bob>alice 200 tag=b answer
  5.05 alice>bob ACK tag=b
)",
                           R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 183 tag=b answer
  0.10 bob>alice 180 tag=b answer
  0.20 bob>alice rtp 200
  5.00 bob>alice 200 tag=b answer
  5.05 alice>bob ACK tag=b
)",
                           check};

} // namespace diagnosis::rules
