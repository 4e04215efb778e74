// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/reason_text.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Cause 31, normal and unspecified, with a text of its own: "RTP Timeout".
bool saysMore(std::string_view reason)
{
    const auto text = base::lower(sip::parameter(reason, "text").value_or(""));
    return text.size() > 2 && text.find("normal") == std::string::npos &&
           text.find("unspec") == std::string::npos;
}

/// A cause that is no ordinary hanging up: not Q.850 16 (normal clearing) or 31, not SIP 200 or
/// 487.
bool tells(std::string_view reason)
{
    const auto cause = base::toInteger(sip::parameter(reason, "cause").value_or(""));
    if (!cause)
        return false;
    const auto protocol = base::trim(reason.substr(0, reason.find(';')));
    if (base::equalsNoCase(protocol, "Q.850"))
        return *cause != 16 && *cause != 0 && (*cause != 31 || saysMore(reason));
    return !base::equalsNoCase(protocol, "SIP") || (*cause >= 300 && *cause != 487);
}

/// The first value of Reason there that tells something; empty: none.
std::string_view reasonOf(const Evidence &evidence, trace::RowId row)
{
    if (!row.valid() || !evidence.mayHave(row, sip::HeaderId::Reason) ||
        evidence.trace.text(row).find("cause") == std::string_view::npos)
        return {};
    for (const auto reason : evidence.message(row).values(sip::HeaderId::Reason))
        if (tells(reason))
            return reason;
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (const auto reason = reasonOf(evidence, call.bye); !reason.empty()) {
        auto &f = out.add("dlg-bye-reason", Severity::Info, Grade::Seen,
                          fmt::format("{} ended the call [1] and gives the reason: {}.",
                                      sender(evidence, call.bye), reasonText(reason)));
        f.impact = "The call did not end because somebody hung up.";
        f.evidence = {at(evidence, call.bye, reason, "why")};
        f.fixes = {{"Follow the cause: it comes from whoever ended the call, or from the network "
                    "behind.",
                    "operator", Action::None}};
        return;
    }
    if (call.kind != calls::Kind::Call || call.finalStatus < 300 || call.finalStatus == 487)
        return;
    const auto reason = reasonOf(evidence, call.finalResponse);
    if (reason.empty())
        return;
    auto &f = out.add("dlg-bye-reason", Severity::Info, Grade::Seen,
                      fmt::format("The {} to the INVITE [1] gives the reason: {}.",
                                  codeText(call.finalStatus), reasonText(reason)));
    f.impact = "The cause says more of the failure than the code.";
    f.evidence = {at(evidence, call.finalResponse, reason, "why")};
    f.fixes = {{"Follow the cause: it comes from the network behind the gateway.", "operator",
                Action::None}};
}

} // namespace

extern const Rule dlg_bye_reason;
const Rule dlg_bye_reason{"dlg-bye-reason",
                          "The one who ended or refused the call says why",
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
