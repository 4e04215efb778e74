// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/route_set.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The ACK of that 2xx by the one who got it first: where no Via but its own is on it.
trace::RowId ackOf(const Evidence &evidence, trace::RowId answer)
{
    const auto &row = evidence.trace.row(answer);
    for (const auto &t : evidence.call.transactions)
        if (t.method == sip::Method::Ack && t.request.valid() && t.cseq == row.cseq &&
            evidence.trace.row(t.request).toTag == row.toTag &&
            evidence.trace.row(t.request).fromTag == row.fromTag &&
            evidence.trace.row(t.request).viaCount == 1 &&
            evidence.trace.source(t.request) == evidence.trace.destination(answer))
            return t.request;
    return {};
}

/// It did not arrive: that very answer came again behind it, not another fork's.
bool repeatedBehind(const Evidence &evidence, const calls::Transaction &invite, trace::RowId ack)
{
    const auto tag = evidence.trace.row(ack).toTag;
    const auto since = evidence.time(ack) + std::chrono::milliseconds(400);
    return std::any_of(invite.responseRepeats.begin(), invite.responseRepeats.end(), [&](auto id) {
        const auto &row = evidence.trace.row(id);
        return row.status / 100 == 2 && row.toTag == tag && row.time > since;
    });
}

constexpr int kMost = 64; // answers that are looked at

void check(const Evidence &evidence, Findings &out)
{
    int answers = 0;
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || invite.inDialog ||
            invite.finalStatus / 100 != 2 || !invite.finalResponse.valid() ||
            !invite.request.valid() || evidence.trace.row(invite.request).viaCount != 1)
            continue;
        if (++answers > kMost)
            return;
        const auto ack = ackOf(evidence, invite.finalResponse);
        // Where it arrived all the same, somebody on the way put right what was wrong.
        const bool again = ack.valid() && repeatedBehind(evidence, invite, ack);
        if (!ack.valid() || !(again || heldBack(evidence, invite, ack)))
            continue;
        const auto wrong = wrongRoute(evidence, ack, invite.finalResponse);
        if (!wrong.found())
            continue;
        // That it is not seen further on may be the capture's fault.
        auto &f = out.add("tx-ack-wrong", again ? Severity::Error : Severity::Info,
                          again ? Grade::Seen : Grade::CannotTell,
                          fmt::format("The ACK [2] does not go where the 200 says [1], and {}: {}.",
                                      again ? std::string("the 200 came again behind it")
                                            : receiver(evidence, ack) +
                                                  " did not hand it on to where the INVITE went",
                                      wrong.what()));
        f.impact = "An ACK that goes astray makes the callee repeat its 200 and hang up after 32 s "
                   "(64*T1).";
        f.evidence = {at(evidence, invite.finalResponse, wrong.header, "the way to the callee"),
                      at(evidence, ack, wrong.used, "the way that was taken")};
        f.fixes = {{"Send the ACK to the Contact of the 200 over its Record-Route, last entry "
                    "first (RFC 3261 section 12.1.2).",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_ack_wrong;
const Rule tx_ack_wrong{"tx-ack-wrong",
                        "An ACK that goes another way",
                        Severity::Error,
                        "RFC 3261 sections 12.1.2 and 13.2.2.4",
                        "200",
                        R"(
  0.00 alice>proxy INVITE offer
  0.20 proxy>alice 180 tag=b
* 2.00 proxy>alice 200 tag=b answer "Contact: <sip:bob@192.0.2.20>"
  2.05 alice>proxy ACK tag=b uri=proxy@192.0.2.4
* 2.60 proxy>alice again
)",
                        R"(
  0.00 alice>proxy INVITE offer
  0.20 proxy>alice 180 tag=b
  2.00 proxy>alice 200 tag=b answer "Contact: <sip:proxy@192.0.2.4>"
  2.05 alice>proxy ACK tag=b uri=proxy@192.0.2.4
  2.60 proxy>alice again
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
