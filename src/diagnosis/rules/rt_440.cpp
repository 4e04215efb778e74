// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.finalStatus != 440 || !t.finalResponse.valid() || !t.request.valid())
            continue;
        auto &f = out.add("rt-440", Severity::Warning, Grade::Seen,
                          fmt::format("{} refused the {} [2] with 440 [1]: it would have to fork "
                                      "further than Max-Breadth allows.",
                                      sender(evidence, t.finalResponse), methodOf(evidence, t)));
        f.impact = "Some of the devices that should ring are not called.";
        f.evidence = {at(t.finalResponse, "the breadth is used up"), at(t.request, "the request")};
        f.fixes = {{"Look for a registration with very many contacts, or proxies that fork one "
                    "after another; call the devices one after another.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_440;
const Rule rt_440{"rt-440",
                  "A fork that is too broad",
                  Severity::Warning,
                  "RFC 5393 section 5",
                  "440",
                  R"(
  0.00 alice>proxy INVITE offer
* 0.10 proxy>alice 440 tag=p
  0.15 alice>proxy ACK tag=p
)",
                  R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 480 tag=p
  0.15 alice>proxy ACK tag=p
)",
                  check};

} // namespace diagnosis::rules
