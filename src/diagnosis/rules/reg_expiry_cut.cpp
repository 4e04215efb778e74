// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// Seconds of the only contact, or of Expires; nullopt: several, none, or not told.
std::optional<std::uint32_t> secondsOf(const sip::Message &message)
{
    const auto contacts = message.values(sip::HeaderId::Contact);
    if (contacts.size() != 1 || contacts.front() == "*")
        return std::nullopt;
    const auto own =
        base::toInteger(sip::parseNameAddress(contacts.front()).parameter("expires").value_or(""));
    return own && *own >= 0 ? std::optional(static_cast<std::uint32_t>(*own))
                            : message.number(sip::HeaderId::Expires);
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Registration)
        return;
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Register || t.finalStatus / 100 != 2 || !t.request.valid() ||
            !t.finalResponse.valid())
            continue;
        const auto asked = secondsOf(evidence.message(t.request));
        const auto given = secondsOf(evidence.message(t.finalResponse));
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
        f.fixes = {
            {"Refresh after 50 to 90 % of the granted time.", "callee's user agent", Action::None}};
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
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=3600" "Contact: <sip:bob@192.0.2.21>;expires=60"
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
