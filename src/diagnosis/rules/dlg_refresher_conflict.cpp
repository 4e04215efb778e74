// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// "uac", "uas" in lower case; empty: nobody was named.
std::string refresherOf(const sip::Message &message)
{
    const auto value = message.value(sip::HeaderId::SessionExpires);
    return base::lower(sip::parameter(value, "refresher").value_or(""));
}

void report(const Evidence &evidence, const calls::Transaction &of, std::string why, Findings &out)
{
    auto &f = out.add("dlg-refresher-conflict", Severity::Warning, Grade::Seen,
                      fmt::format("{} set a session timer [2] that does not fit the {} [1]: {}.",
                                  sender(evidence, of.finalResponse), methodOf(evidence, of), why));
    f.impact = "Each side may take the other for the one that refreshes; then nobody does, and the "
               "call is cut when the timer runs out.";
    f.evidence = {
        at(evidence, of.request, sip::HeaderId::SessionExpires, "what was asked"),
        at(evidence, of.finalResponse, sip::HeaderId::SessionExpires, "what was answered")};
    f.fixes = {{"Answer with the refresher that the request names; name the caller only if it "
                "supports timer.",
                "callee's user agent", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if ((t.method != sip::Method::Invite && t.method != sip::Method::Update) ||
            t.finalStatus / 100 != 2 || !t.finalResponse.valid() || !t.request.valid() ||
            !evidence.mayHave(t.finalResponse, sip::HeaderId::SessionExpires) ||
            evidence.trace.text(t.finalResponse).find("refresher") == std::string_view::npos)
            continue;
        const auto &request = evidence.message(t.request);
        const auto answered = refresherOf(evidence.message(t.finalResponse));
        const auto asked = refresherOf(request);
        if ((asked == "uac" || asked == "uas") && (answered == "uac" || answered == "uas") &&
            asked != answered)
            return report(
                evidence, t,
                fmt::format("refresher={} was asked for and {} answered", asked, answered), out);
        if (answered == "uac" && !request.lists(sip::HeaderId::Supported, "timer") &&
            !request.lists(sip::HeaderId::Require, "timer") &&
            request.find(sip::HeaderId::SessionExpires) == nullptr)
            return report(evidence, t,
                          "it leaves the refreshing to a side that knows no session timer", out);
    }
}

} // namespace

extern const Rule dlg_refresher_conflict;
const Rule dlg_refresher_conflict{"dlg-refresher-conflict",
                                  "Both sides may wait for the other to refresh",
                                  Severity::Warning,
                                  "RFC 4028 section 9",
                                  "422",
                                  R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 1800;refresher=uac"
* 1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 1800;refresher=uas"
  1.05 alice>bob ACK tag=b
)",
                                  R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 1800"
  1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 1800;refresher=uac"
  1.05 alice>bob ACK tag=b
)",
                                  check,
                                  Reads::Messages};

} // namespace diagnosis::rules
