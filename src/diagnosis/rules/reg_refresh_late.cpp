// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr auto kGive = std::chrono::seconds(5); // registrars keep a binding a little longer

/// How long the 2xx keeps the contact of its REGISTER; nullopt: removed, several, or not told.
std::optional<base::Duration> granted(const Evidence &evidence, const calls::Transaction &accepted)
{
    const auto &request = evidence.message(accepted.request);
    const auto &answer = evidence.message(accepted.finalResponse);
    const auto own = request.values(sip::HeaderId::Contact);
    if (own.size() != 1 || own.front() == "*")
        return std::nullopt;
    const auto mine = sip::parseNameAddress(own.front());
    const auto &listed = answer.values(sip::HeaderId::Contact);
    for (const auto value : listed) {
        const auto contact = sip::parseNameAddress(value);
        if (listed.size() > 1 &&
            (contact.uri.user != mine.uri.user || contact.uri.host != mine.uri.host ||
             contact.uri.port != mine.uri.port))
            continue;
        if (const auto seconds = base::toInteger(contact.parameter("expires").value_or("")))
            return std::chrono::seconds(*seconds);
    }
    const auto seconds = answer.number(sip::HeaderId::Expires);
    return seconds && !listed.empty()
               ? std::optional<base::Duration>(std::chrono::seconds(*seconds))
               : std::nullopt;
}

/// The next REGISTER of the same hop, if it carries the very next number: then none was missed.
const calls::Transaction *nextOf(const Evidence &evidence, const calls::Transaction &accepted)
{
    for (const auto &t : evidence.call.transactions)
        if (t.method == sip::Method::Register && t.request.valid() && t.pair == accepted.pair &&
            t.cseq == accepted.cseq + 1 && t.started > accepted.started)
            return &t;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &accepted : evidence.call.transactions) {
        if (accepted.method != sip::Method::Register || accepted.finalStatus / 100 != 2 ||
            !accepted.request.valid() || !accepted.finalResponse.valid() ||
            evidence.trace.row(accepted.request).viaCount != 1)
            continue;
        const auto *const next = nextOf(evidence, accepted);
        if (next == nullptr || next->started - accepted.finished < kGive)
            continue;
        const auto lasts = granted(evidence, accepted);
        const auto since = next->started - accepted.finished;
        if (!lasts || lasts->count() <= 0 || since < *lasts + kGive)
            continue;
        auto &f = out.add("reg-refresh-late", Severity::Error, Grade::Seen,
                          fmt::format("{} was registered for {} [1] and registered again after {} "
                                      "[2]: for {} nobody knew where it is.",
                                      evidence.trace.source(accepted.request).text(),
                                      lasting(*lasts), lasting(since), lasting(since - *lasts)));
        f.impact = "Calls in between were refused or went to voice mail.";
        f.evidence = {at(evidence, accepted.finalResponse, sip::HeaderId::Contact, "until when"),
                      at(next->request, "the next REGISTER")};
        f.fixes = {{"Refresh after 50 to 90 % of the time that the 200 grants, not of the time "
                    "that was asked for.",
                    "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_refresh_late;
const Rule reg_refresh_late{"reg-refresh-late",
                            "Registered again when it had run out",
                            Severity::Error,
                            "RFC 3261 section 10.2.4",
                            "404",
                            R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=3600"
*  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
 300.00 bob>edge REGISTER cseq=2 "Contact: <sip:bob@192.0.2.20>;expires=3600"
 300.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=600"
)",
                            R"(
   0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=60"
   0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
 300.00 bob>edge REGISTER cseq=8 "Contact: <sip:bob@192.0.2.20>;expires=60"
 300.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
 310.00 bob>edge REGISTER cseq=9 "Contact: <sip:bob@192.0.2.20>;expires=0"
 310.05 edge>bob 200 tag=r
 900.00 bob>edge REGISTER cseq=10 "Contact: <sip:bob@192.0.2.20>;expires=60"
 900.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=60"
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
