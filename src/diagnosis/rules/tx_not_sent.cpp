// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/tls_refusal.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Why nothing went out; invalid: something did, or nobody tells.
trace::RowId reasonOf(const Evidence &evidence)
{
    trace::RowId reason;
    for (const auto &entry : evidence.call.rows) {
        const auto *const event = evidence.trace.local(entry.row);
        if (event == nullptr)
            return {}; // a message, or the end of a connection
        switch (event->kind) {
        case base::LocalKind::Unresolvable:
        case base::LocalKind::ConnectionRefused:
        case base::LocalKind::Unreachable:
        case base::LocalKind::SendFailed:
        case base::LocalKind::TimedOut:
            reason = entry.row; // the last attempt's
            break;
        default:
            break;
        }
    }
    return reason;
}

std::vector<Fix> fixesOf(base::LocalKind kind, std::string_view sentence)
{
    const bool mayBeTls = kind == base::LocalKind::SendFailed || kind == base::LocalKind::TimedOut;
    if (const auto trouble = mayBeTls ? tlsTrouble(sentence) : TlsTrouble::None;
        trouble != TlsTrouble::None)
        return diagnosis::fixesOf(trouble);
    switch (kind) {
    case base::LocalKind::Unresolvable:
        return {{"Check how the host is written, and whether the DNS server in use knows it "
                 "(NAPTR, SRV, A and AAAA records).",
                 "caller's user agent", Action::None},
                {"Give the address of the outbound proxy, so that the target's domain need not "
                 "resolve here.",
                 "caller's user agent", Action::None}};
    case base::LocalKind::ConnectionRefused:
        return {{"Start the SIP server there, or correct host and port.", "operator", Action::None},
                {"Try another transport (UDP, TCP, TLS) and its port.", "caller's user agent",
                 Action::None}};
    default:
        return {{"Check the network of this computer and the route to that address.",
                 "caller's user agent", Action::None},
                {"Let connections to that port pass.", "NAT or firewall", Action::None}};
    }
}

void check(const Evidence &evidence, Findings &out)
{
    const auto reason = reasonOf(evidence);
    if (!reason.valid())
        return;
    const auto &event = *evidence.trace.local(reason);
    if (event.kind == base::LocalKind::SendFailed && registersFlow(evidence) &&
        tlsTrouble(event.sentence) == TlsTrouble::ServerCertificate)
        return; // flow-tls-identity
    auto &f = out.add(
        "tx-not-sent", Severity::Error, Grade::Seen,
        fmt::format("No message left this computer [1]: {}",
                    base::printable(event.sentence.empty() ? base::localKindText(event.kind)
                                                           : std::string_view(event.sentence),
                                    false, 300)));
    f.impact = "Nothing was sent, so no server and no callee knows of it.";
    f.evidence = {at(reason, "why nothing was sent")};
    f.fixes = fixesOf(event.kind, event.sentence);
}

} // namespace

extern const Rule tx_not_sent;
const Rule tx_not_sent{"tx-not-sent",
                       "Nothing left this computer",
                       Severity::Error,
                       "RFC 3261 section 8.1.3.1",
                       "503",
                       R"(
* 0.00 local unresolvable "The host nowhere.invalid does not resolve."
)",
                       R"(
  0.00 local unresolvable "The host nowhere.invalid does not resolve."
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
  0.50 bob>alice 486 tag=b
  0.51 alice>bob ACK tag=b
)",
                       check};

} // namespace diagnosis::rules
