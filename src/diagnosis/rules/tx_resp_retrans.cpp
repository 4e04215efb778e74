// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 2; // once may be a packet that was lost

std::vector<trace::RowId> repeatsOf(const Evidence &evidence, const calls::Transaction &t)
{
    std::vector<trace::RowId> out;
    for (const auto row : t.responseRepeats)
        if (evidence.trace.row(row).status == t.finalStatus)
            out.push_back(row);
    return out;
}

/// The ACK of that very refusal (its CSeq number and both tags) by whoever sent the INVITE, with
/// another Via branch; nullptr: none.
const calls::Transaction *strayAck(const Evidence &evidence, const calls::Transaction &invite)
{
    const auto &all = evidence.call.transactions;
    const auto &refusal = evidence.trace.row(invite.finalResponse);
    const auto found = std::find_if(all.begin(), all.end(), [&](const calls::Transaction &t) {
        if (t.method != sip::Method::Ack || t.cseq != invite.cseq || t.branch == invite.branch ||
            t.started < invite.started || !t.request.valid())
            return false;
        const auto &row = evidence.trace.row(t.request);
        return row.fromTag == refusal.fromTag && row.toTag == refusal.toTag &&
               evidence.trace.source(t.request).address ==
                   evidence.trace.source(invite.request).address;
    });
    return found != all.end() ? &*found : nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        // Over TCP it is not repeated (RFC 3261 section 17.2.1).
        if (t.method != sip::Method::Invite || t.finalStatus < 300 || !t.finalResponse.valid() ||
            evidence.trace.row(t.finalResponse).transport != base::Transport::Udp)
            continue;
        const auto again = repeatsOf(evidence, t);
        if (again.size() < kEnough)
            continue;
        const auto *const stray = t.ack.valid() ? nullptr : strayAck(evidence, t);
        const auto ack = stray != nullptr ? stray->request : t.ack;
        const bool sent = ack.valid();
        auto &f = out.add(
            "tx-resp-retrans", Severity::Warning, sent ? Grade::Seen : Grade::Likely,
            fmt::format("{} sent {} {} more [1][2]: {}.", sender(evidence, again.back()),
                        codeText(t.finalStatus), count(again.size(), "time"),
                        stray != nullptr
                            ? "the ACK [3] has another Via branch than the INVITE, so that it "
                              "belongs to no transaction (RFC 3261 section 17.1.1.3)"
                        : sent ? "the ACK [3] does not arrive there"
                               : "no ACK is in this trace"));
        f.impact = t.inDialog ? "The change was refused, and its receiver keeps it for 32 s "
                                "(64*T1): no other may come meanwhile."
                              : "The call is over for the caller, and the callee's side keeps it "
                                "for 32 s (64*T1).";
        f.evidence = {at(t.finalResponse, "the refusal"), at(again.back(), "the last repetition")};
        if (sent)
            f.evidence.push_back(at(ack, "the ACK"));
        f.fixes = {{"Send the ACK of a refusal to where the INVITE went, with its Via branch.",
                    std::string(senderRole(evidence, t)), Action::None},
                   {"Let it pass.", "NAT or firewall", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_resp_retrans;
const Rule tx_resp_retrans{"tx-resp-retrans",
                           "A refusal that is repeated",
                           Severity::Warning,
                           "RFC 3261 section 17.2.1",
                           "486",
                           R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 486 tag=b
* 1.50 bob>alice again
* 2.50 bob>alice again
  9.00 tick
)",
                           R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 486 tag=b
  1.50 bob>alice again
  1.55 alice>bob ACK tag=b
  9.00 tick
)",
                           check,
                           Reads::Little,
                           Argues::FromAbsence};

} // namespace diagnosis::rules
