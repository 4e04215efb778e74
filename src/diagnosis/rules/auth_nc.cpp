// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

struct Use {
    std::string nonce, count, client;
    const calls::Transaction *by = nullptr;
};

/// The credentials of a request at its first hop; nullopt: none with a count.
std::optional<Use> useOf(const Evidence &evidence, const calls::Transaction &t)
{
    if (!t.request.valid() || evidence.trace.row(t.request).viaCount != 1 ||
        t.method == sip::Method::Ack || t.method == sip::Method::Cancel ||
        !evidence.mayHave(t.request, sip::HeaderId::Authorization) ||
        evidence.trace.text(t.request).find("nc=") == std::string_view::npos)
        return std::nullopt;
    for (const auto &header : evidence.message(t.request).headers) {
        if (header.id != sip::HeaderId::Authorization &&
            header.id != sip::HeaderId::ProxyAuthorization)
            continue;
        Use use{std::string(digestParameter(header.value, "nonce")),
                std::string(digestParameter(header.value, "nc")),
                std::string(digestParameter(header.value, "cnonce")), &t};
        if (!use.nonce.empty() && !use.count.empty())
            return use;
    }
    return std::nullopt;
}

void check(const Evidence &evidence, Findings &out)
{
    std::vector<Use> uses;
    for (const auto &t : evidence.call.transactions) {
        auto use = useOf(evidence, t);
        if (!use)
            continue;
        const auto before = std::find_if(uses.begin(), uses.end(), [&](const Use &other) {
            return other.nonce == use->nonce && other.count == use->count &&
                   other.by->cseq != t.cseq && other.by->pair == t.pair;
        });
        if (before == uses.end()) {
            if (uses.size() < 64)
                uses.push_back(std::move(*use));
            continue;
        }
        const bool refused = t.finalStatus == 400 || t.finalStatus == 401 || t.finalStatus == 403 ||
                             t.finalStatus == 407;
        auto &f = out.add("auth-nc", refused ? Severity::Warning : Severity::Info, Grade::Seen,
                          fmt::format("{} used one nonce with nc={} in its {} [1] and again in its "
                                      "{} [2].",
                                      sender(evidence, t.request), shown(use->count),
                                      methodOf(evidence, *before->by), methodOf(evidence, t)));
        f.impact = "A server that keeps count takes the second for a replay and challenges or "
                   "refuses it.";
        f.evidence = {at(before->by->request, "counted"), at(t.request, "counted again")};
        f.fixes = {{"Raise nc by one for each request with the same nonce.",
                    std::string(senderRole(evidence, t)), Action::None}};
        return;
    }
}

} // namespace

extern const Rule auth_nc;
const Rule auth_nc{"auth-nc",
                   "A nonce counted twice",
                   Severity::Warning,
                   "RFC 7616 section 3.4",
                   "401",
                   R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\", nc=00000001, cnonce=\"c\""
   0.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
* 50.00 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\", nc=00000001, cnonce=\"d\""
* 50.15 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\""
)",
                   R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\", nc=00000001, cnonce=\"c\""
   0.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
  50.00 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\", nc=00000002, cnonce=\"d\""
  50.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
)",
                   check,
                   Reads::Messages};

} // namespace diagnosis::rules
