// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/same_binding.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

bool unbinds(const sip::Message &request)
{
    const auto contact = request.value(sip::HeaderId::Contact);
    const auto expires = request.number(sip::HeaderId::Expires);
    return contact.empty() || contact == "*" || (expires && *expires == 0) ||
           sip::parameter(contact, "expires").value_or("") == "0";
}

enum class Listed : std::uint8_t { Yes, Nothing, OthersOnly, NoTimeLeft, CannotTell };
Listed listed(const sip::Message &request, const sip::Message &answer)
{
    const auto asked = sip::parseNameAddress(request.value(sip::HeaderId::Contact));
    const auto common = answer.number(sip::HeaderId::Expires);
    if (answer.find(sip::HeaderId::Contact) == nullptr)
        return Listed::Nothing;
    if (!asked.ok || request.values(sip::HeaderId::Contact).size() != 1)
        return Listed::CannotTell;
    auto out = Listed::OthersOnly;
    for (const auto value : answer.values(sip::HeaderId::Contact)) {
        const auto bound = sip::parseNameAddress(value);
        if (!sameBinding(bound, asked))
            continue;
        const auto expires = bound.parameter("expires");
        if (expires ? *expires != "0" : common != 0U)
            return Listed::Yes;
        out = Listed::NoTimeLeft;
    }
    return out;
}

std::string_view textOf(Listed what)
{
    switch (what) {
    case Listed::Nothing:
        return "no binding";
    case Listed::OthersOnly:
        return "other bindings, but not this one";
    default:
        return "this binding with no time left";
    }
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || !transaction.request.valid() ||
            transaction.finalStatus / 100 != 2 || !transaction.finalResponse.valid() ||
            evidence.trace.row(transaction.finalResponse).kind != trace::RowKind::Message)
            continue;
        const auto &answer = evidence.message(transaction.finalResponse);
        const auto &request = evidence.message(transaction.request);
        const auto what = listed(request, answer);
        if (unbinds(request) || what == Listed::Yes || what == Listed::CannotTell)
            continue;
        auto &f = out.add("reg-contact-absent", Severity::Error, Grade::Seen,
                          fmt::format("{} accepted the REGISTER [1] and lists {} [2].",
                                      sender(evidence, transaction.finalResponse), textOf(what)));
        f.impact = "The account looks registered and cannot be called.";
        f.evidence = {at(evidence, transaction.request, sip::HeaderId::Contact, "what was asked"),
                      at(transaction.finalResponse,
                         what == Listed::Nothing ? "no Contact in it" : "the bindings it has")};
        f.fixes = {
            {"List every current binding in the 200 to REGISTER.", "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_contact_absent;
const Rule reg_contact_absent{"reg-contact-absent",
                              "Registered, and not bound",
                              Severity::Error,
                              "RFC 3261 section 10.3",
                              "200",
                              R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>" "Expires: 600"
* 0.05 edge>bob 200 tag=r
)",
                              R"(
  0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>" "Expires: 600"
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=600"
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
