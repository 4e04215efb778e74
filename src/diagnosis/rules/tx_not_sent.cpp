// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
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

/// TLS is told by the sentence alone; nullopt: it was not that.
std::optional<std::vector<Fix>> fixesOfTls(std::string_view sentence)
{
    const auto tells = [&](std::string_view words) {
        return sentence.find(words) != std::string_view::npos;
    };
    if (tells("client certificate"))
        return {{{"Give a client certificate, with its key, that the server trusts.",
                  "caller's user agent", Action::None},
                 {"Have the server trust the authority that issued it, or ask for none.",
                  "operator", Action::None}}};
    if (tells("ertificate of ") || tells("certificate names ") || tells("another certificate"))
        return {{{"Have the server show a certificate that is valid, names the host that is "
                  "called, and comes with those between it and its authority.",
                  "operator", Action::None},
                 {"If the authority is your own, give its certificate as the CA file.",
                  "caller's user agent", Action::None},
                 {"If the owner confirms its SHA-256 fingerprint, accept this one certificate for "
                  "this server.",
                  "caller's user agent", Action::None}}};
    if (tells("TLS"))
        return {{{"Check the port, which is 5061 for TLS, and the transport.",
                  "caller's user agent", Action::None},
                 {"Have the server speak TLS 1.2 or 1.3 on it, with a common cipher.", "operator",
                  Action::None}}};
    return std::nullopt;
}

std::vector<Fix> fixesOf(base::LocalKind kind, std::string_view sentence)
{
    if (auto tls = kind == base::LocalKind::SendFailed || kind == base::LocalKind::TimedOut
                       ? fixesOfTls(sentence)
                       : std::nullopt)
        return *tls;
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
