// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto answer = answerWithoutTag(evidence);
    if (!answer.valid())
        return;
    auto &f =
        out.add("dlg-tag-missing", Severity::Error, Grade::Seen,
                fmt::format("{} of {} [1] has no To-tag, so it forms no dialog.",
                            codeText(evidence.trace.row(answer).status), sender(evidence, answer)));
    f.impact = "ACK, BYE and everything later cannot name the dialog; many stacks drop the answer.";
    f.evidence = {at(evidence, answer, sip::HeaderId::To, "no tag")};
    f.fixes = {{"Add a tag to To in every response but 100.", "callee's user agent", Action::None}};
}

} // namespace

extern const Rule dlg_tag_missing;
const Rule dlg_tag_missing{"dlg-tag-missing",
                           "A response without a To-tag",
                           Severity::Error,
                           "RFC 3261 section 8.2.6.2",
                           "200",
                           R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 200 answer
  1.05 alice>bob ACK
)",
                           R"(
  0.00 alice>bob INVITE offer
  0.01 bob>alice 100
  1.00 bob>alice 200 tag=b answer
  1.05 alice>bob ACK tag=b
)",
                           check,
                           Reads::Messages};

} // namespace diagnosis::rules
