// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/loops.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <optional>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    // The copy that was refused is the one with fewest hops left: others' 483 was handed on.
    constexpr int kMost = 256;
    const calls::Transaction *refused = nullptr;
    std::optional<std::uint32_t> hops;
    int looked = 0;
    for (const auto &t : evidence.call.transactions) {
        if (t.finalStatus != 483 || !t.finalResponse.valid() || !t.request.valid() ||
            ++looked > kMost)
            continue;
        const auto left = evidence.message(t.request).number(sip::HeaderId::MaxForwards);
        if (refused != nullptr && (!left || (hops && *left >= *hops)))
            continue;
        refused = &t;
        hops = left;
    }
    if (refused == nullptr)
        return;
    if (hops && *hops == 0 && refused->method == sip::Method::Options)
        return; // asked for on purpose: that is how a way is traced
    auto &f =
        out.add("rt-483", Severity::Error, Grade::Seen,
                fmt::format("{} refused the {} [1], which came with Max-Forwards {}: 483 [2].",
                            sender(evidence, refused->finalResponse), methodOf(evidence, *refused),
                            hops ? std::to_string(*hops) : std::string("missing")));
    const auto loop = loopOf(evidence, *refused);
    if (!loop.twice.empty())
        f.text += fmt::format(" It ran in a circle: {} stands more than once among its Via fields.",
                              shown(loop.twice));
    f.impact =
        loop.twice.empty()
            ? "The call fails; proxies send it to one another in a circle, or it began with "
              "too few hops."
            : "The call fails, and each attempt costs the proxies as many messages as it has "
              "hops.";
    f.evidence = {at(evidence, refused->request, sip::HeaderId::Via, "the way it came"),
                  at(refused->finalResponse, "refused")};
    f.fixes = {
        {loop.twice.empty()
             ? std::string("Begin with Max-Forwards 70, and look for a way that is too long.")
             : fmt::format("Mend the route, number or registration that leads back to {}.",
                           shown(loop.twice)),
         "operator", Action::None}};
}

} // namespace

extern const Rule rt_483;
const Rule rt_483{"rt-483",
                  "A request ran out of hops",
                  Severity::Error,
                  "RFC 3261 section 16.3",
                  "483",
                  R"(
  0.00 alice>proxy INVITE offer
* 0.05 proxy>alice 483 tag=p
)",
                  R"(
  0.00 alice>proxy INVITE offer
  0.05 proxy>alice 404 tag=p
)",
                  check,
                  Reads::Messages};

} // namespace diagnosis::rules
