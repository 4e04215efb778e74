// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Why such a challenge protects little, one clause; empty: it is as good as most.
std::string_view weakness(std::string_view challenge)
{
    if (base::lower(challenge.substr(0, 6)) == "basic ")
        return "asks for the password itself (Basic)";
    const bool digest = base::lower(challenge.substr(0, 7)) == "digest ";
    return digest && digestParameter(challenge, "qop").empty()
               ? std::string_view("asks for a Digest without qop, which can be replayed")
               : std::string_view();
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if ((t.finalStatus != 401 && t.finalStatus != 407) || !t.finalResponse.valid() ||
            evidence.trace.row(t.finalResponse).transport == base::Transport::Tls)
            continue;
        for (const auto &header : evidence.message(t.finalResponse).headers) {
            if (header.id != sip::HeaderId::WwwAuthenticate &&
                header.id != sip::HeaderId::ProxyAuthenticate)
                continue;
            const auto why = weakness(header.value);
            if (why.empty())
                continue;
            auto &f = out.add("auth-weak", Severity::Info, Grade::Seen,
                              fmt::format("{} {} [1], over a transport that anybody on the way can "
                                          "read.",
                                          sender(evidence, t.finalResponse), why));
            f.impact = "Who reads along can call at this account's expense.";
            f.evidence = {at(evidence, t.finalResponse, header.line, "the challenge")};
            f.fixes = {{"Use TLS, and Digest with qop=auth, better with SHA-256.", "operator",
                        Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule auth_weak;
const Rule auth_weak{"auth-weak",
                     "Credentials that are easily misused",
                     Severity::Info,
                     "RFC 3261 section 22.4, RFC 8760",
                     "401",
                     R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>"
*  0.05 edge>bob 401 tag=r "WWW-Authenticate: Basic realm=\"r\""
)",
                     R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>"
   0.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\""
)",
                     check,
                     Reads::Messages};

} // namespace diagnosis::rules
