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
    for (const auto &t : evidence.call.transactions) {
        if (t.finalStatus != 482 || !t.finalResponse.valid() || !t.request.valid())
            continue;
        if (++refusals > kMost)
            return;
        const auto loop = loopOf(evidence, t);
        const auto &[before, place] = loop;
        if (!loop.found())
            continue; // a copy by another way: tx-merged-482
        std::string why;
        if (before.valid())
            why = fmt::format("it came to {} before [3]", receiver(evidence, t.request));
        if (!place.empty())
            why += fmt::format("{}{} stands twice in its Via fields", why.empty() ? "" : ", and ",
                               shown(place));
        auto &f =
            out.add("rt-loop-482", Severity::Error, Grade::Seen,
                    fmt::format("The {} [1] runs in a circle and was refused by {} with 482 "
                                "[2]: {}.",
                                methodOf(evidence, t), sender(evidence, t.finalResponse), why));
        f.impact = "The call cannot be set up: proxies send it round among themselves.";
        f.evidence = {at(evidence, t.request, sip::HeaderId::Via, "the way it took"),
                      at(t.finalResponse, "refused")};
        if (before.valid())
            f.evidence.push_back(at(before, "the first time"));
        f.fixes = {
            {"Follow the Via fields from the bottom up and look for the route or number that "
             "leads back.",
             "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_loop_482;
const Rule rt_loop_482{"rt-loop-482",
                       "A request that comes round again",
                       Severity::Error,
                       "RFC 3261 section 16.3, RFC 5393",
                       "482",
                       R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>edge INVITE offer
* 0.02 edge>proxy INVITE offer
* 0.03 proxy>edge INVITE offer branch=again
* 0.04 edge>proxy 482 tag=l
  0.09 proxy>alice 500 tag=l
)",
                       R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>edge INVITE offer
  0.04 edge>proxy 482 tag=l
  0.09 proxy>alice 500 tag=l
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
