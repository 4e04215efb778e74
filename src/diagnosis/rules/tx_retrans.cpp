// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 2; // once may be a packet that was lost

/// tx-no-100, em-prack-lost and dlg-bye-lost tell of theirs.
bool toldElsewhere(const calls::Transaction &t)
{
    return t.method == sip::Method::Invite || t.method == sip::Method::Ack ||
           t.method == sip::Method::Prack;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (toldElsewhere(t) || t.repeats.size() < kEnough || t.responses.empty() ||
            !t.request.valid() || evidence.trace.row(t.request).transport != base::Transport::Udp)
            continue;
        const auto first = t.responses.front();
        if (evidence.time(t.repeats[kEnough - 1]) > evidence.time(first))
            continue;
        auto &f = out.add("tx-retrans", Severity::Warning, Grade::Seen,
                          fmt::format("The {} [1] was sent {} before {} answered it after {} [2].",
                                      methodOf(evidence, t), count(t.repeats.size() + 1, "time"),
                                      sender(evidence, first),
                                      lasting(evidence.time(first) - t.started)));
        f.impact = "Packets are lost on the way, or the server is slow: every step of a call takes "
                   "longer, and some fail.";
        f.evidence = {at(t.request, "the request"), at(first, "the first response")};
        f.fixes = {{"Look for lost packets in both directions, and at the load of the server.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_retrans;
const Rule tx_retrans{"tx-retrans",
                      "A request that had to be sent again",
                      Severity::Warning,
                      "RFC 3261 section 17.1.2",
                      "408",
                      R"(
  0.00 alice>home REGISTER
* 0.50 alice>home again
* 1.50 alice>home again
  1.90 home>alice 200 "Contact: <sip:alice@192.0.2.10:5060>;expires=3600"
)",
                      R"(
  0.00 alice>home REGISTER
  0.50 alice>home again
  0.60 home>alice 200 "Contact: <sip:alice@192.0.2.10:5060>;expires=3600"
)",
                      check};

} // namespace diagnosis::rules
