// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/each_way.h>
#include <diagnosis/pace.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr double kMuch = 0.001;
constexpr std::uint64_t kEnough = 10;

double oddOf(const BoundStream &bound)
{
    const auto &stream = *bound.stream;
    const auto odd = stream.duplicates + stream.reordered;
    return odd < kEnough || !ofOneType(stream)
               ? 0
               : static_cast<double>(odd) / static_cast<double>(stream.packets);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bad = worstEachWay(evidence, kMuch, oddOf);
    if (bad.empty())
        return;
    std::string list;
    bool mirrored = true;
    for (const auto *each : bad) {
        const auto &stream = *each->stream;
        list += fmt::format("{}of {} [{}] {} came twice and {} out of order",
                            list.empty() ? "" : ", ", stream.source.text(), list.empty() ? 1 : 2,
                            count(stream.duplicates, "packet"), stream.reordered);
        mirrored = mirrored && stream.duplicates * 20 > stream.packets * 9; // nearly each of them
    }
    auto &f = out.add("rtp-reorder-dup", Severity::Info, gradeOfMedia(evidence),
                      fmt::format("On their way {}.", list));
    f.impact = mirrored ? "None for the call, most likely: the capture holds nearly every packet "
                          "twice, as a mirror port or two interfaces give it."
                        : "A jitter buffer puts them right; one that is short drops what comes out "
                          "of order.";
    f.evidence = places(bad, "numbers out of order");
    f.fixes = {{"Look for two ways of unlike length between the sender and here, or capture one "
                "interface alone.",
                "operator", Action::None}};
}

} // namespace

extern const Rule rtp_reorder_dup;
const Rule rtp_reorder_dup{"rtp-reorder-dup",
                           "Packets twice or out of order",
                           Severity::Info,
                           "RFC 3550 appendix A.1",
                           "200",
                           R"(
  answered
  1.10 alice>bob rtp 400
  1.10 bob>alice rtp 400
* 1.11 bob>alice rtp 40
 35.00 tick
)",
                           R"(
  answered
  1.10 alice>bob rtp 400
  1.10 bob>alice rtp 400
 35.00 tick
)",
                           check};

} // namespace diagnosis::rules
