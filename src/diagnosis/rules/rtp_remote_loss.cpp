// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr double kMuch = 0.02; // of the packets between two reports
constexpr std::size_t kEnough = 3;

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        // What our own sockets received we report ourselves: rtp-loss has the same count.
        const bool ourReports = stream.origin != base::Origin::Capture && !stream.outgoing;
        if (stream.reports.size() < kEnough || ourReports)
            continue;
        std::size_t lossy = 0;
        double sum = 0, worst = 0;
        for (const auto &report : stream.reports) {
            lossy += report.fractionLost > kMuch ? 1 : 0;
            sum += report.fractionLost;
            worst = std::max(worst, report.fractionLost);
        }
        const double mean = sum / static_cast<double>(stream.reports.size());
        if (lossy < kEnough || mean < kMuch)
            continue;
        auto &f =
            out.add("rtp-remote-loss", Severity::Warning, Grade::Seen,
                    fmt::format("{} reports by RTCP that it misses {:.1f} % of the packets of "
                                "{} [1], at worst {:.1f} % between two of its {} reports.",
                                stream.destination.address.text(), mean * 100, stream.source.text(),
                                worst * 100, stream.reports.size()));
        f.impact = fmt::format("The {} hears gaps.", bound.towardsCaller ? "caller" : "callee");
        f.evidence = {at(stream, "its receiver's reports")};
        f.fixes = {{"Look for the loss between where this was captured and the receiver: a full "
                    "line, Wi-Fi, a policer.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rtp_remote_loss;
const Rule rtp_remote_loss{"rtp-remote-loss",
                           "The receiver misses packets",
                           Severity::Warning,
                           "RFC 3550 section 6.4.1",
                           "200",
                           R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 bob>alice rtp 1000
  1.05 alice>bob rtp 1000
* 6.00 alice>bob rtcp sport=4001 dport=5001 ssrc=20 fraction=20
* 11.00 alice>bob rtcp sport=4001 dport=5001 ssrc=20 fraction=12
* 16.00 alice>bob rtcp sport=4001 dport=5001 ssrc=20 fraction=30
 22.00 alice>bob BYE tag=b
 22.01 bob>alice 200 tag=b
)",
                           R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 bob>alice rtp 1000
  1.05 alice>bob rtp 1000
  6.00 alice>bob rtcp sport=4001 dport=5001 ssrc=20 fraction=20
 11.00 alice>bob rtcp sport=4001 dport=5001 ssrc=20 fraction=0
 16.00 alice>bob rtcp sport=4001 dport=5001 ssrc=20 fraction=1
 22.00 alice>bob BYE tag=b
 22.01 bob>alice 200 tag=b
)",
                           check};

} // namespace diagnosis::rules
