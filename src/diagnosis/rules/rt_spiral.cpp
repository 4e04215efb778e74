// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/loops.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 64; // requests that are looked at

void check(const Evidence &evidence, Findings &out)
{
    int looked = 0;
    for (const auto &t : evidence.call.transactions) {
        if (t.inDialog || !t.request.valid() || t.finalStatus == 482 || t.finalStatus == 483 ||
            t.method == sip::Method::Ack || t.method == sip::Method::Cancel ||
            evidence.trace.row(t.request).viaCount < 3)
            continue;
        if (++looked > kMost)
            return;
        const auto loop = loopOf(evidence, t);
        if (!loop.before.valid())
            continue;
        const auto before = evidence.message(loop.before).requestUri;
        const auto now = evidence.message(t.request).requestUri;
        if (before == now)
            continue; // a circle
        auto &f = out.add("rt-spiral", Severity::Info, Grade::Seen,
                          fmt::format("The {} came to {} twice, for {} [1] and then for {} [2]: a "
                                      "spiral, which is legal, as it has another target each time.",
                                      methodOf(evidence, t), receiver(evidence, t.request),
                                      shown(before), shown(now)));
        f.impact = "None, but each round costs time, and a forwarding that leads back would make a "
                   "circle of it.";
        f.evidence = {at(loop.before, "the first time"), at(t.request, "the second time")};
        f.fixes = {{"Nothing, if the forwarding is meant.", "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_spiral;
const Rule rt_spiral{"rt-spiral",
                     "A request that passes a proxy twice",
                     Severity::Info,
                     "RFC 3261 section 16.3, RFC 5393 section 4.2",
                     "482",
                     R"(
  0.00 alice>proxy INVITE offer uri=bob@example.test
  0.01 proxy>edge INVITE offer uri=bob@example.test
* 0.02 edge>proxy INVITE offer uri=carol@example.test
* 0.03 proxy>carol INVITE offer uri=carol@192.0.2.30
* 0.50 carol>proxy 180 tag=c
* 0.51 proxy>edge 180 tag=c
  0.52 edge>proxy 180 tag=c
  0.53 proxy>alice 180 tag=c
)",
                     R"(
  0.00 alice>proxy INVITE offer uri=bob@example.test
  0.01 proxy>edge INVITE offer uri=bob@example.test
  0.02 edge>home INVITE offer uri=carol@example.test
  0.03 home>carol INVITE offer uri=carol@192.0.2.30
  0.50 carol>home 180 tag=c
  0.51 home>edge 180 tag=c
  0.52 edge>proxy 180 tag=c
  0.53 proxy>alice 180 tag=c
)",
                     check,
                     Reads::Messages};

} // namespace diagnosis::rules
