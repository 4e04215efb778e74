// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <set>
#include <string>

namespace diagnosis::rules {
namespace {

struct Refusal {
    trace::RowId request, challenge;
    std::string realm, user, algorithm;
};

/// Credentials made for a nonce this very server had just given, and challenged again without
/// stale=true. A refresh with an old nonce is no such case: many registrars answer that with a
/// plain 401.
std::optional<Refusal> refused(const Evidence &evidence, const calls::Transaction &transaction,
                               const std::set<std::string> &fresh)
{
    const bool proxy = transaction.finalStatus == 407;
    const auto &request = evidence.message(transaction.request),
               &answer = evidence.message(transaction.finalResponse);
    for (const auto &header : request.headers) {
        if (header.id != (proxy ? sip::HeaderId::ProxyAuthorization : sip::HeaderId::Authorization))
            continue;
        const auto realm = digestParameter(header.value, "realm");
        if (fresh.count(std::string(digestParameter(header.value, "nonce"))) == 0)
            continue;
        for (const auto &challenge : answer.headers) {
            if (challenge.id !=
                    (proxy ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate) ||
                digestParameter(challenge.value, "realm") != realm ||
                base::equalsNoCase(digestParameter(challenge.value, "stale"), "true"))
                continue;
            return Refusal{transaction.request, transaction.finalResponse, std::string(realm),
                           std::string(digestParameter(header.value, "username")),
                           std::string(digestParameter(challenge.value, "algorithm"))};
        }
    }
    return std::nullopt;
}

void collectNonces(const Evidence &evidence, trace::RowId challenge, std::set<std::string> &fresh)
{
    const auto &message = evidence.message(challenge);
    for (const auto &header : message.headers)
        if (header.id == sip::HeaderId::WwwAuthenticate ||
            header.id == sip::HeaderId::ProxyAuthenticate)
            fresh.emplace(digestParameter(header.value, "nonce"));
}

/// What became of those credentials is not in this trace: they may have been taken, and the nonce
/// be old by the next request.
void dropUsed(const Evidence &evidence, trace::RowId request, std::set<std::string> &fresh)
{
    for (const auto &header : evidence.message(request).headers)
        if (header.id == sip::HeaderId::Authorization ||
            header.id == sip::HeaderId::ProxyAuthorization)
            fresh.erase(std::string(digestParameter(header.value, "nonce")));
}

void check(const Evidence &evidence, Findings &out)
{
    std::set<std::string> fresh; // nonces of challenges not yet answered
    std::vector<Refusal> refusals;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.finalStatus / 100 == 2 && transaction.method != sip::Method::Cancel) {
            refusals.clear(); // the credentials were good in the end
            fresh.clear();    // and a nonce that was taken once may be old the next time
        }
        if (transaction.finalStatus == 0 && transaction.request.valid() && !fresh.empty() &&
            transaction.method != sip::Method::Ack && transaction.method != sip::Method::Cancel)
            dropUsed(evidence, transaction.request, fresh);
        if ((transaction.finalStatus != 401 && transaction.finalStatus != 407) ||
            !transaction.request.valid() || !transaction.finalResponse.valid())
            continue;
        if (auto refusal = fresh.empty() ? std::nullopt : refused(evidence, transaction, fresh))
            refusals.push_back(std::move(*refusal));
        fresh.clear();
        collectNonces(evidence, transaction.finalResponse, fresh);
    }
    if (refusals.empty())
        return;
    const auto &last = refusals.back();
    const auto method = evidence.trace.row(last.request).method;
    auto &f = out.add(
        "auth-loop", Severity::Error, Grade::Seen,
        fmt::format(
            "{} answered the credentials of user \"{}\" for realm \"{}\" in {} [1] with another "
            "challenge, {} [2], without stale=true ({} so far).",
            sender(evidence, last.challenge), shown(last.user), shown(last.realm),
            sip::methodText(method), codeText(evidence.trace.row(last.challenge).status),
            count(refusals.size(), "time")));
    f.impact = method == sip::Method::Register ? "The account is not registered: no incoming calls."
                                               : "The request is not carried out.";
    f.evidence = {
        at(evidence, last.request,
           evidence.trace.row(last.challenge).status == 407 ? sip::HeaderId::ProxyAuthorization
                                                            : sip::HeaderId::Authorization,
           "credentials for a fresh nonce"),
        at(evidence, last.challenge,
           evidence.trace.row(last.challenge).status == 407 ? sip::HeaderId::ProxyAuthenticate
                                                            : sip::HeaderId::WwwAuthenticate,
           "challenged again")};
    f.fixes = {{"Check user name, password and realm of the account.",
                method == sip::Method::Register ? "user agent" : "caller's user agent",
                Action::CheckPassword},
               {fmt::format("Check that the server knows user \"{}\" in realm \"{}\"{}.",
                            shown(last.user), shown(last.realm),
                            last.algorithm.empty()
                                ? ""
                                : fmt::format(" with algorithm {}", shown(last.algorithm))),
                "operator", Action::None}};
}

} // namespace

extern const Rule auth_loop;
const Rule auth_loop{"auth-loop",
                     "The credentials are refused",
                     Severity::Error,
                     "RFC 7616 section 3.4, RFC 3261 section 22.2",
                     "401",
                     R"(
  0.00 alice>proxy REGISTER from=a "Contact: <sip:alice@192.0.2.10>"
  0.02 proxy>alice 401 tag=p "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n1\""
  0.04 alice>proxy REGISTER cseq=2 "Contact: <sip:alice@192.0.2.10>" "Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"n1\", uri=\"sip:example.test\", response=\"0\""
* 0.06 proxy>alice 401 tag=p "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n2\""
)",
                     R"(
  0.00 alice>proxy REGISTER from=a "Contact: <sip:alice@192.0.2.10>" "Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"old\", uri=\"sip:example.test\", response=\"0\""
  0.02 proxy>alice 401 tag=p "WWW-Authenticate: Digest realm=\"example.test\", nonce=\"n1\""
  0.04 alice>proxy REGISTER cseq=2 "Contact: <sip:alice@192.0.2.10>" "Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"n1\", uri=\"sip:example.test\", response=\"1\""
  0.06 proxy>alice 200 tag=p "Contact: <sip:alice@192.0.2.10>;expires=600"
)",
                     check};

} // namespace diagnosis::rules
