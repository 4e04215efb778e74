// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/orphans.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint32_t kLimit = 1300; // RFC 3261 section 18.1.1, without knowledge of the path

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (!transaction.request.valid())
            continue;
        const auto &row = evidence.trace.row(transaction.request);
        if (row.transport != base::Transport::Udp || row.length <= kLimit ||
            !transaction.responses.empty() || transaction.repeats.size() < 2 ||
            !orphansOf(evidence, transaction).empty())
            continue; // a large request that is answered did arrive
        auto &f = out.add("tx-udp-mtu", Severity::Warning, Grade::Likely,
                          fmt::format("{} to {} is {} bytes long over UDP [1], was sent {} more "
                                      "[2] and got no response: its "
                                      "IP fragments are likely lost.",
                                      methodOf(evidence, transaction),
                                      receiver(evidence, transaction.request), row.length,
                                      count(transaction.repeats.size(), "time")));
        f.impact =
            "Large requests (many codecs, video, long headers) time out while small ones work.";
        f.evidence = {at(transaction.request, "a request above 1300 bytes"),
                      at(transaction.repeats.back(), "sent again")};
        f.fixes = {{"Send large requests over TCP.", "caller's user agent", Action::CallOverTcp},
                   {"Offer fewer codecs and drop long optional headers.", "caller's user agent",
                    Action::None},
                   {"Let IP fragments pass.", "NAT or firewall", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_udp_mtu;
const Rule tx_udp_mtu{"tx-udp-mtu",
                      "A large request over UDP is not answered",
                      Severity::Warning,
                      "RFC 3261 section 18.1.1",
                      "408",
                      R"(
  0.00 alice>bob INVITE offer pad=1400
* 0.50 alice>bob again
* 1.50 alice>bob again
  3.00 tick
)",
                      R"(
  0.00 alice>bob INVITE offer pad=1400
  0.50 alice>bob again
  1.50 alice>bob again
  1.60 bob>alice 100
  3.00 tick
)",
                      check,
                      Reads::Little,
                      Argues::FromAbsence};

} // namespace diagnosis::rules
