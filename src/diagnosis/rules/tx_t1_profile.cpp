// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 2; // repeats: two steps show whether they double
constexpr auto kT1 = std::chrono::milliseconds(500);
constexpr double kNear = 0.25; // of what it should be

bool near(base::Duration is, base::Duration should)
{
    const auto a = static_cast<double>(is.count()), b = static_cast<double>(should.count());
    return a > b * (1 - kNear) && a < b * (1 + kNear);
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.repeats.size() < kEnough || !t.request.valid() ||
            evidence.trace.row(t.request).transport != base::Transport::Udp)
            continue;
        const auto first = evidence.time(t.repeats[0]) - evidence.time(t.request);
        const auto second = evidence.time(t.repeats[1]) - evidence.time(t.repeats[0]);
        // They double, so it is a timer and not a user; and it does not begin with half a second. A
        // capture that lacks what was sent before shows the later steps of the usual timer.
        if (!near(second, first * 2) || near(first, kT1) || near(first, 2 * kT1) ||
            near(first, 4 * kT1) || first < std::chrono::milliseconds(20))
            continue;
        const bool quick = first < kT1;
        auto &f =
            out.add("tx-t1-profile", Severity::Info, Grade::Likely,
                    fmt::format("{} repeats its {} [1] after {} [2], then after {}: its timer "
                                "T1 is not the usual 500 ms.",
                                sender(evidence, t.request), methodOf(evidence, t), lasting(first),
                                lasting(second)));
        f.impact = quick
                       ? "It sends again before a slow server or a long line can answer, and gives "
                         "up sooner than the 32 s that others wait."
                       : "A lost packet costs it more time than it costs others.";
        f.evidence = {at(t.request, "the request"), at(t.repeats[0], "the first repeat")};
        f.fixes = {{"Leave T1 at 500 ms unless both ends are in one network (RFC 3261 section "
                    "17.1.1.1).",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_t1_profile;
const Rule tx_t1_profile{"tx-t1-profile",
                         "Timers that are not the usual ones",
                         Severity::Info,
                         "RFC 3261 sections 17.1.1.1 and 17.1.1.2",
                         "408",
                         R"(
  0.00 alice>bob INVITE offer
* 0.10 alice>bob again
* 0.30 alice>bob again
  0.40 bob>alice 100
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
)",
                         R"(
  0.00 alice>bob INVITE offer
  0.50 alice>bob again
  1.50 alice>bob again
  1.60 bob>alice 100
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
)",
                         check};

} // namespace diagnosis::rules
