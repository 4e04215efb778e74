// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

// ITU-T E.721 table 2: 95 % of international calls take no longer than 11 s, local ones 6 s.
constexpr auto kSlow = std::chrono::seconds(6), kTooSlow = std::chrono::seconds(11);

/// The last INVITE of the caller before the first word of progress: credentials asked for in
/// between are no delay of the network's.
const calls::Transaction *askedLast(const Evidence &evidence)
{
    return transactionOf(evidence.call, evidence.call.firstProvisional);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.firstProvisional.valid() || !call.invite.valid())
        return;
    const auto *const asked = askedLast(evidence);
    const auto *const own = transactionOf(call, call.invite);
    if (asked == nullptr || own == nullptr || !asked->request.valid() ||
        asked->method != sip::Method::Invite || asked->inDialog || asked->sentBy != own->sentBy)
        return;
    const auto delay = evidence.time(call.firstProvisional) - asked->started;
    if (delay < kSlow || !asked->repeats.empty()) // tx-retrans, tx-no-100
        return;
    const bool tooSlow = delay >= kTooSlow;
    auto &f = out.add("tx-pdd", tooSlow ? Severity::Warning : Severity::Info, Grade::Seen,
                      fmt::format("The first word of progress, {} [2], came {} after the INVITE "
                                  "[1].",
                                  codeText(evidence.trace.row(call.firstProvisional).status),
                                  lasting(delay)));
    f.impact = "Until then the caller hears nothing; people hang up, or dial again.";
    f.evidence = {at(asked->request, "the INVITE"), at(call.firstProvisional, "progress at last")};
    f.fixes = {{"Look where the time goes: number look-ups, routes that are tried one after "
                "another, a gateway that waits for more digits.",
                "operator", Action::None},
               {"Send 183 or 180 as soon as the far end is being reached.", "gateway or SBC",
                Action::None}};
}

} // namespace

extern const Rule tx_pdd;
const Rule tx_pdd{"tx-pdd",
                  "A long time until it rings",
                  Severity::Warning,
                  "ITU-T E.721",
                  "180",
                  R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
*13.00 bob>alice 180 tag=b
 15.00 bob>alice 200 tag=b answer
 15.05 alice>bob ACK tag=b
)",
                  R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
  3.00 bob>alice 180 tag=b
 15.00 bob>alice 200 tag=b answer
 15.05 alice>bob ACK tag=b
)",
                  check};

} // namespace diagnosis::rules
