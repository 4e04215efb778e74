// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/each_way.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 250; // packets: five seconds
constexpr double kMuch = 0.01;
constexpr auto kJitter = std::chrono::milliseconds(30); // rtp-jitter tells of the rest
constexpr auto kJump = std::chrono::milliseconds(100);  // a sender that sets its time anew
constexpr auto kPause = std::chrono::seconds(1); // behind one a sender may go on with old times

double lateOf(const BoundStream &bound)
{
    const auto &stream = *bound.stream;
    if (stream.packets < kEnough || stream.sequenceResets != 0 || stream.maxGap >= kPause ||
        stream.maxJitter >= kJump || stream.meanJitter > kJitter || paceDiffers(stream))
        return 0;
    return static_cast<double>(stream.late) / static_cast<double>(stream.packets);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(evidence, kMuch, lateOf);
    if (bad.empty())
        return;
    std::string list;
    for (const auto *each : bad)
        list += fmt::format("{}{} of {} of {} [{}] ({:.1f} %)", list.empty() ? "" : ", and ",
                            each->stream->late, count(each->stream->packets, "packet"),
                            each->stream->source.text(), list.empty() ? 1 : 2, lateOf(*each) * 100);
    auto &f = out.add("rtp-late", Severity::Warning, Grade::Likely,
                      fmt::format("More than 100 ms behind the others came {}.", list));
    f.impact = fmt::format("The {} miss{} them, unless the jitter buffer waits that long: short "
                           "gaps, though no packet is lost and the mean jitter is small.",
                           hearers(bad), bad.size() > 1 ? "" : "es");
    f.evidence = places(bad, "late in bursts");
    f.fixes = {{"Look for what holds packets back now and then: Wi-Fi that sleeps or scans, a "
                "queue shared with bulk traffic, a machine that is overloaded.",
                "operator", Action::None},
               {"Let the jitter buffer adapt up to 200 ms.",
                bad.front()->towardsCaller ? "caller's user agent" : "callee's user agent",
                Action::None}};
}

} // namespace

extern const Rule rtp_late;
const Rule rtp_late{"rtp-late",
                    "Packets that come too late to be played",
                    Severity::Warning,
                    "RFC 3550 section 6.4.1",
                    "200",
                    R"(
  answered
  1.10 alice>bob rtp 1000
  1.10 bob>alice rtp 300
* 7.48 bob>alice rtp 20 every=1 sequence=300 at=300
  7.50 bob>alice rtp 300 sequence=320 at=320
*13.88 bob>alice rtp 20 every=1 sequence=620 at=620
 13.90 bob>alice rtp 300 sequence=640 at=640
 35.00 tick
)",
                    R"(
  answered
  1.10 alice>bob rtp 1000
  1.10 bob>alice rtp 300
  7.10 bob>alice rtp 20 sequence=300 at=300
  7.50 bob>alice rtp 300 sequence=320 at=320
 13.50 bob>alice rtp 20 sequence=620 at=620
 13.90 bob>alice rtp 300 sequence=640 at=640
 35.00 tick
)",
                    check};

} // namespace diagnosis::rules
