// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/loops.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // refusals that are looked at

void check(const Evidence &evidence, Findings &out)
{
    int refusals = 0;
    for (const auto &refused : evidence.call.transactions) {
        if (refused.finalStatus != 482 || !refused.request.valid())
            continue;
        if (++refusals > kMost)
            return;
        if (loopOf(evidence, refused).found())
            continue; // rt-loop-482
        const auto to = evidence.trace.destination(refused.request);
        const auto *const first = twinOf(evidence, refused);
        if (first == nullptr)
            continue; // tx-482
        auto &f = out.add("tx-merged-482", Severity::Warning, Grade::Seen,
                          fmt::format("{} got the same {} twice, on two branches [1] [2], and "
                                      "refused the second with 482 [3].",
                                      to.text(), methodOf(evidence, refused)));
        f.impact = "None if the first goes on; with bad luck the 482 is what the caller gets.";
        f.evidence = {at(first->request, "the first"), at(refused.request, "the second"),
                      at(refused.finalResponse, "refused")};
        f.fixes = {{"Fork to each address of the target once (duplicate bindings, two routes to "
                    "the same phone).",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_merged_482;
const Rule tx_merged_482{"tx-merged-482",
                         "One request arrived twice",
                         Severity::Warning,
                         "RFC 3261 section 8.2.2.2",
                         "482",
                         R"(
  0.00 proxy>bob INVITE offer branch=one
  0.01 proxy>bob INVITE offer branch=two
* 0.02 bob>proxy 482 tag=c
  0.50 bob>proxy 180 tag=b
)",
                         R"(
  0.00 proxy>bob INVITE offer branch=one
  0.01 bob>proxy 482 tag=c
  0.50 bob>proxy 180 tag=b
)",
                         check};

} // namespace diagnosis::rules
