// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kGoesOn = std::chrono::seconds(1); // the stream, behind an event that has no end
constexpr std::size_t kHabit = 2;                 // one may have lost its three packets

/// Events whose end should have come long before the stream ended.
std::size_t openEvents(const rtp::Stream &stream)
{
    return static_cast<std::size_t>(
        std::count_if(stream.digits.begin(), stream.digits.end(), [&](const rtp::Digit &digit) {
            return digit.event < 16 && !digit.ended && // no flash, no tone of a fax
                   digit.at + digit.length + kGoesOn < stream.last;
        }));
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        const auto open = stream.digits.empty() ? 0 : openEvents(stream);
        if (open == 0 || (open < kHabit && stream.lost != 0))
            continue;
        auto &f = out.add(
            "neg-dtmf-no-end", Severity::Warning, stream.lost == 0 ? Grade::Seen : Grade::Likely,
            fmt::format("{} of {} that {} pressed [1] never ended: no packet with the end bit "
                        "came.",
                        open, count(stream.digits.size(), "key"), stream.source.text()));
        f.impact =
            "Some receivers wait for the end and miss the digit, others hear the key as held "
            "down until the next one.";
        f.evidence = {at(stream, "events without their end")};
        f.fixes = {{"Send the last packet of each event three times with the end bit set (RFC 4733 "
                    "section 2.5.1.4).",
                    bound.towardsCaller ? "callee's user agent" : "caller's user agent",
                    Action::None},
                   {"Look for a relay or gateway that drops or rebuilds events.", "gateway or SBC",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_dtmf_no_end;
const Rule neg_dtmf_no_end{"neg-dtmf-no-end",
                           "Keys that are never let go",
                           Severity::Warning,
                           "RFC 4733 section 2.5.1.4",
                           "200",
                           R"(
  0.00 alice>bob INVITE sdp=0,101
  1.00 bob>alice 200 tag=b sdp=0,101
  1.05 alice>bob ACK tag=b
  1.10 bob>alice rtp 400
  1.10 alice>bob rtp 100
* 3.10 alice>bob rtp 5 pt=101 event=5 sequence=100 at=100 step=0
  3.20 alice>bob rtp 300 sequence=105 at=105
 20.00 tick
)",
                           R"(
  0.00 alice>bob INVITE sdp=0,101
  1.00 bob>alice 200 tag=b sdp=0,101
  1.05 alice>bob ACK tag=b
  1.10 bob>alice rtp 400
  1.10 alice>bob rtp 100
  3.10 alice>bob rtp 5 pt=101 event=5 sequence=100 at=100 step=0
  3.20 alice>bob rtp 3 pt=101 event=5 ended sequence=105 at=100 step=0
  3.26 alice>bob rtp 300 sequence=108 at=108
 20.00 tick
)",
                           check};

} // namespace diagnosis::rules
