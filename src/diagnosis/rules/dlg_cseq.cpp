// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/told_time.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostSenders = 64;
constexpr auto kReordering = std::chrono::seconds(1); // what the network may have swapped

struct Last { // of one sender in one dialog, on one hop
    std::uint32_t pair = 0, fromTag = 0, toTag = 0;
    const calls::Transaction *highest = nullptr;
};

void check(const Evidence &evidence, Findings &out)
{
    std::vector<Last> known;
    for (const auto &t : evidence.call.transactions) {
        if (!t.inDialog || !t.request.valid() || t.method == sip::Method::Ack ||
            t.method == sip::Method::Cancel || t.cseq == 0 || !base::hasClock(t.started))
            continue;
        const auto &row = evidence.trace.row(t.request);
        auto place = std::find_if(known.begin(), known.end(), [&](const Last &last) {
            return last.pair == row.pair && last.fromTag == row.fromTag && last.toTag == row.toTag;
        });
        if (place == known.end()) {
            if (known.size() < kMostSenders)
                known.push_back({row.pair, row.fromTag, row.toTag, &t});
            continue;
        }
        const auto &before = *place->highest;
        if (t.cseq >= before.cseq) {
            place->highest = &t;
            continue;
        }
        if (t.started - before.started < kReordering)
            continue;
        auto &f = out.add(
            "dlg-cseq", Severity::Warning, Grade::Seen,
            fmt::format("{} numbered its {} {} [2] although the {} it sent {} before in this "
                        "dialog had {} [1].",
                        sender(evidence, t.request), methodOf(evidence, t), t.cseq,
                        methodOf(evidence, before), lasting(t.started - before.started),
                        before.cseq));
        f.impact = "A peer that keeps to the rule refuses such a request with 500.";
        f.evidence = {at(evidence, before.request, sip::HeaderId::CSeq, "the number before"),
                      at(evidence, t.request, sip::HeaderId::CSeq, "a lower one")};
        f.fixes = {{"Raise CSeq by one for each new request in a dialog, whatever the method.",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_cseq;
const Rule dlg_cseq{"dlg-cseq",
                    "A request with a number below the last",
                    Severity::Warning,
                    "RFC 3261 section 12.2.1.1",
                    "500",
                    R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=7 offer
  9.05 bob>alice 200 answer
  9.06 alice>bob ACK tag=b cseq=7
*20.00 alice>bob BYE tag=b cseq=3
*20.05 bob>alice 500 for=BYE
)",
                    R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=7 offer
  9.05 bob>alice 200 answer
  9.06 alice>bob ACK tag=b cseq=7
 20.00 bob>alice BYE tag=b cseq=3 reverse
 20.05 alice>bob 200 for=BYE
)",
                    check};

} // namespace diagnosis::rules
