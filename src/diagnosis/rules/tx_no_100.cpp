// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 2; // once may be a packet that was lost
// Timer A begins with T1, 500 ms; what comes closer was captured twice, or doubled by the network.
constexpr base::Duration kClose = std::chrono::milliseconds(100);

/// The copies that the sender's timer made.
std::vector<trace::RowId> sentAgain(const Evidence &evidence, const calls::Transaction &t)
{
    std::vector<trace::RowId> out;
    base::Instant last = t.started;
    for (const trace::RowId row : t.repeats) {
        if (evidence.time(row) - last < kClose)
            continue;
        last = evidence.time(row);
        out.push_back(row);
    }
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Invite || t.repeats.size() < kEnough || t.responses.empty() ||
            !t.request.valid())
            continue;
        const auto first = t.responses.front();
        const auto again = sentAgain(evidence, t);
        if (again.size() < kEnough || evidence.time(again[kEnough - 1]) > evidence.time(first))
            continue;
        auto &f =
            out.add("tx-no-100", Severity::Warning, Grade::Seen,
                    fmt::format("{} answered the INVITE [1] after {} only [2], so that it was "
                                "sent {} more.",
                                sender(evidence, first), lasting(evidence.time(first) - t.started),
                                count(again.size(), "time")));
        f.impact = "Slow call setup, and copies that every hop behind has to sort out.";
        f.evidence = {at(t.request, "the INVITE"), at(first, "the first response")};
        f.fixes = {{"Answer 100 within 200 ms unless another response follows by then; or look for "
                    "lost packets before it.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_no_100;
const Rule tx_no_100{"tx-no-100",
                     "The INVITE had to be sent again",
                     Severity::Warning,
                     "RFC 3261 section 17.2.1",
                     "100",
                     R"(
  0.00 alice>bob INVITE offer
* 0.50 alice>bob again
* 1.50 alice>bob again
  1.90 bob>alice 180 tag=b
  3.00 bob>alice 200 tag=b answer
  3.05 alice>bob ACK tag=b
)",
                     R"(
  0.00 alice>bob INVITE offer
  0.50 alice>bob again
  0.60 bob>alice 100
  3.00 bob>alice 200 tag=b answer
  3.05 alice>bob ACK tag=b
)",
                     check};

} // namespace diagnosis::rules
