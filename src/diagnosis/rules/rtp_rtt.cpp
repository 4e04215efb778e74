// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <vector>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 3; // reports: one may have waited somewhere
constexpr auto kMuch = std::chrono::milliseconds(300);

/// Half of the round trips that RTCP told are at least as long; 0: too few.
base::Duration usual(const rtp::Stream &stream)
{
    std::vector<base::Duration> trips;
    for (const auto &report : stream.reports)
        if (report.roundTrip)
            trips.push_back(*report.roundTrip);
    if (trips.size() < kEnough)
        return {};
    std::nth_element(trips.begin(), trips.begin() + static_cast<std::ptrdiff_t>(trips.size() / 2),
                     trips.end());
    return trips[trips.size() / 2];
}

void check(const Evidence &evidence, Findings &out)
{
    const BoundStream *slowest = nullptr;
    for (const auto &bound : evidence.streams)
        if (usual(*bound.stream) > kMuch &&
            (slowest == nullptr || usual(*bound.stream) > usual(*slowest->stream)))
            slowest = &bound;
    if (slowest == nullptr)
        return;
    const auto &stream = *slowest->stream;
    auto &f = out.add("rtp-rtt", Severity::Warning, Grade::Seen,
                      fmt::format("From here to {} and back media takes {}, by RTCP reports about "
                                  "the stream of {} [1].",
                                  stream.destination.address.text(), lasting(usual(stream)),
                                  stream.source.text()));
    f.impact = "Both sides hear each other late: they begin to speak at the same time, and every "
               "echo is noticed.";
    f.evidence = {at(stream, "round trips by LSR and DLSR")};
    f.fixes = {{"Look for a detour of the media, such as a relay in another country, a satellite "
                "or a queue that is full.",
                "operator", Action::None}};
}

} // namespace

extern const Rule rtp_rtt;
const Rule rtp_rtt{"rtp-rtt",
                   "A long way for the media",
                   Severity::Warning,
                   "RFC 3550 section 6.4.1, ITU-T G.114",
                   "200",
                   R"(
  answered
  1.05 bob>alice rtp 1000
  1.05 alice>bob rtp 1000
  3.00 bob>alice rtcp sport=5001 dport=4001 ssrc=20 sent=100
* 3.50 alice>bob rtcp sport=4001 dport=5001 ssrc=20 last=100 held=50
  8.00 bob>alice rtcp sport=5001 dport=4001 ssrc=20 sent=200
* 8.48 alice>bob rtcp sport=4001 dport=5001 ssrc=20 last=200 held=50
 13.00 bob>alice rtcp sport=5001 dport=4001 ssrc=20 sent=300
*13.51 alice>bob rtcp sport=4001 dport=5001 ssrc=20 last=300 held=50
)",
                   R"(
  answered
  1.05 bob>alice rtp 1000
  1.05 alice>bob rtp 1000
  3.00 bob>alice rtcp sport=5001 dport=4001 ssrc=20 sent=100
  3.50 alice>bob rtcp sport=4001 dport=5001 ssrc=20 last=100 held=450
  8.00 bob>alice rtcp sport=5001 dport=4001 ssrc=20 sent=200
  8.48 alice>bob rtcp sport=4001 dport=5001 ssrc=20 last=200 held=440
 13.00 bob>alice rtcp sport=5001 dport=4001 ssrc=20 sent=300
 13.51 alice>bob rtcp sport=4001 dport=5001 ssrc=20 last=300 held=50
)",
                   check};

} // namespace diagnosis::rules
