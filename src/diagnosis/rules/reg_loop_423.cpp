// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <optional>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

/// Of the Contacts that have an expires parameter the least, else Expires; nullopt: the registrar
/// chooses.
std::optional<std::uint32_t> askedSeconds(const sip::Message &request)
{
    std::optional<std::uint32_t> least;
    for (const auto contact : request.values(sip::HeaderId::Contact)) {
        const auto own =
            base::toInteger(sip::parseNameAddress(contact).parameter("expires").value_or(""));
        if (own && *own >= 0)
            least = std::min(least.value_or(~0U), static_cast<std::uint32_t>(*own));
    }
    return least ? least : request.number(sip::HeaderId::Expires);
}

std::string seconds(const std::optional<std::uint32_t> &number)
{
    return number ? fmt::format("{} s", *number) : std::string("no time of its own");
}

void report(const Evidence &evidence, const calls::Transaction &before,
            const calls::Transaction &again, Findings &out)
{
    const auto wanted = evidence.message(before.finalResponse).number(sip::HeaderId::MinExpires);
    const auto asked = askedSeconds(evidence.message(again.request));
    const bool obeyed = wanted && asked && *asked >= *wanted;
    auto text =
        fmt::format("{} was told Min-Expires {} [1] and asked again for {} [2]",
                    sender(evidence, again.request),
                    wanted ? std::to_string(*wanted) : std::string("nothing"), seconds(asked));
    if (obeyed)
        text += fmt::format(", which {} refused too [3]", sender(evidence, again.finalResponse));
    auto &f = out.add("reg-loop-423", Severity::Warning, Grade::Seen, text + ".");
    f.impact = "The account is not registered, and the registrar is asked for ever.";
    f.evidence = {at(evidence, before.finalResponse, sip::HeaderId::MinExpires, "the least"),
                  at(evidence, again.request, sip::HeaderId::Expires, "asked again")};
    if (obeyed)
        f.evidence.push_back(
            at(evidence, again.finalResponse, sip::HeaderId::MinExpires, "refused again"));
    f.fixes = {
        {"Repeat the REGISTER with the Min-Expires of the 423.", "user agent", Action::None}};
    if (obeyed || !wanted)
        f.fixes = {{"Send 423 only for less than its Min-Expires, and take what that names.",
                    "registrar", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    const calls::Transaction *before = nullptr;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || transaction.finalStatus != 423 ||
            !transaction.finalResponse.valid() || !transaction.request.valid())
            continue;
        const bool again = before != nullptr && transaction.cseq > before->cseq &&
                           transaction.pair == before->pair;
        if (!again) {
            before = &transaction;
            continue;
        }
        report(evidence, *before, transaction, out);
        return;
    }
}

} // namespace

extern const Rule reg_loop_423;
const Rule reg_loop_423{"reg-loop-423",
                        "423 again: no expiry that suits both sides",
                        Severity::Warning,
                        "RFC 3261 section 10.2.8",
                        "423",
                        R"(
  0.00 bob>edge REGISTER "Expires: 60"
  0.05 edge>bob 423 tag=r "Min-Expires: 600"
* 1.00 bob>edge REGISTER cseq=2 "Expires: 60"
* 1.05 edge>bob 423 tag=r "Min-Expires: 600"
)",
                        R"(
  0.00 bob>edge REGISTER "Expires: 60"
  0.05 edge>bob 423 tag=r "Min-Expires: 600"
  1.00 bob>edge REGISTER cseq=2 "Expires: 600"
  1.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20:5060>;expires=600"
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
