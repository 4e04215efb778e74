// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Did the request carry credentials?
bool answered(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (!transaction.request.valid())
        return true; // not in the capture
    if (!evidence.mayHave(transaction.request, sip::HeaderId::Authorization))
        return false;
    const auto &request = evidence.message(transaction.request);
    return request.find(sip::HeaderId::Authorization) != nullptr ||
           request.find(sip::HeaderId::ProxyAuthorization) != nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    trace::RowId first;
    std::size_t times = 0;
    bool accepted = false; // in the end
    for (const auto &t : evidence.call.transactions) {
        accepted = accepted || (times > 0 && t.finalStatus >= 200 && t.finalStatus != 401 &&
                                t.finalStatus != 407);
        if ((t.finalStatus != 401 && t.finalStatus != 407) || !t.finalResponse.valid() ||
            evidence.trace.text(t.finalResponse).find("stale") == std::string_view::npos)
            continue;
        if (!answered(evidence, t))
            continue; // a nonce that was never used cannot have run out
        for (const auto &header : evidence.message(t.finalResponse).headers)
            if ((header.id == sip::HeaderId::WwwAuthenticate ||
                 header.id == sip::HeaderId::ProxyAuthenticate) &&
                base::equalsNoCase(digestParameter(header.value, "stale"), "true")) {
                first = first.valid() ? first : t.finalResponse;
                ++times;
                break;
            }
    }
    if (!first.valid())
        return;
    const bool endless = times > 1 && !accepted; // the nonce just given cannot have run out
    auto &f = out.add(
        "auth-stale", endless ? Severity::Warning : Severity::Info, Grade::Seen,
        endless ? fmt::format("{} calls every nonce stale [1], {}, also those that it has just "
                              "given: whether the password is good cannot be told.",
                              sender(evidence, first), count(times, "time"))
                : fmt::format("{} refused credentials because their nonce had run out [1], {}: the "
                              "password was good.",
                              sender(evidence, first), count(times, "time")));
    f.impact = endless ? "Nothing that needs credentials succeeds here."
                       : "Each such request takes two tries.";
    f.evidence = {at(evidence, first,
                     evidence.trace.row(first).status == 407 ? sip::HeaderId::ProxyAuthenticate
                                                             : sip::HeaderId::WwwAuthenticate,
                     "stale=true")};
    f.fixes = {{"Nothing, if it is now and then; let a nonce live longer than the refresh if it is "
                "each time.",
                "operator", Action::None}};
}

} // namespace

extern const Rule auth_stale;
const Rule auth_stale{"auth-stale",
                      "The nonce had run out",
                      Severity::Info,
                      "RFC 7616 section 3.3",
                      "401",
                      R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n0\""
*  0.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", stale=TRUE"
   0.10 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\""
   0.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
)",
                      R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>"
   0.05 edge>bob 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", stale=false"
   0.10 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>" "Authorization: Digest username=\"b\", realm=\"r\", nonce=\"n1\""
   0.15 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
)",
                      check,
                      Reads::Messages};

} // namespace diagnosis::rules
