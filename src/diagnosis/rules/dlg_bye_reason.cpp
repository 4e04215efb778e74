// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// A cause that is no ordinary hanging up: not Q.850 16 (normal clearing) or 31, not SIP 200 or
/// 487.
bool tells(std::string_view reason)
{
    const auto cause = base::toInteger(sip::parameter(reason, "cause").value_or(""));
    if (!cause)
        return false;
    const auto protocol = base::trim(reason.substr(0, reason.find(';')));
    if (base::equalsNoCase(protocol, "Q.850"))
        return *cause != 16 && *cause != 31 && *cause != 0;
    return !base::equalsNoCase(protocol, "SIP") || (*cause >= 300 && *cause != 487);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto bye = evidence.call.bye;
    if (!bye.valid() || !evidence.mayHave(bye, sip::HeaderId::Reason) ||
        evidence.trace.text(bye).find("cause") == std::string_view::npos)
        return;
    for (const auto reason : evidence.message(bye).values(sip::HeaderId::Reason)) {
        if (!tells(reason))
            continue;
        auto &f = out.add("dlg-bye-reason", Severity::Info, Grade::Seen,
                          fmt::format("{} ended the call [1] and gives the reason: {}.",
                                      sender(evidence, bye), shown(reason)));
        f.impact = "The call did not end because somebody hung up.";
        f.evidence = {at(evidence, bye, reason, "why")};
        f.fixes = {{"Follow the cause: it comes from whoever ended the call, or from the network "
                    "behind.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_bye_reason;
const Rule dlg_bye_reason{"dlg-bye-reason",
                          "The one who hung up says why",
                          Severity::Info,
                          "RFC 3326, RFC 6432",
                          "200",
                          R"(
  answered
* 9.00 bob>alice BYE tag=b reverse "Reason: Q.850;cause=102;text=\"timer\""
* 9.05 alice>bob 200 for=BYE
)",
                          R"(
  answered
  9.00 bob>alice BYE tag=b reverse "Reason: Q.850;cause=16;text=\"Normal call clearing\""
  9.05 alice>bob 200 for=BYE
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
