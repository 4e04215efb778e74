// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The first option tag in Require of the response that the request does not name; empty: none.
std::string_view unasked(const sip::Message &request, const sip::Message &response)
{
    for (const auto value : response.values(sip::HeaderId::Require))
        for (const auto part : base::split(value, ',')) {
            const auto tag = base::trim(part);
            // em-reliable-unasked, dlg-refresher-conflict
            const bool elsewhere =
                base::equalsNoCase(tag, "100rel") ||
                (base::equalsNoCase(tag, "timer") &&
                 base::equalsNoCase(
                     sip::parameter(response.value(sip::HeaderId::SessionExpires), "refresher")
                         .value_or(""),
                     "uac"));
            if (!tag.empty() && !elsewhere && !request.lists(sip::HeaderId::Supported, tag) &&
                !request.lists(sip::HeaderId::Require, tag))
                return tag;
        }
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &each : evidence.call.transactions) {
        if (!each.request.valid())
            continue;
        for (const auto row : each.responses) {
            const int status = evidence.trace.row(row).status;
            if (status <= 100 || status >= 300 || !evidence.mayHave(row, sip::HeaderId::Require))
                continue;
            const auto tag = unasked(evidence.message(each.request), evidence.message(row));
            if (tag.empty())
                continue;
            auto &f =
                out.add("tx-require-unasked", Severity::Warning, Grade::Seen,
                        fmt::format("{} of {} [2] requires {}, which the {} [1] does not support.",
                                    codeText(status), sender(evidence, row), shown(tag),
                                    methodOf(evidence, each)));
            f.impact = "The other side does not know what is asked of it: it ignores that, or ends "
                       "the call.";
            f.evidence = {at(evidence, each.request, sip::HeaderId::Supported, "what is supported"),
                          at(evidence, row, sip::HeaderId::Require, "what is required")};
            f.fixes = {{"Use only extensions that the request names in Supported or Require (RFC "
                        "3261 section 8.2.4).",
                        "sender of the response", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule tx_require_unasked;
const Rule tx_require_unasked{"tx-require-unasked",
                              "A response requires what the request does not support",
                              Severity::Warning,
                              "RFC 3261 section 8.2.4",
                              "421",
                              R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
* 1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 1800;refresher=uas"
  1.05 alice>bob ACK tag=b
)",
                              R"(
  0.00 alice>bob INVITE offer "Supported: 100rel, timer"
  1.00 bob>alice 200 tag=b answer "Require: timer" "Session-Expires: 1800;refresher=uas"
  1.05 alice>bob ACK tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
