// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/same_binding.h>
#include <fmt/format.h>
#include <sip/uri.h>
#include <utility>

namespace diagnosis::rules {
namespace {

/// Of this Contact, or of Expires where it names none; nullopt: not told.
std::optional<std::uint32_t> secondsOf(const sip::Message &message, const sip::NameAddress &contact)
{
    const auto own = base::toInteger(contact.parameter("expires").value_or(""));
    return own && *own >= 0 ? std::optional(static_cast<std::uint32_t>(*own))
                            : message.number(sip::HeaderId::Expires);
}

/// For how long the only Contact of the request is bound; nullopt: it is not, or it cannot be told
/// which of several it is.
std::optional<std::uint32_t> granted(const sip::Message &answer, const sip::NameAddress &asked)
{
    std::optional<std::uint32_t> out;
    bool found = false;
    for (const auto value : answer.values(sip::HeaderId::Contact)) {
        const auto bound = sip::parseNameAddress(value);
        const bool named = bound.parameter("+sip.instance").has_value();
        const bool sameAddress =
            base::equalsNoCase(bound.uri.host, asked.uri.host) && bound.uri.port == asked.uri.port;
        if (!sameBinding(bound, asked) || !(named || sameAddress))
            continue; // another one, or one that cannot be told from it
        if (std::exchange(found, true))
            return std::nullopt;
        out = secondsOf(answer, bound);
    }
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Register || t.finalStatus / 100 != 2 || !t.request.valid() ||
            !t.finalResponse.valid())
            continue;
        const auto &request = evidence.message(t.request);
        const auto contacts = request.values(sip::HeaderId::Contact);
        if (contacts.size() != 1 || contacts.front() == "*")
            continue;
        const auto contact = sip::parseNameAddress(contacts.front());
        const auto asked = secondsOf(request, contact);
        const auto given = granted(evidence.message(t.finalResponse), contact);
        if (!asked || !given || *given >= *asked || *given == 0)
            continue;
        // Granted for less than a minute: few user agents refresh that often.
        auto &f =
            out.add("reg-expiry-cut", *given < 60 ? Severity::Warning : Severity::Info, Grade::Seen,
                    fmt::format("{} asked for {} s [1] and was registered for {} s [2].",
                                evidence.trace.source(t.request).text(), *asked, *given));
        f.impact = "The registration runs out early unless it is refreshed by what was granted.";
        f.evidence = {at(evidence, t.request, sip::HeaderId::Contact, "asked for"),
                      at(evidence, t.finalResponse, sip::HeaderId::Contact, "granted")};
        f.fixes = {{"Refresh after 50 to 90 % of the granted time.", "user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_expiry_cut;
const Rule reg_expiry_cut{"reg-expiry-cut",
                          "Registered for less than was asked",
                          Severity::Warning,
                          "RFC 3261 section 10.2.4",
                          "423",
                          R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=3600"
* 0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=30"
)",
                          R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;expires=3600"
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.21>;expires=60" "Contact: <sip:bob@192.0.2.20>;expires=3600"
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
