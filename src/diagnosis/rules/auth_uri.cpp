// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/challenges.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// The credentials of a request at its first hop: proxies behind may write another Request-URI.
std::string_view credentials(const Evidence &evidence, const calls::Transaction &t)
{
    if (!t.request.valid() || evidence.trace.row(t.request).viaCount != 1 ||
        t.method == sip::Method::Ack || t.method == sip::Method::Cancel)
        return {};
    const auto given = credentialsOf(evidence, t.request);
    return given.empty() ? std::string_view() : given.front();
}

/// Another user or host; ports and parameters are written one way here and another there.
bool differ(std::string_view one, std::string_view other)
{
    const auto a = sip::parseUri(one), b = sip::parseUri(other);
    return a.ok && b.ok && (a.user != b.user || !base::equalsNoCase(a.host, b.host));
}

bool refused(int status)
{
    return status == 400 || status == 401 || status == 403 || status == 407;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        const auto value = credentials(evidence, t);
        const auto uri = digestParameter(value, "uri");
        if (uri.empty())
            continue;
        const auto target = evidence.message(t.request).requestUri;
        if (!differ(uri, target))
            continue;
        const bool failed = refused(t.finalStatus);
        auto &f = out.add(
            "auth-uri", failed ? Severity::Warning : Severity::Info, Grade::Seen,
            fmt::format("The credentials of the {} are made for {} [1], but the "
                        "request goes to {}{}.",
                        methodOf(evidence, t), shown(uri), shown(target),
                        failed ? fmt::format(" and was answered {} [2]", codeText(t.finalStatus))
                               : std::string()));
        f.impact = "A server that compares the two refuses the credentials although the password "
                   "is right.";
        f.evidence = {at(evidence, t.request, uri, "the digest's uri")};
        if (failed && t.finalResponse.valid())
            f.evidence.push_back(at(t.finalResponse, "refused"));
        f.fixes = {{"Compute the digest over the Request-URI that is sent.",
                    std::string(senderRole(evidence, t)), Action::None},
                   {"Look for a gateway or SIP ALG that rewrites the Request-URI.",
                    "NAT or firewall", Action::None}};
        return;
    }
}

} // namespace

extern const Rule auth_uri;
const Rule auth_uri{"auth-uri",
                    "Credentials made for another address",
                    Severity::Warning,
                    "RFC 7616 section 3.4",
                    "401",
                    R"(
  0.00 alice>home REGISTER
  0.02 home>alice 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\""
* 0.05 alice>home REGISTER cseq=2 "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:192.168.1.1\", response=\"00\""
  0.07 home>alice 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"m\""
)",
                    R"(
  0.00 alice>home REGISTER
  0.02 home>alice 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\""
  0.05 alice>home REGISTER cseq=2 "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:example.test:5060\", response=\"00\""
  0.07 home>alice 200 tag=r "Contact: <sip:alice@192.0.2.10:5060>;expires=3600"
)",
                    check,
                    Reads::Messages};

} // namespace diagnosis::rules
